"""The DNI learner does what its settings and parameters say: rule, data, rate, precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from repro.data import ImageData, load_images
from repro.errors import BadValueError
from repro.nets import fcn as nets
from repro.nets.params import Params
from repro.rules.backward import Rule, classify
from repro.rules.controls import NoBprop, Stale
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.train import fcn
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.optim import MaskedAdam

SEEDS = (0, 3)
RATE, STEPS = 1e-3, 4


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def make(small: Callable[..., Given], arm: str, **changes: Any) -> fcn.FCNLearner:
    return fcn.FCNLearner(small("dni/table2", arm, SEEDS, **changes), Context())


def twin(
    rule: str, layers: int, precision: torch.dtype | None = None
) -> tuple[list[Params], Callable[[Tensor, Tensor], Tensor]]:
    """Parameters of the net and, for DNI, of its models, and a function of a batch that makes their gradients."""
    net = nets.fcn((784, *[16] * (layers - 1), 10), len(SEEDS))
    net.init([stream(s, "init") for s in SEEDS])
    made: dict[str, Rule] = {"bprop": Rule(), "no_bprop": NoBprop()}
    made["stale"] = Stale([16] * (layers - 1), len(SEEDS), 0.9, net.params.flat)
    params = [net.params]
    if rule in ("dni", "cdni"):
        hidden, labels = ((24,), 0) if rule == "dni" else ((), 10)
        sg = SyntheticGradients(16, layers - 1, len(SEEDS), hidden, labels, precision)
        sg.init([stream(s, "init-sg") for s in SEEDS])
        params.append(sg.params)
        made[rule] = EveryLayer(sg, 10)
    return params, lambda x, y: classify(net, made[rule], x, y)[0]


@pytest.mark.parametrize(
    ("arm", "rule", "layers"),
    [
        ("no_bprop-3", "no_bprop", 3),
        ("bprop-4", "bprop", 4),
        ("stale-3", "stale", 3),
        ("dni-3", "dni", 3),
        ("cdni-4", "cdni", 4),
    ],
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_steps_are_those_of_the_rule_with_adam(
    arm: str, rule: str, layers: int, precision: str, small: Callable[..., Given]
) -> None:
    """Four steps with a drop of the rate after the second one, against the rule called directly."""
    changes: dict[str, Any] = {"steps": STEPS, "rate_drops": ((0.5, 0.1),), "learning_rate": RATE}
    if rule in ("dni", "cdni"):
        changes["sg_precision"] = precision
    learner = make(small, arm, **changes)
    params, gradients = twin(rule, layers, getattr(torch, precision))
    before = [p.flat.clone() for p in params]
    leaves = [torch.nn.Parameter(p.flat, requires_grad=False) for p in params]
    for leaf, p in zip(leaves, params, strict=True):
        leaf.grad = p.flat_grad
    adam = torch.optim.Adam(leaves)
    data = load_images("digits")
    order = Batches(len(data.x_train), 32, SEEDS, "cpu")
    for t in range(STEPS):
        at = order.at(t)
        loss = gradients(data.x_train[at], data.y_train[at])
        adam.param_groups[0]["lr"] = RATE if t < 2 else RATE / 10
        adam.step()
        assert learner.step(t) is (t == STEPS - 1)
        assert torch.allclose(learner.loss, loss.mean(1), rtol=1e-5)
    for ours, theirs, start in zip(learner.params(), params, before, strict=True):
        moved = (ours.flat - start).abs()
        assert moved.max() > RATE, "nothing was learned"
        # the mean, since Adam blows the rounding of vanishing gradients up
        assert (ours.flat - theirs.flat).abs().mean() < 1e-2 * moved.mean()


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_models_compute_in_the_precision_asked_for(name: str, small: Callable[..., Given]) -> None:
    learner = make(small, "dni-3", sg_precision=name)
    assert learner.sg is not None
    assert learner.sg.work.flat.dtype == getattr(torch, name)
    assert learner.sg.params.flat.dtype == torch.float32


def test_the_rate_drops_where_the_paper_says(small: Callable[..., Given]) -> None:
    learner = make(small, "bprop-3", steps=100, rate_drops=((0.6, 0.1), (0.8, 0.5)), learning_rate=RATE)
    rates = {}
    for t in (0, 59, 60, 79, 80, 99):
        learner.step(t)
        rates[t] = learner.optimizer.rate.flatten().tolist()
    expected = {0: 1, 59: 1, 60: 0.1, 79: 0.1, 80: 0.05, 99: 0.05}
    assert rates == {t: pytest.approx([factor * RATE] * 2) for t, factor in expected.items()}


def test_runs_of_one_group_may_have_their_own_rates(small: Callable[..., Given]) -> None:
    """Each as fast as it is alone, and the first batch's step as long as its rate."""
    given = small("dni/table2", "bprop-3", SEEDS)
    given.runs[1].params["learning_rate"] = 3 * RATE  # type: ignore[index]
    learner = fcn.FCNLearner(given, Context())
    assert isinstance(learner.optimizer, MaskedAdam)
    before = learner.net.params.flat.clone()
    learner.step(0)
    moved = (learner.net.params.flat - before).abs().max(1).values
    assert moved.tolist() == pytest.approx([RATE, 3 * RATE], rel=1e-3)


@pytest.mark.parametrize("hold_out", [0, 150])
def test_what_is_tested_on_is_never_trained_on(
    hold_out: int, small: Callable[..., Given], numbered: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcn, "load", lambda given, ctx: numbered)
    learner = make(small, "bprop-3", hold_out=hold_out)
    tested: list[list[int]] = []

    def error_rate(predict: Any, x: Tensor, y: Tensor) -> Tensor:
        tested.append(x[:, 0].tolist())
        assert y.tolist() == [n % 10 for n in x[:, 0].tolist()]
        return torch.zeros(len(SEEDS))

    monkeypatch.setattr(fcn, "error_rate", error_rate)
    rows = learner.evaluate(1)
    assert learner.x[:, 0].tolist() == list(range(600 - hold_out)) and len(learner.y) == len(learner.x)
    assert tested == [list(range(450, 600)) if hold_out else list(range(1000, 1100))]
    name = "validation_error" if hold_out else "test_error"
    assert {r[1] for r in rows} == {name, "batch_loss"}
    assert learner.batches.n == 600 - hold_out


def test_rows_are_those_of_each_run(small: Callable[..., Given], monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make(small, "dni-3")
    learner.step(0)
    monkeypatch.setattr(fcn, "error_rate", lambda *a: torch.tensor([7.0, 9.0]))
    found = {row[:4]: row[4] for row in learner.evaluate(5)}
    assert found[0, "test_error", 5, ""] == 7 and found[1, "test_error", 5, ""] == 9
    for r in range(len(SEEDS)):
        assert found[r, "batch_loss", 5, ""] == learner.loss[r].item() > 1
        assert found[r, "sg_loss", 5, ""] == learner.sg_loss[r].item() > 0
    assert len(found) == 6


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 5000}, "batch is 5000; expected 1 to 1437"),
        ({"hold_out": 5000}, "expected 1 to 0"),
        ({"hold_out": -1}, "hold_out is -1; expected 0 or more"),
        ({"evaluations": 0}, "0 evaluations in 12 steps"),
        ({"steps": 0}, "in 0 steps"),
    ],
)
def test_sizes_without_sense_are_refused_by_name(
    changes: dict[str, Any], words: str, small: Callable[..., Given]
) -> None:
    with pytest.raises(BadValueError, match=words):
        make(small, "bprop-3", **changes)
