"""The true gradient of the future, how well it is predicted, and the state: against autograd and formulas."""

import pytest
import torch

from repro.analysis import future as analysis
from repro.kernels import lstm_plain
from repro.kernels.lstm import LSTMWindow
from repro.nets.recurrent import nats

R, STEPS, B, INPUTS, H, C = 2, 6, 5, 3, 4, 2
D = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=D)


@pytest.fixture
def case():
    """(weights w and v, state, x, y, answer, the pass)."""
    w, v, x = drawn(R, H + 1 + INPUTS, 4 * H), drawn(R, H + 1, C, seed=1), drawn(R, STEPS, B, INPUTS, seed=2)
    y = (drawn(R, STEPS * B, C, seed=3) > 0).to(D)
    answer = (drawn(R, STEPS * B, 1, seed=4) > 0).to(D)
    state = drawn(R, B, H, seed=5), drawn(R, B, H, seed=6)
    return w, v, state, x, y, answer, analysis.future(w, v, None, state, x, y, answer)


def test_the_gradient_at_each_step_is_autograds_of_all_that_follows(case):
    w, v, (h, c), x, y, answer, there = case
    for t in range(STEPS):
        leaves = [s.clone().requires_grad_() for s in (h, c)]
        out, *_ = lstm_plain.window(x[:, t:], *leaves, w)
        seen = torch.cat([out, torch.ones_like(out[..., :1])], -1).flatten(1, 2)
        loss = nats(torch.bmm(seen, v), y[:, t * B :], answer[:, t * B :]).sum()
        true = torch.cat(torch.autograd.grad(loss, leaves), -1)
        assert torch.allclose(there.gradient[t], true, rtol=1e-10, atol=1e-12), t
        h, c = lstm_plain.cell(x[:, t], h, c, w)
        assert torch.allclose(there.outputs[t][..., :H], h, atol=1e-13)


def test_agreement_is_told_apart_by_size_and_direction():
    true = drawn(R, 40, H)
    perfect, turned, half = (analysis.agreement(p, true) for p in (true, -true, true / 2))
    assert torch.allclose(perfect["r2"], torch.ones(R, dtype=D))
    assert torch.allclose(turned["r2"], torch.full((R,), -3.0, dtype=D))
    assert torch.allclose(turned["cosine"], torch.full((R,), -1.0, dtype=D))
    assert torch.allclose(half["r2"], torch.full((R,), 0.75, dtype=D))
    assert torch.allclose(half["cosine"], torch.ones(R, dtype=D))
    assert analysis.agreement(torch.zeros_like(true), true)["r2"].abs().max() == 0


def test_offline_r2_finds_a_linear_law_and_no_law_in_noise():
    outputs = torch.cat([drawn(50, R, 12, H), torch.ones(50, R, 12, 1, dtype=D)], -1)
    law = torch.einsum("lrbh,rhd->lrbd", outputs, drawn(R, H + 1, 2 * H, seed=7))
    assert (analysis.offline_r2(outputs, law) > 0.99).all()
    assert (analysis.offline_r2(outputs, drawn(50, R, 12, 2 * H, seed=8)).abs() < 0.1).all()
    half = law + law.std() * drawn(50, R, 12, 2 * H, seed=9)
    assert ((analysis.offline_r2(outputs, half) - 0.5).abs() < 0.15).all()


def test_offline_r2_is_of_lanes_that_it_was_not_fitted_to():
    """More features than lanes to fit: a perfect fit to noise, and worse than nothing on the others."""
    outputs, noise = drawn(1, R, 12, 9, seed=3), drawn(1, R, 12, 2 * H, seed=8)
    assert (analysis.offline_r2(outputs, noise) < 0).all()


def test_the_share_of_the_mean():
    constant, noise = torch.ones(30, R, 10, 2 * H, dtype=D), drawn(30, R, 10, 2 * H)
    assert torch.allclose(analysis.mean_share(constant), torch.ones(R, dtype=D))
    assert (analysis.mean_share(noise) < 0.02).all()
    assert torch.allclose(analysis.mean_share(constant + noise), torch.full((R,), 0.5, dtype=D), atol=0.06)


def test_life_counts_gates_and_cells(case):
    core = case[-1].core
    found = analysis.life(core)
    forget, cells = core.gates[:STEPS, ..., 2 * H : 3 * H], core.c[1 : STEPS + 1]
    assert torch.allclose(found["forget"], forget.transpose(0, 1).flatten(1).mean(1))
    assert torch.allclose(found["cell_rms"], cells.transpose(0, 1).flatten(1).square().mean(1).sqrt())
    saturated = (torch.tanh(cells).abs() > 0.9).double().transpose(0, 1).flatten(1).mean(1)
    assert torch.allclose(found["cell_saturated"].double(), saturated, atol=1e-6)
    opened = (forget > 0.9).double().transpose(0, 1).flatten(1).mean(1)
    assert torch.allclose(found["forget_open"].double(), opened, atol=1e-6)
    core.c[1 : STEPS + 1] = 2.0
    assert torch.allclose(analysis.life(core)["cell_common"], torch.ones(R, dtype=D))
    core.c[1 : STEPS + 1, :, ::2] *= -1  # as many lanes the other way: as far from 0, with no mean
    assert (analysis.life(core)["cell_common"] < 0.2).all()


def test_gain_of_a_cell_that_keeps_everything_is_that_of_its_cell():
    """f = 1, o = i = 0: ∂c'/∂c = 1 and everything else 0, so half of the squared norm comes back."""
    w = torch.zeros(1, H + 1 + INPUTS, 4 * H, dtype=D)
    w[:, H] = torch.tensor([-50.0, -50.0, 50.0, 0.0], dtype=D).repeat_interleave(H)
    core = LSTMWindow(1, STEPS, 400, INPUTS, H, w)
    core.forward(w)
    core.factors()
    generator = torch.Generator().manual_seed(0)
    found = analysis.gain(core, w, 3, lambda out: out.normal_(generator=generator))
    assert float(found) == pytest.approx(0.5**0.5, abs=0.02)


def test_gain_is_the_jacobians():
    w = drawn(1, H + 1 + INPUTS, 4 * H)
    x, h, c = drawn(1, 3, 1, INPUTS, seed=2), drawn(1, 1, H, seed=3), drawn(1, 1, H, seed=4)

    def after(state):
        _, h1, c1 = lstm_plain.window(x, state[None, None, :H], state[None, None, H:], w)
        return torch.cat([h1[0, 0], c1[0, 0]])

    jacobian = torch.autograd.functional.jacobian(after, torch.cat([h[0, 0], c[0, 0]]))
    lanes = 4000
    core = LSTMWindow(1, 3, lanes, INPUTS, H, w)
    core.x[:, :3].copy_(x.expand(-1, -1, lanes, -1))
    for mine, given in zip(core.state(0), (h, c), strict=True):
        mine.copy_(given.expand(-1, lanes, -1))
    core.forward(w)
    core.factors()
    generator = torch.Generator().manual_seed(0)
    found = analysis.gain(core, w, 3, lambda out: out.normal_(generator=generator))
    assert float(found) == pytest.approx(float(jacobian.norm()) / (2 * H) ** 0.5, rel=0.05)
