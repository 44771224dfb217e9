"""meProp's LSTM: with all entries autograd's gradients, with k those of a loop over examples; padding adds none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from repro.kernels import lstm_kept, lstm_plain
from repro.kernels.lstm_kept import KeptWindow

M, T, B, INPUTS, H = 2, 4, 3, 2, 16
D = torch.float64


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=D)


W, X, DY = drawn(M, 4 * H, H + 1 + INPUTS) / 2, drawn(M, T, B, INPUTS, seed=2), drawn(M, T, B, H, seed=5)


def window(k: int, sparse: bool | None = None, longest: int = T + 3, apart: bool = False) -> KeptWindow:
    """Of T cores, in the room of more; `sparse`: by which of the twins."""
    with pytest.MonkeyPatch.context() as patch:
        if sparse is not None:
            patch.setattr(lstm_kept, "FEW", 1 if sparse else H + 1)
        made = KeptWindow(M, longest, B, INPUTS, H, W, k).first(T)
    assert sparse in (None, made.sparse) and not made.apart
    made.apart = apart
    return made


def passed(made: KeptWindow, x: Tensor = X, dy: Tensor = DY) -> tuple[Tensor, Tensor, Tensor]:
    """(outputs, ∂L/∂W, ∂L/∂x) of a pass forward and back."""
    made.x[:, :T].copy_(x)
    made.forward(W)
    made.back(W, dy)
    g = torch.full_like(W, 7.0)
    made.weight_gradient(g)
    return made.xh[:, 1 : T + 1, :, :H].clone(), g, made.input_gradient(W).clone()


def naive(k: int) -> tuple[Tensor, Tensor]:
    """(∂L/∂W, ∂L/∂x), one model, one lane, one core and one gate at a time, with lists for what is kept."""
    g_w, g_x = torch.zeros_like(W), torch.zeros_like(X)
    for m in range(M):
        for b in range(B):
            steps = _forward(m, b)
            dh = dc = torch.zeros(H, dtype=D)
            for t in range(T - 1, -1, -1):
                seen, o, i, f, g, c, new = steps[t]
                dh = dh + DY[m, t, b]
                dc = dc + dh * o * (1 - new.tanh() ** 2)
                gates = (
                    dh * new.tanh() * o * (1 - o),
                    dc * g * i * (1 - i),
                    dc * c * f * (1 - f),
                    dc * i * (1 - g**2),
                )
                kept = []
                for of in gates:
                    largest = of.abs().argsort(descending=True).tolist()[:k]
                    kept += [of[n] if n in largest else torch.zeros((), dtype=D) for n in range(H)]
                dz = torch.stack(kept)
                g_w[m] += torch.outer(dz, seen)
                g_w[m, :, H] += torch.cat(gates) - dz  # the bias alone sees all of them
                back = W[m].T @ dz
                dh, dc, g_x[m, t, b] = back[:H], dc * f, back[H + 1 :]
    return g_w, g_x


def _forward(m: int, b: int) -> list[Any]:
    h = c = torch.zeros(H, dtype=D)
    steps = []
    for t in range(T):
        seen = torch.cat([h, torch.ones(1, dtype=D), X[m, t, b]])
        o, i, f, g = (W[m] @ seen).chunk(4)
        o, i, f, g = o.sigmoid(), i.sigmoid(), f.sigmoid(), g.tanh()
        new = f * c + i * g
        steps.append((seen, o, i, f, g, c, new))
        h, c = o * new.tanh(), new
    return steps


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("k", [0, H, H + 1])
def test_with_all_entries_it_is_autograd(k: int, apart: bool) -> None:
    w, x, zero = W.mT.clone().requires_grad_(), X.clone().requires_grad_(), torch.zeros(M, B, H, dtype=D)
    y, _, _ = lstm_plain.window(x, zero, zero, w)
    g_w, g_x = torch.autograd.grad(y, (w, x), DY)
    mine = passed(window(k, apart=apart))
    for own, other in zip(mine, (y.detach(), g_w.mT, g_x), strict=True):
        assert (own - other).abs().max() < 1e-10
    assert (naive(H)[0] - g_w.mT).abs().max() < 1e-10, "the loop below is right where nothing is dropped"


@pytest.mark.parametrize(("sparse", "apart"), [(True, False), (True, True), (False, False), (False, True)])
@pytest.mark.parametrize("k", [1, 3])
def test_k_entries_are_those_of_a_loop_over_examples(k: int, sparse: bool, apart: bool) -> None:
    g_w, g_x = naive(k)
    _, mine_w, mine_x = passed(window(k, sparse, apart=apart))
    assert (mine_w - g_w).abs().max() < 1e-10 and (mine_x - g_x).abs().max() < 1e-10
    assert (g_w - naive(H)[0]).abs().max() > 0.1, "k entries are another gradient than all"


def test_gradients_are_finite_differences() -> None:
    """The loop, autograd's twin and the kernel could share an equation; a difference quotient cannot."""
    made, at, step = window(0), W.clone(), 1e-6
    _, g, _ = passed(made)

    def value() -> float:
        made.forward(at)
        return float((made.xh[:, 1 : T + 1, :, :H] * DY).sum())

    for place in ((0, 0, 0), (1, H, H), (0, 2 * H + 1, H + 1), (1, 3 * H + 2, 2), (0, 4 * H - 1, H + 2)):
        first = at[place].item()
        at[place] = first + step
        above = value()
        at[place] = first - step
        below = value()
        at[place] = first
        assert abs((above - below) / (2 * step) - g[place].item()) < 1e-7


@pytest.mark.parametrize("sparse", [True, False])
def test_what_lies_behind_a_sentence_changes_no_gradient(sparse: bool) -> None:
    """Lane 1 ends after two words: no gradient arrives behind them, whatever stands there."""
    dy, other = DY.clone(), X.clone()
    dy[:, 2:, 1] = 0
    other[:, 2:, 1] = 1e3
    made = window(3, sparse)
    y, g, dx = passed(made, X, dy)
    y2, g2, dx2 = passed(made, other, dy)
    assert torch.equal(g, g2) and torch.equal(dx, dx2) and torch.equal(y[:, :2, 1], y2[:, :2, 1])
    assert not dx[:, 2:, 1].any() and dx[:, :2, 1].any() and not torch.equal(y[:, 2:, 1], y2[:, 2:, 1])


@pytest.mark.parametrize("sparse", [True, False])
def test_the_room_behind_a_window_and_what_was_there_before_play_no_part(sparse: bool) -> None:
    made = window(3, sparse)
    long = KeptWindow(M, T + 3, B, INPUTS, H, W, 3)
    before = passed(made)
    made.x[:, :T].fill_(9)
    made.forward(W)
    made.back(W, 1e3 * DY)
    assert all(map(torch.equal, before, passed(made)))
    for own, other in zip(before, passed(window(3, sparse, longest=T)), strict=True):
        assert (own - other).abs().max() < 1e-12
    assert long.first(2).xh.data_ptr() == long.xh.data_ptr() and long.first(2).steps == 2 != long.steps


def test_rows_are_summed_where_few_are_kept_on_a_cpu() -> None:
    assert [window(k).sparse for k in (0, 1, 2, 3, H)] == [False, True, True, False, False]


def test_models_take_turns_where_their_weights_would_push_each_other_out_of_the_cache() -> None:
    like = torch.zeros(())
    assert [KeptWindow(2, 1, b, 190, 500, like).apart for b in (1, 2)] == [False, True]
    one, two = window(2, True), window(2, True, apart=True)
    for own, other in zip(passed(one), passed(two), strict=True):
        assert (own - other).abs().max() < 1e-12
    assert [w for _, w in two._parts()] == [slice(0, 1), slice(1, 2)] and len(one._parts()) == 1


def test_a_scale_is_everywhere() -> None:
    made = window(3)
    _, g, _ = passed(made)
    scaled = torch.zeros_like(g)
    made.weight_gradient(scaled, 0.5)
    assert torch.allclose(scaled, g / 2, rtol=0, atol=1e-14)


def single(k: int, by_lot: bool, apart: bool) -> KeptWindow:
    made = KeptWindow(M, T + 3, B, INPUTS, H, W.float(), k).first(T)
    made.by_lot, made.apart = by_lot, apart
    return made


@pytest.mark.parametrize("by_lot", [False, True])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("k", [1, 2])
def test_loops_in_c_are_those_of_pytorch_in_float64(k: int, apart: bool, by_lot: bool, in_c: None) -> None:
    """Call after call into the same ∂L/∂W, of other inputs each: the last one's is gone; then into another."""
    mine, plain = single(k, by_lot, apart), window(k, True)
    assert mine.in_c and not plain.in_c
    plain.by_lot = by_lot
    g, g2 = torch.full((M, 4 * H, H + 1 + INPUTS), 7.0), torch.full_like(W, 7.0)
    for seed in (3, 4, 5):
        x, dy = drawn(M, T, B, INPUTS, seed=seed), drawn(M, T, B, H, seed=seed + 10)
        at = drawn(T, M, B, 4, H, seed=seed).argsort(-1)[..., :k]
        g = torch.full_like(g, 9.0) if seed == 5 else g
        for own, w, to in ((mine, W.float(), g), (plain, W, g2)):
            own.at.copy_(at)
            own.x[:, :T].copy_(x)
            own.forward(w)
            own.back(w, dy.to(w))
            own.weight_gradient(to, 0.5)
        dx, dx2 = mine.input_gradient(W.float()), plain.input_gradient(W)
        assert (g - g2).norm() < 1e-5 * g2.norm() and (dx - dx2).norm() < 1e-5 * dx2.norm()
    rest = (g2[..., :H] == 0).all(-1)
    assert rest.any() and not g[..., :H][rest].any()


def test_loops_in_c_take_windows_of_any_length_in_turn(in_c: None) -> None:
    """A long window goes block by block of columns, and writes every row of ∂L/∂W; a short one clears them."""
    hidden, inputs, k, batch = 64, 300, 2, 10
    w = torch.randn(1, 4 * hidden, hidden + 1 + inputs, generator=torch.Generator().manual_seed(1)) / 8
    mine, plain = (KeptWindow(1, 40, batch, inputs, hidden, v, k) for v in (w, w.double()))
    g, g2 = torch.zeros_like(w), torch.zeros_like(w.double())
    for seed, steps in enumerate((1, 40, 1)):
        x, dy = drawn(1, steps, batch, inputs, seed=seed), drawn(1, steps, batch, hidden, seed=seed + 9)
        for window_, to, v in ((mine, g, w), (plain, g2, w.double())):
            now = window_.first(steps)
            now.x[:, :steps].copy_(x)
            now.forward(v)
            now.back(v, dy.to(v))
            now.weight_gradient(to)
        assert mine.in_c and not plain.in_c and (g - g2).norm() < 1e-4 * g2.norm()
