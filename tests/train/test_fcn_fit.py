"""Training error of feed-forward learners, and models without hidden layers, as Figures 14 and 15 have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from repro.data import ImageData
from repro.errors import BadValueError, UnknownNameError
from repro.rules.every_layer import EveryLayer
from repro.train import at_random, cnn, fcn
from repro.train.given import Given
from repro.train.loop import Context

SEEDS = (0, 3)
FAMILIES: dict[str, tuple[Any, str, str]] = {
    "fully connected": (fcn.FCNLearner, "dni/table2", "dni-3"),
    "convolutional": (cnn.CNNLearner, "dni/table2", "mnist-cnn-cdni-4"),
    "at random times": (at_random.AtRandomLearner, "dni/fig7", "ud-cdni"),
}


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def make(small: Callable[..., Given], family: str, **changes: Any) -> Any:
    kind, exhibit, arm = FAMILIES[family]
    made = small(exhibit, arm, SEEDS)
    asked = {"batch": 32, "width": 16} | changes
    return kind(Given([replace(r, params={**r.params, **asked}) for r in made.runs]), Context())


def told(learner: Any, metric: str) -> list[float]:
    return [v for _, m, _, _, v in learner.evaluate(learner.evaluate_at[-1]) if m == metric]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_training_error_is_that_of_the_first_images_in_test_mode(
    family: str, small: Callable[..., Given]
) -> None:
    learner = make(small, family, train_images=200)
    for t in range(12):
        learner.step(t)
    learner.given.refuse_unread()
    said = learner.net.predict(learner.x[:200].unsqueeze(0)).argmax(-1)
    wrong = (said != learner.y[:200]).double().mean(1) * 100
    assert told(learner, "train_error") == wrong.tolist()
    assert told(learner, "test_error") != wrong.tolist() and len(set(wrong.tolist())) == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_measuring_it_leaves_training_as_it_is(family: str, small: Callable[..., Given]) -> None:
    """Bitwise; without the parameter there are no such rows."""
    looked, blind = make(small, family, train_images=200), make(small, family, train_images=0)
    for t in range(4):
        looked.step(t), blind.step(t)
        assert looked.evaluate(t + 1)
    assert told(blind, "train_error") == []
    rest = [r for r in looked.evaluate(12) if r[1] != "train_error"]
    assert rest == blind.evaluate(12)
    for mine, theirs in zip(looked.params(), blind.params(), strict=True):
        assert torch.equal(mine.flat, theirs.flat)
    for name, value in looked.kept().items():
        assert not isinstance(value, Tensor) or torch.equal(value, blind.kept()[name])


def test_images_held_out_are_none_of_them(
    small: Callable[..., Given], numbered: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcn, "load", lambda *_: numbered)
    seen: list[Tensor] = []

    def noted(predict: Any, x: Tensor, y: Tensor) -> Tensor:
        seen.append(x[:, 0])
        return torch.zeros(len(SEEDS))

    monkeypatch.setattr(fcn, "error_rate", noted)
    learner = make(small, "fully connected", train_images=550, hold_out=100)
    assert [*learner.errors()] == ["validation_error", "train_error"]
    assert [(x.min().item(), x.max().item()) for x in seen] == [(500, 599), (0, 499)]


@pytest.mark.parametrize(("rule", "labels"), [("dni", 0), ("cdni", 10)])
def test_linear_models_have_no_hidden_layer(rule: str, labels: int, small: Callable[..., Given]) -> None:
    """Whatever the parameters say, which then are not read."""
    made = small("dni/table2", f"{rule}-4", SEEDS)
    params = {k: v for k, v in made.runs[0].params.items() if not k.endswith("_sg_hidden")}
    linear = Given([replace(r, setting={**r.setting, "sg": "linear"}, params=params) for r in made.runs])
    learner = fcn.FCNLearner(linear, Context())
    linear.refuse_unread()
    assert learner.sg is not None and (learner.sg.models, learner.sg.labels) == (3, labels)
    assert {k: tuple(v.shape[1:]) for k, v in learner.sg.params.p.items()} == {
        "W1": (16, 16), "b1": (16,), **({"Y": (10, 16)} if labels else {})}  # fmt: skip
    for t in range(3):
        learner.step(t)
    assert isinstance(learner.rule, EveryLayer) and learner.sg.params.p["W1"].any()


def test_linear_dni_is_dni_with_models_without_hidden_layers(small: Callable[..., Given]) -> None:
    plain = fcn.FCNLearner(small("dni/table2", "dni-3", SEEDS, dni_sg_hidden=()), Context())
    made = small("dni/table2", "dni-3", SEEDS)
    linear = fcn.FCNLearner(
        Given([replace(r, setting={**r.setting, "sg": "linear"}) for r in made.runs]), Context()
    )
    for t in range(3):
        plain.step(t), linear.step(t)
    assert plain.prints() == linear.prints()


def test_what_no_learner_reads_is_refused(small: Callable[..., Given]) -> None:
    made = small("dni/table2", "dni-3", SEEDS)
    other = Given([replace(r, setting={**r.setting, "sg": "square"}) for r in made.runs])
    with pytest.raises(UnknownNameError, match="kind of SG model 'square'"):
        fcn.FCNLearner(other, Context())
    convolutional = small("dni/table2", "mnist-cnn-dni-3", SEEDS, width=4, kernel=3, batch=16)
    asked = Given([replace(r, setting={**r.setting, "sg": "linear"}) for r in convolutional.runs])
    cnn.CNNLearner(asked, Context())
    with pytest.raises(BadValueError, match="setting sg = 'linear', which its training does not read"):
        asked.refuse_unread()
