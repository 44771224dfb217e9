"""The one backward pass against autograd; the two controls of DNI; what its log says."""

from __future__ import annotations

import pytest
import torch
from oracles import HIDDEN, RUNS, backprop_gradients, batch, fcn, fcn_activations, leaves
from torch.nn import functional as F

from repro.rules.backward import Rule, backward, classify
from repro.rules.controls import NoBprop, Stale
from repro.rules.feedback import DFA


@pytest.mark.parametrize("layers", [2, 3, 6])
def test_gradients_equal_autograd(layers: int) -> None:
    net, (x, y) = fcn(layers), batch()
    loss, _ = classify(net, Rule(), x, y)
    total, grads = backprop_gradients(net, x, y)
    assert torch.allclose(loss.mean(1).sum(), total, rtol=1e-12)
    for name, g in grads.items():
        assert torch.allclose(net.params.g[name], g, rtol=1e-9, atol=1e-12), name
        assert g.abs().max() > 1e-6, f"{name}: a zero gradient would prove nothing"


def test_no_bprop_trains_the_classifier_alone() -> None:
    net, (x, y) = fcn(4), batch()
    net.params.flat_grad.fill_(7)  # as if an earlier step had left something
    full = fcn(4)
    classify(net, NoBprop(), x, y)
    classify(full, Rule(), x, y)
    for name, g in net.params.g.items():
        if name in ("W4", "b4"):
            assert torch.equal(g, full.params.g[name])
        else:
            assert not g.any(), name


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_cut_without_a_gradient_trains_the_layers_above_it_alone(after: int) -> None:
    net, full, (x, y) = fcn(4), fcn(4), batch()
    net.params.flat_grad.fill_(7)
    classify(net, NoBprop(after), x, y)
    classify(full, Rule(), x, y)
    cut = net.params.blocks[after][0]
    assert torch.equal(net.params.flat_grad[:, cut:], full.params.flat_grad[:, cut:])
    assert net.params.flat_grad[:, cut:].any() and not net.params.flat_grad[:, :cut].any()


def stale(layers: int, decay: float) -> Stale:
    return Stale([HIDDEN] * (layers - 1), RUNS, decay, fcn(layers).params.flat)


def test_stale_gradient_is_the_average_of_past_ones() -> None:
    net, (x, y), rule = fcn(3), batch(), stale(3, 0.75)
    classify(net, rule, x, y)
    assert not net.params.g["W1"].any(), "nothing is known before the first gradient"
    p = leaves(net.params.p)
    means = []
    for r in range(2):
        h = fcn_activations(p, r, x[r], 3)
        (delta,) = torch.autograd.grad(F.cross_entropy(h[-1], y[r], reduction="sum"), h[2])
        means.append(delta.mean(0))
    assert torch.allclose(rule.s[2][:, 0], 0.25 * torch.stack(means), rtol=1e-9)
    classify(net, rule, x, y)
    assert net.params.g["W2"].abs().max() > 0


def test_below_the_top_hidden_layer_stale_gradients_vanish() -> None:
    """What deviation 7 says: a gradient that comes through batch norm has mean 0 over the batch."""
    net, rule = fcn(5), stale(5, 0.9)
    for n in range(5):
        classify(net, rule, *batch(n))
    assert rule.s[4].abs().max() > 1e-6
    assert max(rule.s[i].abs().max() for i in (1, 2, 3)) < 1e-12


class Cut(Rule):
    """Backpropagation that stops above segment 2."""

    def consume(self, i: int, arriving: torch.Tensor | None) -> torch.Tensor | None:
        return None if i == 2 else arriving


def test_below_a_skipped_segment_nothing_arrives() -> None:
    net, full, (x, y) = fcn(4), fcn(4), batch()
    net.params.flat_grad.fill_(7)
    classify(net, Cut(), x, y)
    classify(full, Rule(), x, y)
    assert torch.equal(net.params.g["W3"], full.params.g["W3"])
    assert not any(net.params.g[name].any() for name in ("W1", "W2", "gamma1", "beta2"))


def events(rule: Rule) -> list[tuple[str, int, int]]:
    net, (x, y) = fcn(3), batch()
    seen: list[tuple[str, int, int]] = []
    classify(net, rule, x, y, lambda *event: seen.append(event))
    return seen[3:]  # forward 1, 2, 3 at 1, 2, 3


def test_the_log_says_who_waited_for_whom() -> None:
    last = ("update", 3, 4)
    waits = [("wait", 2, 3), ("wait", 2, 4), *[("wait", 1, t) for t in (2, 3, 4, 5)]]
    assert events(Rule()) == [last, *waits[:2], ("update", 2, 5), *waits[2:], ("update", 1, 6)]
    # decoupled: an update at the tick after the forward pass; the target comes when the segment above has updated
    assert events(stale(3, 0.9)) == [
        last,
        ("target", 2, 5),
        ("update", 2, 3),
        ("target", 1, 4),
        ("update", 1, 2),
    ]
    back = {i: torch.ones(RUNS, 5, HIDDEN, dtype=torch.float64) for i in (1, 2)}
    assert events(DFA(back)) == [
        last,
        ("wait", 2, 3),
        ("update", 2, 4),
        ("wait", 1, 2),
        ("wait", 1, 3),
        ("update", 1, 4),
    ]
    assert events(NoBprop()) == [last]


def test_one_forward_pass_is_good_for_one_backward_pass() -> None:
    net, (x, y) = fcn(3), batch()
    tape = net.forward(x)
    delta = torch.ones_like(tape[-1])
    backward(net.segments, tape, y, delta, Rule())
    with pytest.raises(RuntimeError, match="call forward again"):
        backward(net.segments, tape, y, delta, Rule())
