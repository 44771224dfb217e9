"""What each control puts in the place of the synthetic gradient."""

import math

import pytest
import torch
from test_recurrent import D, H, T, data_of, heads_of, net_of, window_of
from torch.nn.functional import binary_cross_entropy_with_logits

from repro.kernels import lstm_plain
from repro.rules.recurrent import INJECTIONS, Decoupled, Injection, rms

B = 5


def test_what_each_control_injects():
    sg = torch.randn(4, B, 6, generator=torch.Generator().manual_seed(0), dtype=D)
    g = torch.Generator().manual_seed(5)
    draws = {
        "lane": torch.randint(B, (4, B, 1), generator=g),
        "direction": torch.randn(4, 1, 6, generator=g, dtype=D),
        "redrawn": torch.randn(4, 1, 6, generator=g, dtype=D),
        "noise": torch.randn(4, B, 6, generator=g, dtype=D),
        "oracle": torch.randn(4, B, 6, generator=g, dtype=D),
    }
    draws |= {
        "h": torch.randn(4, B, 3, generator=g, dtype=D),
        "map": torch.randn(4, 3, 6, generator=g, dtype=D),
    }
    got = {k: inject(sg, draws).expand_as(sg) for k, inject in INJECTIONS.items()}
    size = math.sqrt(float(sg[1].square().mean()))
    assert got["nothing"].abs().max() == 0
    assert torch.equal(got["negative"], -got["synthetic"])
    assert torch.equal(got["other_lane"][2, 3], sg[2, draws["lane"][2, 3, 0]])
    assert all(torch.equal(got["other"][2, b], sg[2, b - 1]) for b in range(B))
    assert torch.allclose(got["mean_lane"][1, 4], sg[1].mean(0))
    assert torch.allclose(got["fixed"][1, 2], draws["direction"][1, 0] * size)
    assert torch.allclose(got["redrawn"][1, 2], draws["redrawn"][1, 0] * size)
    assert torch.allclose(got["noise"][1, 2], draws["noise"][1, 2] * size)
    assert torch.equal(got["oracle"], draws["oracle"])
    said = draws["h"][1, 2] @ draws["map"][1]
    assert torch.allclose(got["untrained"][1, 2] / said, (got["untrained"][1, 2] / said)[:1].expand(6))
    assert torch.allclose(rms(got["untrained"]), rms(sg))
    assert torch.allclose(rms(sg)[1, 0, 0], torch.tensor(size, dtype=D))
    kinds = ["noise", "noise", "fixed", "oracle"]
    mixed = Injection(kinds)(sg, draws, torch.empty_like(sg))
    for r, kind in enumerate(kinds):
        assert torch.equal(mixed[r], got[kind][r]), kind


@pytest.mark.parametrize("factor", [0.1, 0.003])
@pytest.mark.parametrize("kind", ["synthetic", "other", "fixed", "redrawn", "noise"])
def test_the_weights_follow_the_window_and_factor_times_e_and_its_length_is_told(kind, factor):
    """Autograd of loss + factor ⟨e, s_T⟩ with e made by loops over lanes."""
    net, data = net_of(), data_of()
    rule = Decoupled(net, heads_of(net), torch.full((1, 1, 1), factor, dtype=D))
    g = torch.Generator().manual_seed(2)
    draws = {k: torch.randn(1, 1, 2 * H, generator=g, dtype=D) for k in ("direction", "redrawn")}
    draws["noise"] = torch.randn(1, B, 2 * H, generator=g, dtype=D)
    x, y, answer = window_of(data, 0)
    net.forward(x)
    rule.backward(Injection([kind]), draws, y, answer)
    own = rule.predicted[0, 1]
    size = math.sqrt(sum(v * v for v in own.flatten().tolist()) / own.numel())
    drawn = {"fixed": "direction", "redrawn": "redrawn", "noise": "noise"}.get(kind)
    e = [
        own[b - (kind == "other")] if drawn is None else size * draws[drawn][0, b % draws[drawn].shape[1]]
        for b in range(B)
    ]
    w, zero = net.p["W"].clone().requires_grad_(), torch.zeros(1, B, H, dtype=D)
    out, h, c = lstm_plain.window(x[:, :T], zero, zero, w)
    logits = torch.cat([out, torch.ones_like(out[..., :1])], -1).flatten(1, 2) @ net.p["V"]
    loss = (answer * binary_cross_entropy_with_logits(logits, y, reduction="none")).sum()
    pushed = sum((v * torch.cat([h[0, b], c[0, b]])).sum() for b, v in enumerate(e))
    (expected,) = torch.autograd.grad((loss + factor * pushed) / B, w)
    assert torch.allclose(net.g["W"], expected, rtol=0, atol=1e-13)
    told = [sum(math.hypot(*v.tolist()) for v in part) / B for part in (e, own)]
    assert rule.lengths()[:, 0].tolist() == pytest.approx([factor * told[0], told[1]], rel=1e-12)
