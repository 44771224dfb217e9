"""Who acts in a step: with the probability asked for, each layer by itself, the same whoever trains beside."""

from __future__ import annotations

import torch

from repro.rules.at_random import Acts, reached, spread

SEEDS, STEPS = (0, 3, 11), 4000


def drawn(seeds: tuple[int, ...], p: tuple[float, ...], layers: int = 4, steps: int = STEPS) -> torch.Tensor:
    """[steps, R, N]."""
    acts, made = Acts(seeds, p, layers), []
    for _ in range(steps):
        acts.draw()
        made.append(acts.now.clone())
    return torch.stack(made)


def test_each_layer_acts_with_its_runs_probability() -> None:
    p = (0.1, 0.5, 0.9)
    share = drawn(SEEDS, p).double().mean(0)
    for r, wanted in enumerate(p):
        assert (share[r] - wanted).abs().max() < 4 * (wanted * (1 - wanted) / STEPS) ** 0.5


def test_layers_steps_and_runs_are_independent() -> None:
    now = drawn(SEEDS, (0.5,) * 3).double() - 0.5
    columns = torch.cat([now.flatten(1), now.roll(1, 0).flatten(1)], 1)  # beside them the step before
    products = columns.T @ columns / (0.25 * STEPS)
    assert (products - torch.eye(len(products))).abs().max() < 5 / STEPS**0.5


def test_one_is_always_and_what_is_tiny_hardly_ever() -> None:
    now = drawn((0, 1), (1.0, 1e-9))
    assert now[:, 0].all() and not now[:, 1].any()


def test_a_larger_p_adds_layers_and_takes_none_away() -> None:
    """Of equal seeds: panels and a change of p are paired."""
    few, many = drawn((5,), (0.3,)), drawn((5,), (0.6,))
    assert (many | ~few).all() and many.sum() > few.sum()


def test_together_is_one_by_one_and_a_draw_depends_on_its_step_alone() -> None:
    together = drawn(SEEDS, (0.2, 0.5, 0.8), steps=50)
    for r, (seed, p) in enumerate(zip(SEEDS, (0.2, 0.5, 0.8), strict=True)):
        assert torch.equal(drawn((seed,), (p,), steps=50)[:, 0], together[:, r])
    later = Acts(SEEDS, (0.2, 0.5, 0.8), 4)
    later.count.fill_(30)
    later.draw()
    assert torch.equal(later.now, together[30]) and not torch.equal(later.now, together[31])


def test_backpropagation_reaches_a_layer_through_all_above_it() -> None:
    acts = torch.tensor([[True, True, False, True], [False, True, True, True], [True, True, True, False]])
    told = [[False, False, False, True], [False, True, True, True], [False, False, False, False]]
    assert reached(acts).tolist() == told
    share = reached(drawn((0,), (0.7,))[:, 0]).double().mean(0)
    assert (share - torch.tensor([0.7**4, 0.7**3, 0.7**2, 0.7])).abs().max() < 0.04


def test_runs_without_a_p_fill_the_interval_evenly() -> None:
    for n in (13, 26, 100):
        p = sorted(spread(s) for s in range(n))
        assert max(b - a for a, b in zip([0.0, *p], [*p, 1.0], strict=True)) < 2.7 / n
    assert (
        min(spread(s) for s in (33, 46, 59, 67, 80)) > 0
        and max(spread(s) for s in (33, 46, 59, 67, 80)) < 0.1
    )
