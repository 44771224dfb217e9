"""The meProp learner: k, where gradients are sparsified, Adam's ε, and a dev split that alone chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from repro.algorithms.meprop import MLP, Sparsify, random_k, top_k
from repro.piece import Piece
from torch import Tensor

from repro.data import ImageData, load_images
from repro.train import meprop_mlp
from repro.train.batches import Batches, stream
from repro.train.loop import Context

SEEDS = (0, 3)
HIDDEN, K = 50, 4  # 8 % of the hidden units


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def make(small_piece: Callable[..., Piece], arm: str, **changes: Any) -> meprop_mlp.MepropLearner:
    piece = small_piece("meprop/fig4", arm, SEEDS, hidden=HIDDEN, **changes)
    return meprop_mlp.MepropLearner(piece, Context())


def rules(rule: str) -> Sparsify:
    generators = [stream(s, "random-k") for s in SEEDS]
    return {
        "top": lambda g: top_k(g, K),
        "random": lambda g: random_k(g, K, generators),
    }.get(rule, lambda g: g)


@pytest.mark.parametrize("at_output", [True, False])
@pytest.mark.parametrize("arm", ["dense", "top-8", "random-8", "small-8"])
def test_steps_are_those_of_the_rule_with_adam(
    arm: str, at_output: bool, small_piece: Callable[..., Piece]
) -> None:
    rate, eps = 1e-2, 1e-3
    learner = make(small_piece, arm, sparsify_output=at_output, learning_rate=rate, adam_eps=eps)
    rule = arm.partition("-")[0]
    width = K if rule == "small" else HIDDEN
    net = MLP((784, width, width, 10), len(SEEDS))
    net.init([stream(s, "init") for s in SEEDS])
    assert torch.equal(net.stack.flat, learner.net.stack.flat)
    leaf = torch.nn.Parameter(net.stack.flat, requires_grad=False)
    leaf.grad = net.stack.flat_grad
    adam = torch.optim.Adam([leaf], lr=rate, eps=eps)
    data, sparsify = load_images("digits"), rules(rule)
    x, y = data.x_train[200:], data.y_train[200:]
    order = Batches(len(x), 10, SEEDS, "cpu")
    for t in range(4):
        at = order.at(t)
        net.step(x[at], y[at], sparsify, sparsify if at_output else lambda g: g)
        adam.step()
        learner.step(t)
        assert torch.allclose(learner.net.stack.flat, net.stack.flat, rtol=1e-5, atol=1e-7)
    assert (net.stack.flat - make(small_piece, arm).net.stack.flat).abs().max() > rate


def test_gradients_have_k_entries_at_most(small_piece: Callable[..., Piece]) -> None:
    learner = make(small_piece, "top-8", batch=1)
    learner.step(0)
    columns = [(learner.net.stack.g[f"W{i}"].abs().sum(1) > 0).sum(1).tolist() for i in (1, 2, 3)]
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
        assert x is learner.data.x_test and y is learner.data.y_test
        return 100 - torch.tensor(test[seen["dev"]], dtype=torch.float64)

    return error_rate


def test_the_dev_split_alone_chooses(
    small_piece: Callable[..., Piece], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run keeps the test accuracy of its own best dev score, the first of equals."""
    learner = make(small_piece, "top-8")
    dev = [[90.0, 80.0], [95.0, 79.0], [93.0, 85.0], [95.0, 84.0]]
    test = [[88.0, 97.0], [91.0, 70.0], [99.0, 71.0], [60.0, 99.0]]
    monkeypatch.setattr(meprop_mlp, "error_rate", scores(learner, dev, test))
    rows = [r for t in (1, 2, 3, 4) for r in learner.evaluate(t * learner.batches.per_epoch)]
    assert [r[5] for r in rows if r[1] == 3] == [80, 79, 85, 84]
    assert {r[2] for r in rows} == {"dev_accuracy"}
    found = {(r[1], r[2]): r[5] for r in learner.final()}
    assert found == {
        (0, "test_accuracy"): 91,
        (0, "best_epoch"): 2,
        (3, "test_accuracy"): 71,
        (3, "best_epoch"): 3,
    }


@pytest.mark.parametrize(("asked", "dev"), [(60, 60), (5000, 100)])  # a sixth at most
def test_the_dev_images_are_the_first_and_never_trained_on(
    asked: int,
    dev: int,
    small_piece: Callable[..., Piece],
    numbered: ImageData,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meprop_mlp, "load", lambda piece, ctx: numbered)
    learner = make(small_piece, "dense", dev_images=asked)
    assert learner.x_dev[:, 0].tolist() == list(range(dev))
    assert learner.x[:, 0].tolist() == list(range(dev, 600))
    assert learner.y.tolist() == [n % 10 for n in learner.x[:, 0].tolist()]
    assert learner.y_dev.tolist() == [n % 10 for n in range(dev)]
    assert learner.batches.n == 600 - dev


def test_epochs_and_evaluations_count_as_told(small_piece: Callable[..., Piece]) -> None:
    piece = small_piece("meprop/fig4", "dense", (0,), max_steps=0, epochs=0.5, evaluations=4, batch=103)
    result = meprop_mlp.run(piece, Context())  # 1,237 images: 12 batches an epoch
    assert [r[3] for r in result.rows if r[2] == "dev_accuracy"] == [3, 6]
    assert result.meta["steps"] == 6
    assert result.meta["info"] == {"inputs": 784, "train": 1237, "dev": 200}
