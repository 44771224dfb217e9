"""The optimisers against PyTorch's own, run by run; what a mask leaves alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from repro.nets.params import OutFirst, Params
from repro.train.adagrad import AdaGrad, MaskedAdaGrad, adagrad
from repro.train.optim import Adam, MaskedAdam, Optimizer, adam

RUNS, STEPS = 3, 25
RATES = (1e-2, 3e-3, 1e-3)
INSIDE = {"eps": 0.0, "initial_accumulator_value": 1e-6}
"""PyTorch's AdaGrad with ε inside the root."""


def two(dtype: torch.dtype = torch.float64) -> list[Params]:
    """A net of two blocks and a set of two models a run, filled with numbers."""
    net, sg = (
        Params({"W": (4, 5), "b": (3,)}, RUNS, dtype=dtype),
        Params({"A": (2, 3)}, RUNS, dtype=dtype, models=2),
    )
    net.blocks = [(0, 20), (20, 23)]
    rng = torch.Generator().manual_seed(0)
    for p in (net, sg):
        p.flat.copy_(torch.randn(p.flat.shape, generator=rng, dtype=torch.float64))
    return [net, sg]


def gradients(t: int, params: Sequence[Params]) -> None:
    rng = torch.Generator().manual_seed(100 + t)
    for p in params:
        p.flat_grad.copy_(torch.randn(p.flat.shape, generator=rng, dtype=torch.float64) * 10 ** (t % 3 - 1))


def by_torch(cls: type, rates: Sequence[float], clip: float | None = None, **more: float) -> list[Tensor]:
    """The weights after STEPS steps of torch's optimiser, each run by itself."""
    params = two()
    for r, rate in enumerate(rates):
        leaves = [torch.nn.Parameter(p.flat[r]) for p in params]
        optimizer = cls(leaves, lr=rate, **more)
        for t in range(STEPS):
            gradients(t, params)
            for leaf, p in zip(leaves, params, strict=True):
                leaf.grad = p.flat_grad[r].clone()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(leaves, clip)
            optimizer.step()
    return [p.flat for p in params]


def ours(make: type[Optimizer], rates: Sequence[float], **more: float) -> list[Tensor]:
    params = two()
    optimizer = make(params, rates, **more)
    for t in range(STEPS):
        gradients(t, params)
        optimizer.step()
    return [p.flat for p in params]


def same(found: list[Tensor], exact: list[Tensor]) -> None:
    for mine, theirs, start in zip(found, exact, two(), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-11, atol=1e-13)
        assert (mine - start.flat).abs().max(1).values.min() > 1e-3, "a run did not move"


@pytest.mark.parametrize("clip", [None, 2.0])
def test_one_rate_for_all(clip: float | None) -> None:
    rates = [1e-2] * RUNS
    exact = by_torch(torch.optim.Adam, rates, clip, eps=1e-3)
    same(ours(Adam, rates, eps=1e-3, clip=clip), exact)
    same(ours(MaskedAdam, rates, eps=1e-3, clip=clip), exact)


@pytest.mark.parametrize("clip", [None, 2.0])
def test_a_rate_for_each_run(clip: float | None) -> None:
    same(ours(MaskedAdam, RATES, eps=1e-8, clip=clip), by_torch(torch.optim.Adam, RATES, clip))
    found = ours(MaskedAdaGrad, RATES, eps=1e-6, clip=clip)
    same(found, by_torch(torch.optim.Adagrad, RATES, clip, **INSIDE))


@pytest.mark.parametrize("clip", [None, 2.0])
def test_adagrad_at_one_rate_is_torchs_with_epsilon_inside_the_root(clip: float | None) -> None:
    rates = [1e-2] * RUNS
    exact = by_torch(torch.optim.Adagrad, rates, clip, **INSIDE)
    same(ours(AdaGrad, rates, eps=1e-6, clip=clip), exact)
    outside = by_torch(torch.optim.Adagrad, rates, clip, eps=1e-6)
    assert max((a - b).abs().max() for a, b in zip(exact, outside, strict=True)) > 1e-6


def test_adagrad_by_hand() -> None:
    """Two steps of one weight: x ← x − rate · g / √(ε + Σg²)."""
    for make in (AdaGrad, MaskedAdaGrad):
        p = Params({"w": (1,)}, 1, dtype=torch.float64)
        optimizer = make([p], [0.1], eps=0.25)
        for g in (1.0, 2.0):
            p.flat_grad.fill_(g)
            optimizer.step()
        assert p.flat.item() == pytest.approx(-0.1 * (1 / 1.25**0.5 + 2 / 5.25**0.5), rel=1e-12)


def test_adagrad_passes_over_rows_that_have_no_gradient(in_c: None) -> None:
    """As PyTorch's, to rounding, of weights that lie output by output; what is passed over has not moved by a bit."""
    shapes = {"W": OutFirst((5, 40)), "b": (40,), "V": (40, 3)}
    one, two = (Params(shapes, RUNS) for _ in range(2))
    rng = torch.Generator().manual_seed(4)
    one.flat.copy_(torch.randn(one.flat.shape, generator=rng))
    two.flat.copy_(one.flat)
    one.written["W"] = [torch.zeros(40, dtype=torch.int32) for _ in range(RUNS)]
    optimizers = [AdaGrad([p], [1e-2] * RUNS, eps=1e-6) for p in (one, two)]
    start = one.p["W"].clone()
    for t in range(5):
        one.flat_grad.copy_(torch.randn(one.flat.shape, generator=rng))
        for r, flags in enumerate(one.written["W"]):
            flags.copy_(torch.arange(40) % 7 == (t + r) % 3)
            one.g["W"][r][:, flags == 0] = 0
        two.flat_grad.copy_(one.flat_grad)
        for r, flags in enumerate(one.written["W"]):
            one.g["W"][r][:, flags == 0] = torch.nan  # never looked at
        for optimizer in optimizers:
            optimizer.step()
    assert torch.allclose(one.flat, two.flat, rtol=1e-5, atol=1e-7)
    for name, kept in optimizers[0].kept().items():
        assert torch.allclose(kept, optimizers[1].kept()[name], rtol=1e-6), name
    moved = (one.p["W"] != start).any(1)
    assert torch.equal(moved, (two.p["W"] != start).any(1)) and not moved[:, 3:7].any() and moved[:, :3].all()


def test_which_adagrad() -> None:
    assert isinstance(adagrad(two(), [1e-3] * RUNS, 1e-6), AdaGrad)
    made = adagrad(two(), RATES, 1e-6)
    assert isinstance(made, MaskedAdaGrad) and len(made.blocks[0]) == 1


def test_the_fused_call_is_torch_adams_bitwise() -> None:
    params = two(torch.float32)
    leaves = [torch.nn.Parameter(p.flat.clone()) for p in params]
    own, theirs = Adam(params, [1e-3] * RUNS), torch.optim.Adam(leaves, fused=True)
    for t in range(STEPS):
        gradients(t, params)
        for leaf, p in zip(leaves, params, strict=True):
            leaf.grad = p.flat_grad.clone()
        own.set_rates([1e-3 if t < 9 else 1e-4] * RUNS)
        theirs.param_groups[0]["lr"] = 1e-3 if t < 9 else 1e-4
        own.step()
        theirs.step()
    assert all(torch.equal(p.flat, leaf) for p, leaf in zip(params, leaves, strict=True))


@pytest.mark.parametrize("make", [MaskedAdam, MaskedAdaGrad])
def test_what_skips_an_update_is_as_if_the_step_had_not_been(make: type[Optimizer]) -> None:
    """Weights, moments and bias correction: a block that moves in every other step has seen those steps alone."""
    params, alone = two(), two()
    optimizer, other = make(params, RATES, eps=1e-8), make(alone, RATES, eps=1e-8)
    for t in range(STEPS):
        moves = [torch.ones(RUNS, 2, dtype=torch.bool) for _ in params]
        moves[0][1, 0] = moves[1][2, 1] = t % 2 == 0
        gradients(t, params)
        optimizer.step(moves)
        if t % 2 == 0:
            gradients(t, alone)
            other.step()
    assert torch.equal(params[0].flat[1, :20], alone[0].flat[1, :20])
    assert torch.equal(params[1].flat[2, 6:], alone[1].flat[2, 6:])
    full = ours(make, RATES, eps=1e-8)
    assert torch.equal(params[0].flat[1, 20:], full[0][1, 20:]) and torch.equal(params[0].flat[0], full[0][0])
    assert not torch.equal(params[0].flat[1, :20], full[0][1, :20])


def test_a_mask_or_several_rates_take_ours() -> None:
    assert isinstance(adam(two(), [1e-3] * RUNS), Adam)
    assert isinstance(adam(two(), RATES), MaskedAdam) and len(adam(two(), RATES).blocks[0]) == 1  # type: ignore[union-attr]
    assert isinstance(adam(two(), [1e-3] * RUNS, masked=True), MaskedAdam)


def test_rates_change_in_place() -> None:
    optimizer = adam(two(), RATES)
    address = optimizer.rate.data_ptr()
    optimizer.set_rates([1.0, 2.0, 3.0])
    assert optimizer.rate.data_ptr() == address and optimizer.rate.flatten().tolist() == [1, 2, 3]
