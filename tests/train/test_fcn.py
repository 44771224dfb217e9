"""The DNI learner does what its settings and parameters say: rule, data, rate, precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from repro.algorithms.backprop import StaleGradients, backprop, no_bprop
from repro.algorithms.dni import SyntheticGradients, dni
from repro.models.fcn import FCN
from repro.models.stack import Stack
from repro.piece import Piece
from torch import Tensor

from repro.data import ImageData, load_images
from repro.train import fcn
from repro.train.batches import Batches, stream
from repro.train.loop import Context

SEEDS = (0, 3)
RATE, STEPS = 1e-3, 4
Gradients = Callable[[Tensor, Tensor], Tensor]


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def make(small_piece: Callable[..., Piece], arm: str, **changes: Any) -> fcn.FCNLearner:
    return fcn.FCNLearner(small_piece("dni/table2", arm, SEEDS, **changes), Context())


def twin(rule: str, layers: int, precision: torch.dtype | None = None) -> tuple[list[Stack], Gradients]:
    """Parameters of the net and, for DNI, of its models, and a function of a batch that makes their gradients."""
    net = FCN((784, *[16] * (layers - 1), 10), len(SEEDS))
    net.init([stream(s, "init") for s in SEEDS])
    if rule in ("dni", "cdni"):
        hidden, labels = ((24,), 0) if rule == "dni" else ((), 10)
        sg = SyntheticGradients(net, hidden, labels, precision)
        sg.init([stream(s, "init-sg") for s in SEEDS])
        return [net.stack, sg.stack], lambda x, y: dni(net, sg, x, y)[0]
    if rule == "stale":
        stale = StaleGradients(net, 0.9)
        return [net.stack], lambda x, y: stale.step(net, x, y)
    return [net.stack], lambda x, y: {"bprop": backprop, "no_bprop": no_bprop}[rule](net, x, y)


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
    arm: str, rule: str, layers: int, precision: str, small_piece: Callable[..., Piece]
) -> None:
    """Four steps with a drop of the rate after the second one, against the rule called directly."""
    changes = {"steps": STEPS, "rate_drops": ((0.5, 0.1),), "learning_rate": RATE}
    learner = make(small_piece, arm, sg_precision=precision, **changes)
    stacks, gradients = twin(rule, layers, getattr(torch, precision))
    before = [s.flat.clone() for s in stacks]
    leaves = [torch.nn.Parameter(s.flat, requires_grad=False) for s in stacks]
    for leaf, stack in zip(leaves, stacks, strict=True):
        leaf.grad = stack.flat_grad
    adam = torch.optim.Adam(leaves)
    data = load_images("digits")
    order = Batches(len(data.x_train), 32, SEEDS, "cpu")
    for t in range(STEPS):
        at = order.at(t)
        loss = gradients(data.x_train[at], data.y_train[at])
        adam.param_groups[0]["lr"] = RATE if t < 2 else RATE / 10
        adam.step()
        learner.step(t)
        assert torch.allclose(learner.loss, loss.mean(1), rtol=1e-5)
    mine = [learner.net.stack, *([learner.sg.stack] if learner.sg else [])]
    for ours, theirs, start in zip(mine, stacks, before, strict=True):
        moved = (ours.flat - start).abs()
        assert moved.max() > RATE, "nothing was learned"
        # the mean, since Adam blows the rounding of vanishing gradients up
        assert (ours.flat - theirs.flat).abs().mean() < 1e-2 * moved.mean()


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_models_compute_in_the_precision_asked_for(name: str, small_piece: Callable[..., Piece]) -> None:
    learner = make(small_piece, "dni-3", sg_precision=name)
    assert learner.sg is not None
    assert learner.sg.work.flat.dtype == getattr(torch, name)
    assert learner.sg.stack.flat.dtype == torch.float32


def test_the_rate_drops_where_the_paper_says(small_piece: Callable[..., Piece]) -> None:
    learner = make(small_piece, "bprop-3", steps=100, rate_drops=((0.6, 0.1), (0.8, 0.5)), learning_rate=RATE)
    rates = {}
    for t in (0, 59, 60, 79, 80, 99):
        learner.step(t)
        rates[t] = learner.optimizer.param_groups[0]["lr"] / RATE
    assert rates == pytest.approx({0: 1, 59: 1, 60: 0.1, 79: 0.1, 80: 0.05, 99: 0.05})


@pytest.mark.parametrize("hold_out", [0, 150])
def test_what_is_tested_on_is_never_trained_on(
    hold_out: int, small_piece: Callable[..., Piece], numbered: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcn, "load", lambda piece, ctx: numbered)
    learner = make(small_piece, "bprop-3", hold_out=hold_out)
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
    assert {r[2] for r in rows} == {name, "batch_loss"}
    assert learner.batches.n == 600 - hold_out


def test_rows_are_those_of_each_run(
    small_piece: Callable[..., Piece], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = make(small_piece, "dni-3")
    learner.step(0)
    monkeypatch.setattr(fcn, "error_rate", lambda *a: torch.tensor([7.0, 9.0]))
    found = {(arm, seed, metric, t): v for arm, seed, metric, t, _, v in learner.evaluate(5)}
    assert found["dni-3", 0, "test_error", 5] == 7 and found["dni-3", 3, "test_error", 5] == 9
    for r, seed in enumerate(SEEDS):
        assert found["dni-3", seed, "batch_loss", 5] == learner.loss[r].item() > 1
        assert found["dni-3", seed, "sg_loss", 5] == learner.sg_loss[r].item() > 0
    assert len(found) == 6
