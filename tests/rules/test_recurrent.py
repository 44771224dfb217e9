"""DNI on recurrent nets against oracles: truncated BPTT, full BPTT, autograd, formulas worked out by hand."""

import pytest
import torch

from repro.kernels import lstm_plain
from repro.nets.recurrent import Head, RecurrentNet, nats
from repro.rules.recurrent import Decoupled, Injection, truncated
from repro.train.optim import adam

T, B, INPUTS, H, C, W = 3, 5, 4, 7, 2, 4
D = torch.float64


def generators(runs=1):
    return [torch.Generator().manual_seed(r) for r in range(runs)]


def net_of(runs=1, steps=T, dtype=D, extra=True, hidden=H, **more):
    net = RecurrentNet(runs, steps, B, INPUTS, hidden, C, extra=extra, dtype=dtype, **more)
    net.init(generators(runs), [1.0] * runs)
    return net


def heads_of(net, width=H, live=True, parts=2):
    head = Head(len(net.p["W"]), parts, B, net.hidden, width, net.p["W"])
    head.init(generators(len(net.p["W"])))
    if live:
        head.p["M2"].copy_(torch.randn(head.p["M2"].shape, generator=generators()[0], dtype=D) / 3)
    return head


def data_of(dtype=D, runs=1, length=W * T, seed=0):
    """Inputs with one step more, bits and whether they are asked for, time first: x [R, L + 1, B, INPUTS]."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(1, length + 1, B, INPUTS, generator=g, dtype=D)
    y = (torch.rand(1, length, B, C, generator=g) > 0.5).to(D)
    answer = (torch.rand(1, length, B, 1, generator=g) > 0.3).to(D)
    return [v.expand(runs, *v.shape[1:]).to(dtype).contiguous() for v in (x, y, answer)]


def window_of(data, k, steps=T):
    x, y, answer = data
    own = slice(k * steps, (k + 1) * steps)
    return x[:, k * steps : (k + 1) * steps + 1], y[:, own].flatten(1, 2), answer[:, own].flatten(1, 2)


def rule_of(net, sg, factor=1.0, **more):
    return Decoupled(net, sg, net.p["W"].new_full((len(net.p["W"]), 1, 1), factor), **more)


def summed_gradients(net, backward, windows=W):
    total = {k: torch.zeros_like(v) for k, v in net.g.items()}
    for k in range(windows):
        backward(k)
        for name, g in net.g.items():
            total[name] += g
    return total


def full_bptt(net, data):
    """(gradients of the mean over lanes, ∂L/∂(h, c) before each window) by autograd through all windows."""
    x, y, answer = data
    leaves = {k: v.clone().requires_grad_() for k, v in net.p.items()}
    h = c = torch.zeros(1, B, H, dtype=D)
    states, loss = [], 0
    for k in range(W):
        h, c = (v.clone() if k else v.clone().requires_grad_() for v in (h, c))
        states.append((h, c))
        out, h, c = lstm_plain.window(x[:, k * T : (k + 1) * T], h, c, leaves["W"], leaves.get("peep"))
        logits = torch.cat([out, torch.ones_like(out[..., :1])], -1) @ leaves["V"]
        loss = loss + nats(logits, y[:, k * T : (k + 1) * T], answer[:, k * T : (k + 1) * T]).sum()
    flat = [v for pair in states for v in pair]
    grads = torch.autograd.grad(loss, [*leaves.values(), *flat])
    found = {k: g / B for k, g in zip(leaves, grads, strict=False)}
    pairs = grads[len(leaves) :]
    return found, [torch.cat(pairs[2 * k : 2 * k + 2], -1) for k in range(W)]


@pytest.mark.parametrize("peepholes", [False, True])
def test_true_gradients_are_full_bptt(peepholes):
    net, data = net_of(peepholes=peepholes), data_of()
    if peepholes:
        net.p["peep"].copy_(torch.randn(1, 3, H, generator=generators()[0], dtype=D))
    auto, states = full_bptt(net, data)
    rule = rule_of(net, heads_of(net))

    def backward(k):
        x, y, answer = window_of(data, k)
        net.forward(x)
        true = states[k + 1] if k + 1 < W else torch.zeros_like(states[0])
        rule.backward(Injection(["oracle"]), {"oracle": true}, y, answer)
        assert torch.allclose(rule.target, states[k], rtol=0, atol=1e-12)

    mine = summed_gradients(net, backward)
    for name, g in auto.items():
        assert torch.allclose(mine[name], g, rtol=0, atol=1e-12), name


def trained(kind, dtype=torch.float32, factor=0.1, steps=30, live_rate=1.0):
    """Weights after some Adam steps with this injection; "bptt": without a synthetic gradient at all."""
    net = net_of(dtype=dtype, extra=kind != "bptt")
    head, data = heads_of(net, live=False), data_of(dtype)
    rule, optimizer = rule_of(net, head, factor), adam(list(net.params.values()), [0.01])
    of_head = adam(list(head.params.values()), [0.01 * live_rate])
    for k in range(steps):
        x, y, answer = window_of(data, k % W)
        net.forward(x if kind != "bptt" else x[:, :-1])
        if kind == "bptt":
            truncated(net, y, answer)
        else:
            rule.backward(Injection([kind]), {}, y, answer)
            of_head.step()
        optimizer.step()
    return {k: v.clone() for k, v in net.p.items()}, head


@pytest.mark.parametrize(
    "kind, factor, rate", [("nothing", 0.1, 1.0), ("synthetic", 0.0, 1.0), ("synthetic", 0.1, 0.0)]
)
def test_a_zero_synthetic_gradient_is_truncated_bptt_bitwise(kind, factor, rate):
    plain, _ = trained("bptt")
    mine, _ = trained(kind, factor=factor, live_rate=rate)
    assert all(torch.equal(plain[k], mine[k]) for k in plain)


def test_a_live_synthetic_gradient_is_not():
    plain, _ = trained("bptt")
    mine, head = trained("synthetic")
    assert not torch.allclose(plain["W"], mine["W"], atol=1e-4)
    assert head.p["M2"].abs().max() > 0


def test_bootstrapped_target_is_the_formula_worked_out_by_hand():
    """One unit, one step, no answer: the target is what the cell sends back of factor · δ̂."""
    net = net_of(steps=1, hidden=1)
    rule = rule_of(net, heads_of(net, width=0), 0.3)
    x = torch.randn(1, 2, B, INPUTS, generator=generators()[0], dtype=D)
    for state, value in zip(net.core.state(0), (0.2, -0.4), strict=True):
        state.fill_(value)
    net.forward(x)
    zero = torch.zeros(1, B, C, dtype=D)
    rule.backward(Injection(["synthetic"]), {}, zero, zero[..., :1])
    w = net.p["W"][0]
    a = 0.2 * w[0] + w[1] + x[0, 0] @ w[2:]  # [B, 4]
    o, i, f = (torch.sigmoid(a[:, n]) for n in range(3))
    g = torch.tanh(a[:, 3])
    c = f * -0.4 + i * g
    d_h, d_c = (0.3 * rule.predicted[0, 1]).unbind(-1)
    d_o = d_h * torch.tanh(c) * o * (1 - o)
    d_c = d_c + d_h * o * (1 - torch.tanh(c) ** 2)
    d_a = torch.stack([d_o, d_c * g * i * (1 - i), d_c * -0.4 * f * (1 - f), d_c * i * (1 - g**2)], -1)
    assert d_h.abs().min() > 1e-3
    assert torch.allclose(rule.target[0, :, 0], d_a @ w[0], rtol=0, atol=1e-14)
    assert torch.allclose(rule.target[0, :, 1], d_c * f, rtol=0, atol=1e-14)


@pytest.mark.parametrize("own", [0.0, 0.1, 1.0])
def test_the_factor_in_the_target_is_apart_from_the_one_consumed(own):
    """Weights follow 0.1 δ̂; the target is that of a rule that consumes own · δ̂."""
    data, grads, targets = data_of(), [], []
    for factor, in_target in ((0.1, own), (own, None), (0.1, None)):
        net = net_of()
        given = None if in_target is None else torch.full((1, 1, 1), in_target, dtype=D)
        rule = rule_of(net, heads_of(net), factor, target_factor=given)
        x, y, answer = window_of(data, 0)
        net.forward(x)
        rule.backward(Injection(["synthetic"]), {}, y, answer)
        grads.append(net.g["W"].clone())
        targets.append(rule.target.clone())
    assert torch.allclose(targets[0], targets[1], rtol=0, atol=1e-13)
    assert torch.equal(grads[0], grads[2])


def losses(net, sg, aux, data, kept, weight=0.7):
    """The three losses after a forward pass, with what is detached held at `kept`: window + 0.3 ⟨δ̂, s_T⟩, SG, aux."""
    x, y, answer = window_of(data, 0)
    logits = net.forward(x)
    sg.x.copy_(net.core.xh[:, 1 :: net.steps, :, : H + 1])
    aux.x[:, 0].copy_(net.core.xh[:, 1, :, : H + 1])
    h, c = net.core.state(net.steps)
    window = nats(logits, y, answer).sum() + 0.3 * (kept["sg"] * torch.cat([h, c], -1)).sum()
    l_sg = (sg.predict()[:, 0] - kept["target"]).square().sum()
    l_aux = weight * (aux.predict()[:, 0] - kept["sg"]).square().sum()
    return {"net": (window + l_aux) / B, "sg": l_sg / B, "aux": l_aux / B}


@pytest.mark.parametrize("width", [0, H])
def test_every_gradient_is_a_finite_difference_with_targets_detached(width):
    net, data = net_of(), data_of()
    sg, aux = heads_of(net, width), heads_of(net, width, parts=1)
    aux.p["M2"].mul_(-0.5)
    rule = rule_of(net, sg, 0.3, aux=aux, aux_weight=0.7)
    for state, value in zip(net.core.state(0), (0.3, -0.5), strict=True):
        state.fill_(value)
    net.forward(window_of(data, 0)[0])
    rule.backward(Injection(["synthetic"]), {}, *window_of(data, 0)[1:])
    kept = {"sg": rule.predicted[:, 1].clone(), "target": rule.target.clone()}
    g = torch.Generator().manual_seed(3)
    for name, model in (("net", net), ("sg", sg), ("aux", aux)):
        for key, p in model.p.items():
            for at in torch.randint(p.numel(), (6,), generator=g).tolist():
                flat, value = p.view(-1), p.view(-1)[at].item()
                found = []
                for step in (1e-6, -1e-6):
                    flat[at] = value + step
                    for state, start in zip(net.core.state(0), (0.3, -0.5), strict=True):
                        state.fill_(start)
                    found.append(float(losses(net, sg, aux, data, kept)[name]))
                flat[at] = value
                slope = (found[0] - found[1]) / 2e-6
                assert abs(slope - model.g[key].view(-1)[at].item()) < 1e-6, (name, key)


def test_the_auxiliary_task_teaches_the_core_and_not_the_synthetic_gradient():
    grads = []
    for with_aux in (True, False):
        net, data = net_of(), data_of()
        sg = heads_of(net)
        aux = heads_of(net, parts=1) if with_aux else None
        rule = rule_of(net, sg, 0.1, aux=aux)
        net.forward(window_of(data, 0)[0])
        rule.backward(Injection(["synthetic"]), {}, *window_of(data, 0)[1:])
        grads.append((net.g["W"].clone(), net.g["V"].clone(), rule.predicted.clone()))
    assert not torch.allclose(grads[0][0], grads[1][0], atol=1e-6)
    assert torch.equal(grads[0][1], grads[1][1])
    assert torch.equal(grads[0][2], grads[1][2])


def test_the_synthetic_gradient_is_evaluated_once_a_window(monkeypatch):
    calls = []
    monkeypatch.setattr(Head, "predict", lambda self, old=Head.predict: (calls.append(1), old(self))[1])
    trained("synthetic", steps=7)
    assert len(calls) == 7


def test_state_is_carried_from_window_to_window():
    net, data = net_of(), data_of()
    rule = rule_of(net, heads_of(net))
    for k in range(2):
        net.forward(window_of(data, k)[0])
        rule.backward(Injection(["nothing"]), {}, *window_of(data, k)[1:])
    zero = torch.zeros(1, B, H, dtype=D)
    _, h, c = lstm_plain.window(data[0][:, : 2 * T], zero, zero, net.p["W"])
    assert torch.allclose(net.core.state(0)[0], h, atol=1e-13)
    assert torch.allclose(net.core.state(0)[1], c, atol=1e-13)
