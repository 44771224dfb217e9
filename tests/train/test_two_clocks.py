"""Two nets on two clocks: what each learns from is autograd of the paper's equations, for one run in plain code."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from clocks import (
    KINDS,
    LANES,
    PIXELS,
    WIDTH,
    Own,
    T,
    counted,
    grads,
    make,
    of_run,
    plain_a,
    plain_b,
    plain_m,
)
from torch import Tensor
from torch.nn.functional import cross_entropy

from repro.data.streams import stream
from repro.nets import two_clocks as nets
from repro.nets.params import Params


class Spy:
    """Gradients that each optimiser saw, in order."""

    def __init__(self, it: Any):
        self.seen: list[tuple[str, dict[str, Tensor], dict[str, Tensor]]] = []
        for name, optimizer, params in zip("abm", it.optimizers, it.params(), strict=True):
            optimizer.step = self._wrap(name, optimizer.step, params)

    def _wrap(self, name: str, step: Any, params: Params) -> Any:
        def seen() -> None:
            before = {k: v.clone() for k, v in params.p.items()}
            self.seen.append((name, {k: v.clone() for k, v in params.g.items()}, before))
            step()

        return seen


def stirred(it: Any) -> None:
    """All parameters away from their special starts (δ̂ = 0, β = 0)."""
    for n, params in enumerate(it.params()):
        params.flat += 0.1 * torch.randn(params.flat.shape, generator=torch.Generator().manual_seed(n)).to(
            params.flat
        )


def batch_of(it: Any, r: int) -> tuple[Tensor, Tensor]:
    at = it.batches.at(0)[r].view(T, T, LANES)
    return it.x[at], it.y[at]


def untrained_m(seed: int) -> Own:
    """Both layers as drawn for this run, N(0, 2/fan-in) and N(0, 1/fan-in)."""
    g = stream(seed, "still")
    first = torch.randn(WIDTH, 4, generator=g) * (2 / WIDTH) ** 0.5
    second = torch.randn(4, WIDTH, generator=g) * (1 / 4) ** 0.5
    own = {"M1": first, "m1": torch.zeros(4), "M2": second, "m2": torch.zeros(WIDTH)}
    return {k: v.double() for k, v in own.items()}


def close(a: Own, b: Own, r: int) -> None:
    assert a.keys() == b.keys()
    for k in a:
        assert torch.allclose(a[k][r], b[k], rtol=1e-9, atol=1e-12), k


@pytest.mark.parametrize("r", [0, 1])
def test_jointly_it_is_autograd_through_the_whole_graph(r: int) -> None:
    it = make(KINDS["bprop"])
    stirred(it)
    own_a, own_b = of_run(it.a, r), of_run(it.b, r)
    x, y = batch_of(it, r)
    odd, threes = counted(y)
    said = [plain_a(x[w], own_a) for w in range(T)]
    loss = sum(cross_entropy(logits, odd[w]) for w, (logits, _) in enumerate(said))
    loss = loss + cross_entropy(plain_b([m for _, m in said], own_b), threes)
    expected = {"a": grads(loss, {**own_a}), "b": None}
    own_a2, own_b2 = of_run(it.a, r), of_run(it.b, r)
    said = [plain_a(x[w], own_a2) for w in range(T)]
    expected["b"] = grads(cross_entropy(plain_b([m for _, m in said], own_b2), threes), own_b2)
    spy = Spy(it)
    it.step(0)
    assert [name for name, _, _ in spy.seen] == ["a", "b"]
    for name, g, _ in spy.seen:
        close(g, expected[name], r)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["dni", "no_bprop", "dni_negative", "dni_other", "dni_untrained"])
def test_decoupled_each_learns_on_its_clock_what_the_equations_say(kind: str) -> None:
    """A's gradient at each window, B's and M's after all, from plain code at the weights each had."""
    it, r = make(KINDS[kind]), 1
    stirred(it)
    x, y = batch_of(it, r)
    odd, threes = counted(y)
    spy = Spy(it)
    it.step(0)
    assert [name for name, _, _ in spy.seen] == [*"a" * T, "b", "m"]
    m, messages = {k: v[r] for k, v in spy.seen[-1][2].items()}, []
    for w, (_, g, before) in enumerate(spy.seen[:T]):
        own = {k: v[r].clone().requires_grad_() for k, v in before.items()}
        logits, message = plain_a(x[w], own)
        guess = plain_m(message.detach(), m)
        sign = {"no_bprop": 0, "dni_negative": -1}.get(kind, 1)
        guess = sign * (torch.cat([guess[-1:], guess[:-1]]) if kind == "dni_other" else guess)
        if kind == "dni_untrained":
            said = plain_m(message.detach(), untrained_m(3))
            guess = said * guess.square().mean().sqrt() / said.square().mean().sqrt()
        loss = cross_entropy(logits, odd[w]) + 10 * (guess * message).sum() / LANES
        close(g, grads(loss, own), r)
        messages.append(message.detach().requires_grad_())
    own = {k: v[r].clone().requires_grad_() for k, v in spy.seen[T][2].items()}
    loss = cross_entropy(plain_b(messages, own), threes)
    arriving = torch.autograd.grad(loss * LANES, messages, retain_graph=True)
    close(spy.seen[T][1], grads(loss, own), r)
    own = {k: v.clone().requires_grad_() for k, v in m.items()}
    wrong = [
        (plain_m(sent.detach(), own) - d).square().sum(1).mean()
        for sent, d in zip(messages, arriving, strict=True)
    ]
    close(spy.seen[-1][1], grads(sum(wrong), own), r)  # type: ignore[arg-type]


def test_a_window_alone_is_the_window_beside_others() -> None:
    it = make(KINDS["bprop"])
    x = torch.rand(2, 3, T, LANES, PIXELS, dtype=torch.float64)
    for whole, part in zip(
        nets.net_a(x, it.a.p),
        zip(*(nets.net_a(x[:, w : w + 1], it.a.p) for w in range(3)), strict=True),
        strict=True,
    ):
        assert torch.allclose(whole, torch.cat(part, 1), rtol=1e-12)
