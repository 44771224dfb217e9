"""What each control puts in the place of the synthetic gradient."""

import math

import torch

from repro.rules.recurrent import INJECTIONS, Injection, rms

B, D = 5, torch.float64


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
