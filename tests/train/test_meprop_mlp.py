"""The meProp learner: k, where gradients are sparsified, Adam's ε, and a dev split that alone chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from repro.data import ImageData, load_images
from repro.errors import BadValueError
from repro.nets.fcn import mlp
from repro.nets.linear import Keep
from repro.nets.losses import softmax_error
from repro.rules.backward import Rule, backward
from repro.rules.meprop import Draws, RandomK, TopK
from repro.train import meprop_mlp
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.loop import Context

SEEDS = (0, 3)
HIDDEN, K = 50, 4  # 8 % of the hidden units


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def make(small: Callable[..., Given], arm: str, **changes: Any) -> meprop_mlp.MepropLearner:
    return meprop_mlp.MepropLearner(small("meprop/fig4", arm, SEEDS, hidden=HIDDEN, **changes), Context())


def keeps(rule: str, at_output: bool) -> tuple[Draws | None, list[Keep | None]]:
    """What each linear map keeps, by draws of its own where it is chosen at random; `draws.draw()` begins a step."""
    widths = (HIDDEN, HIDDEN, 10) if at_output else (HIDDEN, HIDDEN)
    if rule == "random":
        draws = Draws(SEEDS, 10, widths)
        return draws, [*(RandomK(K, s) for s in draws.scores), *[None] * (3 - len(widths))]
    return None, [TopK(K) if rule == "top" and n < len(widths) else None for n in range(3)]


@pytest.mark.parametrize("at_output", [True, False])
@pytest.mark.parametrize("arm", ["dense", "top-8", "random-8", "small-8"])
def test_steps_are_those_of_the_rule_with_adam(
    arm: str, at_output: bool, small: Callable[..., Given]
) -> None:
    rate, eps = 1e-2, 1e-3
    rule = arm.partition("-")[0]
    asked = {"sparsify_output": at_output} if rule in ("top", "random") else {}
    learner = make(small, arm, learning_rate=rate, adam_eps=eps, **asked)
    width, (draws, keep) = K if rule == "small" else HIDDEN, keeps(rule, at_output)
    net = mlp((784, width, width, 10), len(SEEDS), keep=keep)
    net.init([stream(s, "init") for s in SEEDS])
    assert torch.equal(net.params.flat, learner.net.params.flat)
    leaf = torch.nn.Parameter(net.params.flat, requires_grad=False)
    leaf.grad = net.params.flat_grad
    adam = torch.optim.Adam([leaf], lr=rate, eps=eps)
    data = load_images("digits")
    x, y = data.x_train[200:], data.y_train[200:]
    order = Batches(len(x), 10, SEEDS, "cpu")
    for t in range(4):
        at = order.at(t)
        if draws:
            draws.draw()
        tape = net.forward(x[at])
        delta = softmax_error(tape[-1], y[at])[1] / 10
        backward(net.segments, tape, y[at], delta, Rule())
        adam.step()
        learner.step(t)
        assert torch.allclose(learner.net.params.flat, net.params.flat, rtol=1e-5, atol=1e-7)
    assert (net.params.flat - make(small, arm).net.params.flat).abs().max() > rate


def test_gradients_have_k_entries_at_most(small: Callable[..., Given]) -> None:
    learner = make(small, "top-8", batch=1)
    learner.step(0)
    columns = [(learner.net.params.g[f"W{i}"].abs().sum(1) > 0).sum(1).tolist() for i in (1, 2, 3)]
    assert columns == [[K, K]] * 3


def scores(
    learner: meprop_mlp.MepropLearner, dev: list[list[float]], test: list[list[float]]
) -> Callable[..., Tensor]:
    """An `error_rate` that reads accuracies [evaluation][run] from a list."""
    seen = {"dev": -1}

    def error_rate(predict: Any, x: Tensor, y: Tensor) -> Tensor:
        if x is learner.x_dev:
            assert y is learner.y_dev
            seen["dev"] += 1
            return 100 - torch.tensor(dev[seen["dev"]], dtype=torch.float64)
        assert x is learner.x_test and y is learner.y_test
        return 100 - torch.tensor(test[seen["dev"]], dtype=torch.float64)

    return error_rate


def test_the_dev_split_alone_chooses(small: Callable[..., Given], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run keeps the test accuracy of its own best dev score, the first of equals."""
    learner = make(small, "top-8")
    dev = [[90.0, 80.0], [95.0, 79.0], [93.0, 85.0], [95.0, 84.0]]
    test = [[88.0, 97.0], [91.0, 70.0], [99.0, 71.0], [60.0, 99.0]]
    monkeypatch.setattr(meprop_mlp, "error_rate", scores(learner, dev, test))
    rows = [r for t in (1, 2, 3, 4) for r in learner.evaluate(t * learner.batches.per_epoch)]
    assert [r[4] for r in rows if r[0] == 1] == [80, 79, 85, 84]
    assert {r[1] for r in rows} == {"dev_accuracy"}
    at = {0: 2 * learner.batches.per_epoch, 1: 3 * learner.batches.per_epoch}
    assert learner.final(at[0] * 2) == [
        (0, "test_accuracy", at[0], "", 91),
        (0, "best_epoch", at[0], "", 2),
        (0, "end_accuracy", at[0] * 2, "", 60),
        (1, "test_accuracy", at[1], "", 71),
        (1, "best_epoch", at[1], "", 3),
        (1, "end_accuracy", at[0] * 2, "", 99),
    ]


@pytest.mark.parametrize(("asked", "dev"), [(60, 60), (100, 100), (0, 100)])  # 0: a sixth
def test_the_dev_images_are_the_first_and_never_trained_on(
    asked: int,
    dev: int,
    small: Callable[..., Given],
    numbered: ImageData,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meprop_mlp, "load", lambda given, ctx: numbered)
    learner = make(small, "dense", dev_images=asked)
    assert learner.x_dev[:, 0].tolist() == list(range(dev))
    assert learner.x[:, 0].tolist() == list(range(dev, 600))
    assert learner.y.tolist() == [n % 10 for n in learner.x[:, 0].tolist()]
    assert learner.y_dev.tolist() == [n % 10 for n in range(dev)]
    assert learner.batches.n == 600 - dev


def test_epochs_and_evaluations_count_as_told(small: Callable[..., Given]) -> None:
    given = small("meprop/fig4", "top-8", (0,), max_steps=0, epochs=0.5, evaluations=4, batch=103)
    result = meprop_mlp.run(given, Context())  # 1,237 images: 12 batches an epoch
    assert [r[2] for r in result.rows if r[1] == "dev_accuracy"] == [3, 6]
    assert [r[1] for r in result.rows].count("test_accuracy") == 1
    assert result.meta["steps"] == 6
    assert result.meta["info"] == {"inputs": 784, "train": 1237, "dev": 200, "k": 2, "width": 20}


@pytest.mark.parametrize(("epochs", "at_most", "steps"), [(0.1, 60, 12), (20.0, 60, 60), (0.1, 0, 12)])
def test_epochs_count_beside_a_limit_on_steps(
    epochs: float, at_most: int, steps: int, small: Callable[..., Given]
) -> None:
    """What is asked for at a small profile is not ignored: the shorter of both."""
    learner = make(small, "dense", epochs=epochs, max_steps=at_most)
    assert learner.batches.per_epoch == 123
    assert learner.steps == learner.evaluate_at[-1] == steps


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_steps": -1}, "in -1 steps"),
        ({"max_steps": 0, "epochs": 0.0}, "in 0 steps"),
        ({"dev_images": -1}, "dev_images is -1; expected 1 to 239"),
        (
            {"dev_images": 5000},
            "dev_images is 5000; expected 1 to 239, a sixth of the 1437 training images, or 0",
        ),
    ],
)
def test_sizes_without_sense_are_refused_by_name(
    changes: dict[str, Any], words: str, small: Callable[..., Given]
) -> None:
    with pytest.raises(BadValueError, match=words):
        make(small, "dense", **changes)
