"""Deep nets of Understanding SG: the learner does what settings and parameters say, together as one by one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
import together
import torch
from deepnets import KINDS, SG, images, make
from torch import Tensor

from repro.errors import BadValueError, UnknownNameError
from repro.nets.fcn import normed_mlp
from repro.rules.backward import Rule, classify
from repro.train.batches import Batches, stream


class Trained:
    """As `together` wants it."""

    def __init__(self, setting: dict[str, Any], seeds: Sequence[int], dtype: torch.dtype):
        self.it = make(setting, seeds, dtype)

    def step(self, t: int) -> dict[str, Any]:
        self.it.step(t)
        grads = {f"{j}/{k}": v.clone() for j, p in enumerate(self.it.params()) for k, v in p.g.items()}
        return {"grads": _by_run(grads, self.it)}

    def parameters(self) -> dict[str, Tensor]:
        return _by_run(
            {f"{j}/{k}": v for j, p in enumerate(self.it.params()) for k, v in p.p.items()}, self.it
        )

    def take(self, other: Trained, run: int | None = None) -> None:
        mine, theirs = self.it.state()["kept"], other.it.state()["kept"]
        for name, to in mine.items():
            pairs = [(to[k], theirs[name][k]) for k in to] if name == "optimizer" else [(to, theirs[name])]
            for a, b in pairs:
                own = b if b.dim() == 0 or name == "noise" else b[run : run + 1]  # type: ignore[operator]
                a.copy_(own)


def _by_run(tensors: dict[str, Tensor], it: Any) -> dict[str, Tensor]:
    """SG*'s models stand [R·L, …]."""
    return {k: v.unflatten(0, (it.net.runs, -1)) for k, v in tensors.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_together_is_one_by_one(kind: str) -> None:
    together.check(lambda seeds, dtype: Trained(KINDS[kind], seeds, dtype), (0, 3), steps=8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_is_the_undisturbed_one(kind: str) -> None:
    """Kept is everything: another learner goes on bit for bit, whatever was evaluated on the way."""
    one, two = make(KINDS[kind]), make(KINDS[kind])
    for t in range(4):
        one.step(t)
    one.evaluate(4)
    saved = copy.deepcopy(one.state()["kept"])
    two.load({"kept": saved, "plain": {}})
    for learner in (one, two):
        for t in range(4, 8):
            learner.step(t)
    assert (
        one.prints() == two.prints() and one.evaluate(8) == two.evaluate(8) and one.final(8) == two.final(8)
    )


def test_backprop_is_adam_on_autograds_gradients() -> None:
    one = make({"rule": "bprop", "l2": 1e-2})
    net = normed_mlp((20, 12, 12, 12, 12, 10), 2)
    net.init([stream(s, "init") for s in (0, 3)])
    assert torch.equal(net.params.flat, one.net.params.flat)
    data, batches = images(torch.float32), Batches(160, 8, (0, 3))
    batches.host(0)
    at = batches.take()
    classify(net, Rule(), data.x_train[at], data.y_train[at])
    for name, g in net.params.g.items():
        g.add_(net.params.p[name], alpha=1e-2 if name.startswith("W") else 0)
    start = net.params.flat.clone()
    one.step(0)
    moved = -2e-3 * net.params.flat_grad.sign()  # Adam's first step
    large = net.params.flat_grad.abs() > 1e-5
    assert torch.allclose((one.net.params.flat - start)[large], moved[large], rtol=2e-3)


def test_the_single_sg_stands_where_it_is_said() -> None:
    """At the start it is 0: the layers up to it do not move in the first step, those above do."""
    it = make(SG)
    before = {k: v.clone() for k, v in it.net.params.p.items()}
    it.step(0)
    moved = {k for k, v in it.net.params.p.items() if not torch.equal(v, before[k])}
    assert {"W3", "W4", "W5"} <= moved and not moved & {"W1", "W2", "gamma1", "gamma2", "beta1", "beta2"}


def test_every_layer_has_its_sg_in_sg_star() -> None:
    it = make({"rule": "sg_star", "target": "example"})
    before = {k: v.clone() for k, v in it.net.params.p.items()}
    it.step(0)
    assert {k for k, v in it.net.params.p.items() if not torch.equal(v, before[k])} == {"W5", "b5"}


def test_fixed_feedback_stays_and_learns() -> None:
    for kind in ("dfa", "fa"):
        it = make(KINDS[kind])
        back = (
            {i: b.clone() for i, b in it.rule.back.items()}
            if kind == "dfa"
            else {2: it.net.segments[1].feedback.clone()}
        )
        for t in range(5):
            it.step(t)
        now = it.rule.back if kind == "dfa" else {2: it.net.segments[1].feedback}
        assert all(torch.equal(now[i], b) for i, b in back.items())
        assert it.net.params.g["W1"].abs().max() > 0


def test_what_is_measured() -> None:
    it = make(SG)
    for t in range(10):
        it.step(t)
    assert it.analyse_at == {10} and it.evaluate_at == [5, 10]
    assert {r[1] for r in it.evaluate(5)} == {"train_accuracy", "sg_error", "sg_cosine"}
    rows = it.evaluate(10)
    share = [r[4] for r in rows if r[0] == 1 and r[1] == "weight_share"]
    assert len(share) == 3 and sum(share) == pytest.approx(1, abs=1e-3)
    distance = {r[3]: r[4] for r in rows if r[0] == 0 and r[1] == "block_distance"}
    assert list(distance) == ["1", "2", "3", "4"] and distance["4"] == 0 < distance["1"]
    found = {r[1]: r for r in it.final(10)}
    assert set(found) == {"dissimilarity", "dissimilarity_within", "probe_accuracy", "image_error"}


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="learning rule"):
        make({"rule": "newton"})
    with pytest.raises(UnknownNameError, match="target"):
        make({**SG, "target": "sum"})
    with pytest.raises(UnknownNameError, match="injection"):
        make({**SG, "inject": "hope"})
    with pytest.raises(BadValueError, match="expected 1 to 4"):
        make({**SG, "after": 5})
    with pytest.raises(BadValueError, match="target"):
        make({"rule": "bprop", "target": "mean"})
