"""The learner of convolutional nets does what its settings and parameters say, and refuses what it cannot."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from repro.data import ImageData, load_images
from repro.errors import BadValueError, UnknownNameError
from repro.nets.conv import Size, cnn
from repro.rules.backward import Rule, classify
from repro.rules.controls import NoBprop
from repro.rules.conv_sg import ImageDNI, ImageModel
from repro.train import cnn as training
from repro.train import fcn, feedforward
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.loop import Context

SEEDS, RATE, STEPS = (0, 3), 1e-3, 3
SMALL = {"width": 4, "kernel": 3, "batch": 16}


class Exact(training.CNNLearner):
    dtype = torch.float64


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def make(
    small: Callable[..., Given], arm: str, seeds: tuple[int, ...] = SEEDS, kind: Any = training.CNNLearner,
    **changes: Any,
) -> Any:  # fmt: skip
    return kind(small("dni/table2", arm, seeds, **(SMALL | changes)), Context())


@pytest.mark.parametrize("rule", training.RULES)
def test_steps_are_those_of_the_rule_with_adam(rule: str, small: Callable[..., Given]) -> None:
    """Against the net, the rule and its models built by hand, and PyTorch's Adam."""
    hidden = {"dni_sg_hidden": (5,)} if rule == "dni" else {}
    learner = make(small, f"mnist-cnn-{rule}-3", steps=STEPS, learning_rate=RATE, rate_drops=(), **hidden)
    net = cnn(Size(1, 28), 4, 3, 3, 2, len(SEEDS))
    net.init([stream(s, "init") for s in SEEDS])
    made, params = {"bprop": Rule(), "no_bprop": NoBprop()}.get(rule), [net.params]
    if made is None:
        shape: tuple[tuple[int, ...], int] = ((5,), 0) if rule == "dni" else ((), 10)
        models = {i: ImageModel(Size(4, side), *shape, 3, len(SEEDS)) for i, side in ((1, 14), (2, 7))}
        rngs = [stream(s, "init-sg") for s in SEEDS]
        for model in models.values():
            model.net.init(rngs)
        made = ImageDNI(models)
        params += [m.params for m in models.values()]
    start = [p.flat.clone() for p in params]
    leaves = [torch.nn.Parameter(p.flat, requires_grad=False) for p in params]
    for leaf, p in zip(leaves, params, strict=True):
        leaf.grad = p.flat_grad
    adam, data = torch.optim.Adam(leaves, lr=RATE), load_images("digits")
    order = Batches(len(data.x_train), 16, SEEDS, "cpu")
    for t in range(STEPS):
        at = order.at(t)
        loss, _ = classify(net, made, data.x_train[at], data.y_train[at])
        adam.step()
        learner.step(t)
        assert torch.allclose(learner.loss, loss.mean(1), rtol=1e-5)
    assert len(learner.params()) == len(params)
    for ours, theirs, before in zip(learner.params(), params, start, strict=True):
        moved = (ours.flat - before).abs()
        assert moved.max() > RATE, "nothing was learned"
        assert (ours.flat - theirs.flat).abs().mean() < 1e-2 * moved.mean()


@pytest.mark.parametrize("kernel", [3, 5])
def test_models_have_the_kernel_of_the_net(kernel: int, small: Callable[..., Given]) -> None:
    for rule, hidden in (("dni", {"dni_sg_hidden": (5,)}), ("cdni", {})):
        learner = make(small, f"mnist-cnn-{rule}-3", kernel=kernel, **hidden)
        nets = [learner.net, *(m.net for m in learner.models.values())]
        weights = [
            w for net in nets for name, w in net.params.p.items() if name.startswith("W") and w.dim() == 5
        ]
        assert len(weights) == 2 + 2 * (1 + len(hidden))
        assert {tuple(w.shape[2:4]) for w in weights} == {(kernel, kernel)}


def test_loss_of_the_models_is_told_where_there_are_models(small: Callable[..., Given]) -> None:
    for rule in ("bprop", "cdni"):
        learner = make(small, f"mnist-cnn-{rule}-3", steps=2, evaluations=1)
        learner.step(0), learner.step(1)
        found = {(r, m): v for r, m, _, _, v in learner.evaluate(2)}
        assert {m for _, m in found} == {"test_error", "train_error", "batch_loss"} | (
            {"sg_loss"} if rule == "cdni" else set()
        )
        assert rule == "bprop" or all(found[r, "sg_loss"] == learner.sg_loss[r].item() > 0 for r in (0, 1))


def test_what_it_cannot_train_is_refused(small: Callable[..., Given]) -> None:
    with pytest.raises(
        BadValueError, match="sg_precision is 'bfloat16'; convolutional SG models know float32 alone"
    ):
        make(small, "mnist-cnn-dni-3", sg_precision="bfloat16")
    given = small("dni/table2", "mnist-cnn-bprop-3", SEEDS, **SMALL)
    flat = Given([replace(r, setting={**r.setting, "net": "rnn"}) for r in given.runs])
    with pytest.raises(UnknownNameError, match="kind of net 'rnn'"):
        training.CNNLearner(flat, Context())
    stale = Given([replace(r, setting={**r.setting, "rule": "stale"}) for r in given.runs])
    with pytest.raises(UnknownNameError, match="learning rule 'stale'"):
        training.CNNLearner(stale, Context())


@pytest.mark.parametrize("rule", training.RULES)
def test_together_is_one_by_one(rule: str, small: Callable[..., Given]) -> None:
    together = make(small, f"mnist-cnn-{rule}-3", kind=Exact)
    alone = [make(small, f"mnist-cnn-{rule}-3", (s,), Exact) for s in SEEDS]
    for t in range(3):
        for learner in (together, *alone):
            learner.step(t)
    for r, one in enumerate(alone):
        for ours, its in zip(together.params(), one.params(), strict=True):
            assert (ours.flat[r] - its.flat[0]).norm() <= 1e-9 * its.flat[0].norm()
    assert not torch.allclose(together.net.params.flat[0], together.net.params.flat[1], rtol=0.1)


@pytest.mark.parametrize("rule", training.RULES)
def test_resumed_is_undisturbed_bitwise_and_every_parameter_is_read(
    rule: str, small: Callable[..., Given]
) -> None:
    """Weights, running statistics of nets and models, moments: what `kept` leaves out would show."""
    whole, killed, fresh = (make(small, f"mnist-cnn-{rule}-3") for _ in range(3))
    whole.given.refuse_unread()
    for t in range(2):
        whole.step(t), killed.step(t)
    file = io.BytesIO()
    torch.save(killed.state(), file)
    file.seek(0)
    fresh.load(torch.load(file, weights_only=True))
    for t in range(2, 5):
        assert whole.step(t) == fresh.step(t)
    assert fresh.prints() == whole.prints() != killed.prints()
    assert fresh.evaluate(5) == whole.evaluate(5)


def test_images_that_are_not_square_are_refused(
    small: Callable[..., Given], numbered: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcn, "load", lambda *_: replace(numbered, shape=(1, 14, 56)))
    with pytest.raises(BadValueError, match="images of 14 x 56; a convolutional net here takes square ones"):
        make(small, "mnist-cnn-bprop-3")


def test_the_setting_net_chooses_the_family(
    small: Callable[..., Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedforward, "NETS", {name: lambda *_, n=name: n for name in feedforward.NETS})
    given = small("dni/table2", "mnist-cnn-bprop-3", SEEDS, **SMALL)
    assert feedforward.run(given, Context()) == "cnn"  # type: ignore[comparison-overlap]
    without = Given(
        [replace(r, setting={k: v for k, v in r.setting.items() if k != "net"}) for r in given.runs]
    )
    assert feedforward.run(without, Context()) == "fcn"  # type: ignore[comparison-overlap]
    other = Given([replace(r, setting={**r.setting, "net": "rnn"}) for r in given.runs])
    with pytest.raises(UnknownNameError, match="kind of net 'rnn'"):
        feedforward.run(other, Context())
