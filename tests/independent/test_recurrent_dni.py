"""The second implementation: its task, its gradients, and that it says of one window what the first one says."""

import numpy as np
import pytest
import torch
from recurrent_dni import ARMS, Copying, Nets, injected, train, window

R, B, H, T = 4, 5, 6, 3


def some_window(seed=0):
    g = torch.Generator().manual_seed(seed)
    nets = Nets([7] * R, H)
    with torch.no_grad():
        nets.p["s2"].copy_(torch.randn(H, 2 * H, generator=g).expand(R, -1, -1))
    x = torch.randn(1, T + 1, B, 3, generator=g).expand(R, -1, -1, -1).contiguous()
    bit = (torch.rand(1, T, B, 1, generator=g) > 0.5).float().expand(R, -1, -1, -1)
    asked = (torch.rand(1, T, B, 1, generator=g) > 0.4).float().expand(R, -1, -1, -1)
    state = tuple(torch.randn(1, B, H, generator=g).expand(R, -1, -1) for _ in range(2))
    directions = torch.ones(R, 1, 2 * H)
    return nets, directions, state, x, bit, asked


def test_every_answer_repeats_what_was_shown():
    stream = Copying(3, 1)
    stream.restart(4)
    shown = stream.read(400)[:, :, 0]
    starts = np.flatnonzero(shown[1])
    assert len(starts) > 30
    for at in starts[starts < 390]:
        assert (shown[3, at + 6 : at + 10] * 2 - 1 == shown[0, at + 1 : at + 5]).all()
        assert shown[2, at + 5] == 1 and shown[4, at : at + 10].sum() == 4


def test_reading_in_parts_is_reading_on():
    a, b = Copying(5, 3), Copying(5, 3)
    whole, parts = a.read(40), [b.read(10) for _ in range(4)]
    assert (np.concatenate([p[:, :-1] for p in parts], 1) == whole[:, :-1]).all()


def test_arms_differ_by_what_they_inject_alone():
    nets, directions, state, x, bit, asked = some_window()
    window(nets, ARMS, directions, state, x, bit, asked, 0.1)
    grad = {k: v.grad.clone() for k, v in nets.p.items()}
    none, sg, minus, fixed = grad["h"]
    assert torch.allclose((sg + minus) / 2, none, atol=1e-6)  # what comes in enters linearly
    assert not torch.allclose(sg, none, atol=1e-4) and not torch.allclose(fixed, none, atol=1e-4)
    assert all(torch.equal(grad["out"][0], grad["out"][r]) for r in range(R))


def test_fixed_is_one_vector_of_the_estimates_size():
    estimate, directions = torch.randn(R, B, 2 * H), torch.randn(R, 1, 2 * H)
    directions /= directions.pow(2).mean(-1, keepdim=True).sqrt()
    got = injected(ARMS, estimate, directions)[3]
    assert torch.equal(got[0], got[1])
    assert torch.allclose(got.pow(2).mean(), estimate[3].pow(2).mean(), rtol=1e-5)


@pytest.mark.parametrize("arm, ours", [("nothing", "nothing"), ("sg", "synthetic"), ("minus", "negative")])
def test_both_implementations_make_the_same_gradients(arm, ours):
    """The only place where they meet: weights of the second, put into the first."""
    from repro.nets.recurrent import Head, RecurrentNet
    from repro.rules.recurrent import Decoupled, Injection

    nets, directions, state, x, bit, asked = some_window()
    window(nets, [arm] * R, directions, state, x, bit, asked, 0.1)
    p, order = nets.p, (3, 0, 1, 2)  # i, f, g, o → o, i, f, g

    def turned(w):
        return torch.cat([w.chunk(4, -1)[n] for n in order], -1).detach()

    net = RecurrentNet(R, T, B, 3, H, 1, extra=True)
    net.p["W"].copy_(torch.cat([turned(p["h"]), turned(p["b"]), turned(p["x"])], 1))
    net.p["V"].copy_(torch.cat([p["out"], p["out_b"]], 1).detach())
    sg = Head(R, 2, B, H, H, net.p["W"])
    sg.p["M1"].copy_(torch.cat([p["s1"], p["s1b"]], 1).detach())
    sg.p["M2"].copy_(torch.cat([p["s2"], p["s2b"]], 1).detach())
    for mine, given in zip(net.core.state(0), state, strict=True):
        mine.copy_(given)
    net.forward(x)
    rule = Decoupled(net, sg, torch.full((R, 1, 1), 0.1))
    rule.backward(Injection([ours] * R), {}, bit.flatten(1, 2), asked.flatten(1, 2))
    theirs = torch.cat([turned(p[k].grad) for k in ("h", "b", "x")], 1)
    assert torch.allclose(net.g["W"], theirs, rtol=1e-4, atol=1e-5)
    of_sg = torch.cat([p["s2"].grad, p["s2b"].grad], 1)
    assert torch.allclose(sg.g["M2"], of_sg, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_it_learns_to_copy_one_bit():
    """At three times its usual rate, which takes half of the windows."""
    assert max(train(("nothing",), range(6), 3000, rate=3e-3)["nothing"]) >= 1
