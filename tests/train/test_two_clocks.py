"""Two nets on two clocks: the nets against plain code for one run, both rules against autograd of their equations."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any
from unittest import mock

import pytest
import together
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, cross_entropy

from repro.data import DataInfo, ImageData
from repro.errors import UnknownNameError
from repro.nets import two_clocks as nets
from repro.nets.params import Params
from repro.record.run import Run
from repro.train import two_clocks
from repro.train.given import Given
from repro.train.loop import Context

T, LANES, WIDTH, PIXELS = 2, 6, 5, 7
SMALL = {"window": T, "batch": LANES, "width": WIDTH, "sg_hidden": 4, "factor": 10.0, "steps": 8}
SMALL |= {"evaluations": 2, "learning_rate": 1e-2, "hold_out": 0, "test_sequences": 500}
KINDS: dict[str, dict[str, Any]] = {rule: {"rule": rule} for rule in two_clocks.RULES}
Own = Mapping[str, Tensor]


def images(dtype: torch.dtype) -> ImageData:
    rng = torch.Generator().manual_seed(5)
    x = torch.rand(96, PIXELS, generator=rng, dtype=torch.float64).to(dtype)
    y = torch.arange(96) % 10
    return ImageData(x, y, x[:40], y[:40], DataInfo("", "", False, {}, ""), (1, 1, 7))


def make(
    setting: dict[str, Any], seeds: Sequence[int] = (0, 3), dtype: torch.dtype = torch.float64, **params: Any
) -> Any:
    given = Given([Run("arm", seed, setting, {**SMALL, **params}) for seed in seeds])
    with mock.patch.object(two_clocks, "load", lambda *_: images(dtype)):
        made = type("Learner", (two_clocks.TwoClocks,), {"dtype": dtype})(given, Context())
    given.refuse_unread()
    return made


# plain code for one run: no run axis, no windows side by side ---------------------------------------------------


def norm(z: Tensor, gain: Tensor, shift: Tensor | None = None) -> Tensor:
    return batch_norm(z, None, None, gain, shift, training=True, eps=nets.EPS)


def lstm(steps: Sequence[Tensor], p: Own) -> Tensor:
    """Cooijmans et al. 2016, equations 6 to 8, a step at a time."""
    h = c = torch.zeros(len(steps[0]), len(p["Wh"]), dtype=steps[0].dtype)
    for n, x in enumerate(steps):
        of_h = norm(h @ p["Wh"], p["gamma_h"]) if n else 0
        o, i, f, g = (norm(x @ p["Wx"], p["gamma_x"]) + of_h + p["b"]).split(len(p["Wh"]), 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * norm(c, p["gamma_c"], p["beta_c"]).tanh()
    return h


def plain_a(x: Tensor, p: Own) -> tuple[Tensor, Tensor]:
    """x [T, B, D]."""
    steps = []
    for image in x:
        first = norm(image @ p["W1"], p["gamma1"], p["beta1"]).relu()
        steps.append(norm(first @ p["W2"], p["gamma2"], p["beta2"]).relu())
    h = lstm(steps, p)
    return h @ p["V"] + p["v"], norm(h @ p["U"], p["gamma_m"], p["beta_m"])


def plain_b(messages: Sequence[Tensor], p: Own) -> Tensor:
    return lstm(messages, p) @ p["V"] + p["v"]


def plain_m(message: Tensor, p: Own) -> Tensor:
    return (message @ p["M1"] + p["m1"]).relu() @ p["M2"] + p["m2"]


def of_run(params: Params, r: int) -> dict[str, Tensor]:
    return {k: v[r].clone().requires_grad_() for k, v in params.p.items()}


def grads(loss: Tensor, own: Own) -> dict[str, Tensor]:
    return dict(zip(own, torch.autograd.grad(loss, list(own.values())), strict=True))


def counted(y: Tensor) -> tuple[Tensor, Tensor]:
    """By going through the digits of labels [T, T, B] one by one."""
    odd, threes = torch.zeros(T, LANES, dtype=torch.int64), torch.zeros(LANES, dtype=torch.int64)
    for w in range(T):
        for t in range(T):
            for lane in range(LANES):
                odd[w, lane] += int(y[w, t, lane]) in (1, 3, 5, 7, 9)
                threes[lane] += int(y[w, t, lane]) == 3
    return odd, threes


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


@pytest.mark.parametrize("kind", ["dni", "no_bprop", "dni_negative", "dni_other"])
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
        sign = {"dni": 1, "no_bprop": 0, "dni_negative": -1, "dni_other": 1}[kind]
        guess = sign * (torch.cat([guess[-1:], guess[:-1]]) if kind == "dni_other" else guess)
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


def test_it_starts_without_a_synthetic_gradient() -> None:
    it = make(KINDS["dni"])
    assert not nets.model(torch.randn(2, LANES, WIDTH, dtype=torch.float64), it.m.p).any()
    one, other = make(KINDS["dni"]), make(KINDS["no_bprop"])
    one.step(0), other.step(0)
    assert torch.equal(one.a.flat, other.a.flat) and torch.equal(one.m.flat, other.m.flat)
    one.step(1), other.step(1)
    assert not torch.equal(one.a.flat, other.a.flat)


def test_errors_are_shares_of_wrong_counts() -> None:
    it = make(KINDS["dni"])
    right = {}
    at = it.streams.view(-1, T, T, two_clocks.LANES)
    assert at.unique().numel() == 40  # all images, over and over
    odd, threes = two_clocks.asked(it.y_eval[at[0]].unsqueeze(0))
    assert odd.shape == (1, T, two_clocks.LANES) and threes.shape == (1, two_clocks.LANES)

    def sure(counts: Tensor, classes: int, wrong: int) -> Tensor:
        logits = (
            torch.nn.functional.one_hot(counts, classes)
            .double()
            .expand(2, *counts.shape[1:], classes)
            .clone()
        )
        logits[1, ..., :wrong, :] = -logits[1, ..., :wrong, :]
        return logits

    right["a"] = sure(odd, T + 1, 50), torch.zeros(1)
    right["b"] = sure(threes, T * T + 1, 100)
    with (
        mock.patch.object(nets, "net_a", lambda *_: right["a"]),
        mock.patch.object(nets, "net_b", lambda *_: right["b"]),
    ):
        rows = {(r, k): v for r, k, _, _, v in it.evaluate(1)}
    assert rows[0, "test_error_a"] == rows[0, "test_error_b"] == 0
    assert rows[1, "test_error_a"] == pytest.approx(10) and rows[1, "test_error_b"] == pytest.approx(20)


def test_held_out_images_are_not_trained_on_and_name_the_error() -> None:
    it = make(KINDS["dni"], hold_out=40)
    assert len(it.x) == 56 and torch.equal(it.x_eval, images(torch.float64).x_train[56:])
    assert {r[1] for r in it.evaluate(1)} == {
        "validation_error_a",
        "validation_error_b",
        "sg_r2",
        "sg_cosine",
    }


def test_quality_is_that_of_the_guess() -> None:
    """R² and cosine since the last look, of a guess that is what arrives times 3."""
    it = make(KINDS["dni"])
    target = torch.randn(2, T, LANES, WIDTH, dtype=torch.float64)
    it._watch(3 * target, target)
    found = {k: v for r, k, _, _, v in it.evaluate(1) if r == 0}
    assert found["sg_r2"] == pytest.approx(-3) and found["sg_cosine"] == pytest.approx(1)
    assert not it.watched.any()


# together, resumed, refused -------------------------------------------------------------------------------------


class Trained:
    """As `together` wants it."""

    def __init__(self, setting: dict[str, Any], seeds: Sequence[int], dtype: torch.dtype):
        self.it = make(setting, seeds, dtype)

    def step(self, t: int) -> dict[str, Any]:
        self.it.step(t)
        parts = zip("abm", self.it.params(), strict=True)
        return {"grads": {f"{n}/{k}": v.clone() for n, p in parts for k, v in p.g.items()}}

    def parameters(self) -> dict[str, Tensor]:
        parts = zip("abm", self.it.params(), strict=True)
        return {f"{n}/{k}": v for n, p in parts for k, v in p.p.items()}

    def take(self, other: Trained, run: int | None = None) -> None:
        mine, theirs = self.it.state()["kept"], other.it.state()["kept"]
        for name, to in mine.items():
            pairs = (
                [(to[k], theirs[name][k]) for k in to] if name.startswith("adam") else [(to, theirs[name])]
            )
            for a, b in pairs:
                rows = (
                    b
                    if b.dim() == 0 or run is None
                    else b[:, run : run + 1]
                    if name == "watched"
                    else b[run : run + 1]
                )
                a.copy_(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_together_is_one_by_one(kind: str) -> None:
    together.check(lambda seeds, dtype: Trained(KINDS[kind], seeds, dtype), (0, 3), steps=6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_is_the_undisturbed_one(kind: str) -> None:
    one, two = make(KINDS[kind]), make(KINDS[kind])
    for t in range(3):
        one.step(t)
    two.load(copy.deepcopy(one.state()))
    for learner in (one, two):
        for t in range(3, 6):
            learner.step(t)
    assert one.prints() == two.prints() and one.evaluate(6) == two.evaluate(6)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="learning rule"):
        make({"rule": "hope"})
