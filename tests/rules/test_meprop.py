"""meProp against its definition, autograd and backpropagation."""

from __future__ import annotations

import pytest
import torch
from oracles import BATCH, CLASSES, HIDDEN, INPUTS, RUNS, batch, generators, leaves, means
from torch.nn import functional as F

from repro.data.streams.draws import number
from repro.kernels.topk import top_k
from repro.nets.fcn import mlp as nets_mlp
from repro.nets.linear import Keep
from repro.nets.net import Net
from repro.rules.backward import Rule
from repro.rules.meprop import Draws, RandomK, TopK
from repro.train.optim import Adam


def mlp(keep: Keep | None = None, last: Keep | None = None) -> Net:
    net = nets_mlp((INPUTS, HIDDEN, HIDDEN, CLASSES), RUNS, dtype=torch.float64, keep=[keep, keep, last])
    net.init(generators(RUNS))
    return net


def step(net: Net, x: torch.Tensor, y: torch.Tensor) -> None:
    means(net, Rule(), x, y)


def masks(seeds: tuple[int, ...], steps: int, k: int, batch: int, *widths: int) -> list[torch.Tensor]:
    """What random-k keeps, for each width [steps, R, batch, n] of 0 and 1."""
    draws = Draws(seeds, batch, widths)
    keeps = [RandomK(k, score) for score in draws.scores]
    made: list[list[torch.Tensor]] = [[] for _ in widths]
    for _ in range(steps):
        draws.draw()
        for kept, keep, n in zip(made, keeps, widths, strict=True):
            kept.append(keep(torch.ones(len(seeds), batch, n)))
    return [torch.stack(kept) for kept in made]


def test_random_k_keeps_each_entry_with_probability_k_of_n_wherever_it_is() -> None:
    (kept,) = masks((7,), 4000, 3, 5, 20)
    assert torch.equal(kept.sum(-1), torch.full((4000, 1, 5), 3.0))
    p, counts = 3 / 20, kept.sum((0, 1))  # of each place in the batch, [5, 20]
    z = (counts - 4000 * p) / (4000 * p * (1 - p)) ** 0.5
    assert z.abs().max() < 4.5  # of 100 normal draws all but 1 in 1,500
    # a row's kept entries sum to 3: 20/19 of a χ² with 19 degrees of freedom, of which there are 5
    assert abs(float(z.square().sum()) - 100) < 5 * (20 / 19) * (2 * 95) ** 0.5


def test_masks_of_steps_rows_maps_and_seeds_have_nothing_to_do_with_each_other() -> None:
    one, two = masks((0, 1), 3000, 4, 6, 20, 20)
    pairs = {
        "steps": (one[:-1], one[1:]),
        "two steps": (one[:-2], one[2:]),
        "rows": (one[:, :, :-1], one[:, :, 1:]),
        "maps": (one, two),
        "seeds": (one[:, 0], one[:, 1]),
        "a column and its neighbour in the next step": (one[:-1, ..., 1:], one[1:, ..., :-1]),
    }
    for name, (a, b) in pairs.items():
        x, y = (v.double() - 0.2 for v in (a, b))
        r = float((x * y).mean() / 0.16)
        assert abs(r) < 5 / x.numel() ** 0.5, f"{name}: correlation {r:.5f}"


def test_scores_never_tie_and_none_comes_twice() -> None:
    draws, seen = Draws((0, 1, 2), 10, (50, 50)), []
    for _ in range(30):
        draws.draw()
        seen += [s.flatten().clone() for s in draws.scores]
    every = torch.cat(seen)
    assert len(every.unique()) == len(every) == 90_000
    assert abs(float(every.double().mean())) < 5 * 2**63 / (3 * 90_000) ** 0.5


def test_a_runs_masks_are_its_seeds_alone() -> None:
    together, alone = masks((3, 8), 5, 3, 4, 10), masks((8,), 5, 3, 4, 10)
    assert torch.equal(together[0][:, 1:], alone[0])


def splitmix64(number: int) -> int:
    """As published, in Python's integers: an int64."""
    z = (number + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    z ^= z >> 31
    return z - 2**64 * (z >= 2**63)


def test_a_score_is_the_hash_of_seed_step_and_place() -> None:
    draws = Draws((4, 5), 3, (7, 2))
    for _ in range(3):
        draws.draw()
    start = number(5, "random-k") % 2**63 + 2 * 0xD1342543DE82EF95
    for place, score in ((0, draws.scores[0][1, 0, 0]), (3 * 7 + 5, draws.scores[1][1, 2, 1])):
        assert splitmix64(start + place * 0x9E3779B97F4A7C15) == int(score)


def test_random_k_is_drawn_afresh() -> None:
    draws, g = Draws((0,), 50, (10,)), torch.ones(1, 50, 10)
    keep = RandomK(3, draws.scores[0])
    draws.draw()
    first = keep(g)
    assert torch.equal(first, keep(g)), "until the next draw the same"
    draws.draw()
    assert not torch.equal(first, keep(g))
    draws.count.fill_(0)
    draws.draw()
    assert torch.equal(first, keep(g)), "the count is all that a draw depends on"


def autograd(net: Net, x: torch.Tensor, y: torch.Tensor, sparsify: Keep) -> dict[str, torch.Tensor]:
    """The same net with a gradient hook after each product; biases get the dense gradient."""
    p = leaves(net.params.p)
    h = x
    for i in (1, 2, 3):
        product = h.bmm(p[f"W{i}"])
        if i < 3:
            product.register_hook(sparsify)
        a = product + p[f"b{i}"].unsqueeze(1)
        h = torch.relu(a) if i < 3 else a
    sum(F.cross_entropy(h[r], y[r]) for r in range(len(x))).backward()
    return {k: v.grad for k, v in p.items()}


@pytest.mark.parametrize("k", [1, 3, HIDDEN])
def test_gradients_equal_autograd_with_a_mask(k: int) -> None:
    net, (x, y) = mlp(TopK(k)), batch()
    step(net, x, y)
    for name, g in autograd(net, x, y, lambda g: top_k(g, k)).items():
        assert torch.allclose(net.params.g[name], g, rtol=1e-10, atol=1e-13), name


def test_k_equal_to_n_is_backprop_bitwise() -> None:
    every = RandomK(HIDDEN, torch.zeros(RUNS, BATCH, HIDDEN))
    one, two = mlp(lambda g: every(top_k(g, HIDDEN)), TopK(CLASSES)), mlp()
    first, second = (Adam([net.params], [1e-2] * RUNS) for net in (one, two))
    for t in range(10):
        step(one, *batch(t))
        step(two, *batch(t))
        first.step()
        second.step()
    assert torch.equal(one.params.flat, two.params.flat)
    assert not torch.equal(one.params.flat, mlp().params.flat)


def test_small_k_changes_the_training() -> None:
    one, two, (x, y) = mlp(TopK(2)), mlp(), batch()
    step(one, x, y)
    step(two, x, y)
    assert not torch.allclose(one.params.g["W2"], two.params.g["W2"])
    touched = (one.params.g["W2"].abs().sum(1) > 0).sum(1)
    assert touched.max() <= 2 * BATCH


def by_rows(in_float64: bool = False) -> Net:
    """Hidden layers of 64 units with k = 6: products of kept entries alone, or with a mask in float64."""
    dtype = torch.float64 if in_float64 else torch.float32
    net = nets_mlp((INPUTS, 64, 64, CLASSES), RUNS, dtype=dtype, keep=[TopK(6), TopK(6), None])
    net.init(generators(RUNS))
    return net


def test_by_rows_the_weights_are_the_same_and_lie_output_by_output(in_c: None) -> None:
    one, two = by_rows(), by_rows(True)
    assert [s.by_rows for s in one.segments] == [6, 6, 0] and not any(s.by_rows for s in two.segments)
    assert one.params.p["W1"].stride()[1:] == (1, INPUTS) and two.params.p["W1"].stride()[1:] == (64, 1)
    for name, p in one.params.p.items():
        assert torch.allclose(p.double(), two.params.p[name], rtol=1e-7)
    masked = nets_mlp((INPUTS, 64, 64, CLASSES), RUNS, keep=[lambda g: top_k(g, 6)] * 2 + [None])
    masked.init(generators(RUNS))
    assert [one.params.fingerprint(r) for r in range(RUNS)] == [
        masked.params.fingerprint(r) for r in range(RUNS)
    ]
    assert not any(s.by_rows for s in masked.segments)


def test_by_rows_the_gradients_are_those_of_the_mask(in_c: None) -> None:
    """Step after step, since ∂L/∂W stays from one to the next: of three batches, each run on its own."""
    one, two = by_rows(), by_rows(True)
    for t in range(3):
        x, y = batch()
        x = x.roll(t, 1)
        for net, own in ((one, x.float()), (two, x)):
            step(net, own, y)
        for name, g in two.params.g.items():
            assert (one.params.g[name] - g).norm() < 1e-5 * g.norm(), name
        written = one.params.written["W2"]
        assert all(0 < flags.sum() < 64 for flags in written)
        for r, flags in enumerate(written):
            assert torch.equal((two.params.g["W2"][r] != 0).any(0), flags.bool())


def test_by_rows_a_skipped_segment_has_no_gradient(in_c: None) -> None:
    net, (x, y) = by_rows(), batch()
    step(net, x.float(), y)
    net.segments[0].skip()
    assert not net.params.g["W1"].any()
    step(net, x.float(), y)
    assert net.params.g["W1"].any()
