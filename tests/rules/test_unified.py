"""Table 1's framework: each surrogate by autograd in float64, against the rules, on nets that have trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor

from repro.data import DataInfo, ImageData
from repro.errors import UnknownNameError
from repro.exhibits.sg.table1.claims import PRINTED, ROWS
from repro.record.run import Run
from repro.rules.feedback import DFA
from repro.rules.unified import COLUMNS, Propagated
from repro.train import unified
from repro.train.given import Given
from repro.train.loop import Context

PARAMS = {
    "width": 9,
    "layers": 3,
    "batch": 8,
    "steps": 6,
    "learning_rate": 1e-2,
    "evaluations": 2,
    "eval_images": 40,
}
SG = {"sg_after": 2}
OWN: dict[str, dict[str, Any]] = {"sg": SG, "sg_prop": {**SG, "alpha": 0.7}, "prop": {**SG, "alpha": 0.7}}


def images(dtype: torch.dtype) -> ImageData:
    rng = torch.Generator().manual_seed(5)
    x = torch.rand(160, 20, generator=rng, dtype=torch.float64).to(dtype)
    return ImageData(
        x, torch.arange(160) % 10, x[:9], torch.arange(9), DataInfo("", "", False, {}, ""), (1, 4, 5)
    )


def make(
    rule: str, seeds: Sequence[int] = (0, 3), loss: str = "log", dtype: torch.dtype = torch.float64
) -> Any:
    params = PARAMS | OWN.get(rule, {})
    given = Given([Run("arm", seed, {"rule": rule, "loss": loss}, params) for seed in seeds])
    with mock.patch.object(unified, "load", lambda *_: images(dtype)):
        made = type("Learner", (unified.UnifiedLearner,), {"dtype": dtype})(given, Context())
    given.refuse_unread()
    return made


def trained(rule: str, loss: str = "log", steps: int = 6, seeds: Sequence[int] = (0, 3)) -> Any:
    learner = make(rule, seeds, loss)
    for t in range(steps):
        learner.step(t)
    return learner


def rows(learner: Any, metric: str) -> dict[tuple[int, str], float]:
    return {(r, index): v for r, name, _, index, v in learner.final(6) if name == metric}


@pytest.mark.parametrize("loss", ["log", "mse"])
@pytest.mark.parametrize("rule", COLUMNS)
def test_each_surrogate_is_autograds_gradient_of_its_loss(rule: str, loss: str) -> None:
    learner = trained(rule, loss)
    off, size = rows(learner, "identity"), rows(learner, "surrogate_size")
    assert off.keys() == size.keys() and len(off) == 2 * (1 if "sg" in rule else 3)
    assert max(off.values()) <= 1e-10
    if (rule, loss) != ("kickback", "log"):
        assert min(size.values()) > 1e-3, "something is compared"


def test_the_identity_can_fail() -> None:
    learner = trained("dfa")
    consume = learner.rule.consume
    learner.rule.consume = lambda i, arriving: 1.01 * consume(i, arriving)
    assert rows(learner, "identity")[0, "1"] == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("rule", COLUMNS)
def test_the_cells_are_the_papers(rule: str) -> None:
    found = rows(trained(rule), "cell")
    assert tuple(found[0, name] for name in ROWS) == PRINTED[rule]


def test_under_log_loss_kickback_is_zero_and_under_mse_it_is_dfa_with_ones() -> None:
    assert max(rows(trained("kickback"), "surrogate_size").values()) < 1e-12
    learner = make("kickback", loss="mse")
    assert all(bool((b == 1).all()) for b in learner.rule.back.values())
    assert min(rows(learner, "surrogate_size").values()) > 0.1


def test_frozen_moves_the_last_layer_alone_and_bprop_all() -> None:
    learner, start = trained("frozen", steps=0), None
    start = learner.net.params.flat.clone()
    learner.step(0)
    moved = {
        k: not torch.equal(v, learner.net.params.views(start)[k]) for k, v in learner.net.params.p.items()
    }
    assert [k for k, m in moved.items() if m] == ["W4", "b4"]
    other = trained("bprop", steps=1)
    views = other.net.params.views(start)
    assert all(not torch.equal(v, views[k]) for k, v in other.net.params.p.items())


def test_backprops_surrogate_is_the_true_gradient_and_dfas_is_not() -> None:
    assert min(rows(trained("bprop"), "cosine").values()) > 1 - 1e-9
    assert abs(rows(trained("dfa"), "cosine")[0, "1"]) < 0.9


@pytest.mark.parametrize("alone", [False, True])
def test_sg_prop_adds_the_gradient_of_the_sgs_own_loss(alone: bool) -> None:
    learner = trained("prop" if alone else "sg_prop")
    assert isinstance(learner.rule, Propagated)
    model, h = learner.models[2], torch.rand(2, 8, 9, dtype=torch.float64)
    y, target = torch.arange(8).expand(2, 8), torch.rand(2, 8, 9, dtype=torch.float64)
    learner.rule.begin([h, h, h], y, target)
    made = learner.rule.consume(2, target)
    at = h.clone().requires_grad_()
    p, onehot = model.params.p, torch.nn.functional.one_hot(y, 10).double()
    said = torch.cat([at, onehot], -1) @ p["W1"] + p["b1"].unsqueeze(1)
    (back,) = torch.autograd.grad((said - target).square().sum(), at)
    assert torch.allclose(made, 0.7 * back + (0 if alone else 1) * said.detach(), atol=1e-12)
    assert torch.equal(learner.rule.consume(1, target), target)


@pytest.mark.parametrize("rule", unified.RULES)
def test_together_is_one_by_one_and_resumed_is_undisturbed(rule: str) -> None:
    both, alone = trained(rule), [trained(rule, seeds=(s,)) for s in (0, 3)]
    for r, learner in enumerate(alone):
        for ours, theirs in zip(both.params(), learner.params(), strict=True):
            assert torch.allclose(ours.flat[r], theirs.flat[0], rtol=1e-9, atol=1e-12)
    fresh = make(rule)
    fresh.load(both.state())
    for learner in (both, fresh):
        learner.step(6)
    assert fresh.prints() == both.prints() and fresh.final(7) == both.final(7)


def test_feedback_matrices_are_fixed_and_names_are_checked() -> None:
    learner = make("dfa")
    assert isinstance(learner.rule, DFA)
    before: dict[int, Tensor] = {i: b.clone() for i, b in learner.rule.back.items()}
    learner.step(0)
    assert all(torch.equal(b, learner.rule.back[i]) for i, b in before.items())
    with pytest.raises(UnknownNameError):
        make("backprop")


def moved_by_kickback(dtype: torch.dtype) -> float:
    """How far its hidden weights are from those that nothing moves, after 60 steps of Adam at 1e-2."""
    kickback, frozen = (make(rule, dtype=dtype) for rule in ("kickback", "frozen"))
    for t in range(60):
        kickback.step(t)
        frozen.step(t)
    return max(
        float((kickback.net.params.p[w] - frozen.net.params.p[w]).abs().max()) for w in ("W1", "W2", "W3")
    )


def test_adam_takes_full_steps_along_the_rounding_errors_of_kickbacks_zero() -> None:
    """Why its nets do worse than frozen ones in the record: in float64 they are frozen."""
    assert moved_by_kickback(torch.float64) < 1e-6
    assert moved_by_kickback(torch.float32) > 1e-2
