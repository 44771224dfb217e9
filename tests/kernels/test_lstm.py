"""The LSTM of our own against its plain twin, in float64, and its state."""

import pytest
import torch

from repro import blas
from repro.kernels import lstm_plain, products
from repro.kernels.lstm import LSTMWindow

R, T, B, INPUTS, H = 3, 4, 5, 2, 6
D = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=D)


@pytest.fixture(params=[False, True], ids=["plain gates", "peepholes"])
def case(request):
    """(kernel after forward and backward, its gradients, autograd's), for random weights, state and gradients."""
    w, peep = drawn(R, H + 1 + INPUTS, 4 * H), drawn(R, 3, H, seed=1) if request.param else None
    x, h, c = drawn(R, T, B, INPUTS, seed=2), drawn(R, B, H, seed=3), drawn(R, B, H, seed=4)
    dy, dh, dc = drawn(R, T, B, H, seed=5), drawn(R, B, H, seed=6), drawn(R, B, H, seed=7)
    core = LSTMWindow(R, T, B, INPUTS, H, w, extra=True)
    core.x[:, :T].copy_(x)
    for mine, given in zip(core.state(0), (h, c), strict=True):
        mine.copy_(given)
    core.forward(w, peep)
    core.factors()
    leaves = [v.clone().requires_grad_() for v in (w, h, c, *([peep] if peep is not None else []))]
    y, *end = lstm_plain.window(x, leaves[1], leaves[2], leaves[0], leaves[3] if peep is not None else None)
    grads = torch.autograd.grad((y, *end), leaves, (dy, dh, dc))
    mine_h, mine_c, mine_w = dh.clone(), dc.clone(), torch.zeros_like(w)
    core.pull(w, dy, mine_h, mine_c)
    mine_peep = torch.zeros_like(peep) if peep is not None else None
    core.weight_gradient(mine_w, 1.0, mine_peep)
    mine = [mine_w, mine_h, mine_c, *([mine_peep] if peep is not None else [])]
    return core, y, end, mine, grads


def test_forward_is_the_plain_twins(case):
    core, y, end, *_ = case
    assert torch.allclose(core.y.unflatten(1, (T, B))[..., :H], y, rtol=0, atol=1e-14)
    for mine, plain in zip(core.state(T), end, strict=True):
        assert torch.allclose(mine, plain, rtol=0, atol=1e-14)


def test_every_gradient_is_autograds(case):
    *_, mine, grads = case
    for own, auto in zip(mine, grads, strict=True):
        assert torch.allclose(own, auto, rtol=1e-12, atol=1e-12)


def test_gradients_are_finite_differences():
    """Autograd and the kernel could share a wrong equation; a difference quotient cannot."""
    w, x, dy = drawn(1, H + 1 + INPUTS, 4 * H), drawn(1, T, B, INPUTS, seed=2), drawn(1, T, B, H, seed=5)
    core, g = LSTMWindow(1, T, B, INPUTS, H, w), torch.zeros_like(w)
    core.x[:, :T].copy_(x)

    def value():
        core.forward(w)
        return float((core.y.unflatten(1, (T, B))[..., :H] * dy).sum())

    value()
    core.factors()
    core.pull(w, dy, torch.zeros(1, B, H, dtype=D), torch.zeros(1, B, H, dtype=D), first=False)
    core.weight_gradient(g, 1.0)
    for row, column in ((0, 0), (H, H), (H + 1, 2 * H + 1), (2, 3 * H + 2), (H + 2, 4 * H - 1)):
        at, step = w[0, row, column].item(), 1e-6
        w[0, row, column] = at + step
        above = value()
        w[0, row, column] = at - step
        below = value()
        w[0, row, column] = at
        assert abs((above - below) / (2 * step) - g[0, row, column].item()) < 1e-7


def test_the_state_is_that_of_the_window_not_of_the_extra_core(case):
    core, _, end, *_ = case
    extra = [v.clone() for v in core.state(T + 1)]
    core.carry()
    for now, then, beyond in zip(core.state(0), end, extra, strict=True):
        assert torch.allclose(now, then, rtol=0, atol=1e-14)
        assert not torch.allclose(now, beyond, atol=1e-3)


def test_two_windows_are_one_long_one():
    w, x = drawn(R, H + 1 + INPUTS, 4 * H), drawn(R, 2 * T, B, INPUTS, seed=2)
    short, long = LSTMWindow(R, T, B, INPUTS, H, w), LSTMWindow(R, 2 * T, B, INPUTS, H, w)
    long.x[:, : 2 * T].copy_(x)
    long.forward(w)
    for half in (x[:, :T], x[:, T:]):
        short.x[:, :T].copy_(half)
        short.forward(w)
        short.carry()
    assert torch.equal(short.state(0)[0], long.state(2 * T)[0])


def test_a_second_sweep_leaves_the_first_ones_weight_gradient(case):
    core, *_, grads = case
    w, g = drawn(R, H + 1 + INPUTS, 4 * H), torch.zeros_like(grads[0])
    core.pull(w, None, drawn(R, B, H, seed=8), drawn(R, B, H, seed=9), keep=False)
    core.weight_gradient(g, 1.0)
    assert torch.allclose(g, grads[0], rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(blas._operator is None, reason="this build of torch has no oneDNN kernel for x86")
def test_products_of_the_other_library_give_the_same_window(monkeypatch):
    found = []
    for library in ("blas", "onednn"):
        monkeypatch.setattr(blas, "name", lambda library=library: library)
        monkeypatch.setattr(products, "FROM", 1)
        monkeypatch.setattr(products, "SUMMANDS", 0)
        w, x, dy = (
            v.float() for v in (drawn(R, H + 1 + INPUTS, 4 * H), drawn(R, T, B, INPUTS), drawn(R, T, B, H))
        )
        core, g = LSTMWindow(R, T, B, INPUTS, H, w), torch.zeros_like(w)
        called: list[int] = []
        monkeypatch.setattr(blas, "onednn", lambda a, b, called=called: (called.append(1), a @ b)[1])
        core.x[:, :T].copy_(x)
        core.forward(w)
        core.factors()
        dh, dc = torch.zeros(2, R, B, H)
        core.pull(w, dy, dh, dc)
        core.weight_gradient(g, 0.5)
        found.append([core.y.clone(), dh, dc, g])
        assert len(called) == (0 if library == "blas" else R * (2 * T + 1))
    for mine, other in zip(*found, strict=True):
        assert mine.abs().max() > 0.01 and torch.allclose(mine, other, rtol=1e-4, atol=1e-6)
