"""What a segment consumes in the place of δ̂: each control is what its name says; the model learns all the same."""

from __future__ import annotations

import math

import pytest
import torch
from oracles import BATCH, CLASSES, RUNS, batch, filled, generators
from torch import Tensor

from repro.nets.dense import Dense
from repro.nets.fcn import normed_mlp
from repro.nets.net import Net
from repro.rules.backward import Rule, classify
from repro.rules.dni import DNI, NetModel
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.rules.injected import PLAIN, Fixed, Injected, Noise
from repro.rules.targets import OfMean

SIZES = (20, 9, 8, 7, CLASSES)
AT = 2


def net() -> Net:
    return filled(normed_mlp(SIZES, RUNS, dtype=torch.float64))


def model(std: float = 0.3) -> NetModel:
    made = NetModel(
        Net([Dense(SIZES[AT] + CLASSES, SIZES[AT], "none", std=std)], RUNS, dtype=torch.float64), CLASSES
    )
    made.net.init(generators(RUNS, "sg"))
    return made


class Seen(Rule):
    """Backpropagation that gives segment AT something else, and writes down what came."""

    def __init__(self, instead: Tensor | None = None):
        self.instead = instead

    def consume(self, i: int, arriving: Tensor) -> Tensor:
        if i != AT:
            return arriving
        self.arrived = arriving
        return arriving if self.instead is None else self.instead


def below(which: Net) -> Tensor:
    """Gradients of the segments up to AT."""
    return which.params.flat_grad[:, : which.params.blocks[AT - 1][1]].clone()


def prediction(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    h = net().forward(x)[AT]
    return model().predict(h, y).clone(), h


def gradients_with(inject: object) -> Tensor:
    which, (x, y) = net(), batch()
    classify(which, Injected(AT, model(), inject, RUNS), x, y)  # type: ignore[arg-type]
    return below(which)


def gradients_of(consumed: Tensor) -> Tensor:
    which, (x, y) = net(), batch()
    classify(which, Seen(consumed), x, y)
    return below(which)


def test_its_own_is_dni_and_the_quality_is_told() -> None:
    (x, y), one, two, seen = batch(), net(), net(), Seen()
    rule, plain, models = Injected(AT, model(), PLAIN["own"], RUNS), None, (model(),)
    classify(one, rule, x, y)
    plain = DNI({AT: models[0]})
    classify(two, plain, x, y)
    assert torch.equal(one.params.flat_grad, two.params.flat_grad)
    assert torch.equal(rule.models[AT].params.flat_grad, models[0].params.flat_grad)
    classify(net(), seen, x, y)
    own, true = prediction(x, y)[0].flatten(1), seen.arrived.flatten(1)
    quality = rule.quality()
    assert torch.allclose(quality["sg_error"], (own - true).square().sum(1) / true.square().sum(1))
    cosine = torch.cosine_similarity(own, true)
    assert torch.allclose(quality["sg_cosine"], cosine) and "injected_cosine" not in quality
    turned = Injected(AT, model(), PLAIN["negative"], RUNS)
    classify(net(), turned, x, y)
    assert torch.allclose(turned.quality()["injected_cosine"], -cosine)
    still = Injected(AT, model(), PLAIN["nothing"], RUNS)
    classify(net(), still, x, y)
    assert not still.quality()["injected_cosine"].any()


@pytest.mark.parametrize("kind", PLAIN)
def test_each_control_is_what_it_says(kind: str) -> None:
    x, y = batch()
    own, _ = prediction(x, y)
    by_hand = {
        "own": own,
        "negative": -own,
        "other": torch.cat([own[:, -1:], own[:, :-1]], 1),
        "mean": own.mean(1, keepdim=True) + torch.zeros_like(own),
        "nothing": torch.zeros_like(own),
    }[kind]
    assert torch.allclose(gradients_with(PLAIN[kind]), gradients_of(by_hand), rtol=1e-9, atol=1e-14)


def test_behind_a_batch_norm_the_mean_moves_beta_alone() -> None:
    which, (x, y) = net(), batch()
    classify(which, Injected(AT, model(), PLAIN["mean"], RUNS), x, y)
    g = which.params.g
    assert max(g[f"W{i}"].abs().max() for i in (1, 2)) < 1e-12
    assert g["beta2"].abs().max() > 1e-3


@pytest.mark.parametrize("kind", [*PLAIN, "noise", "fixed"])
def test_the_model_regresses_to_the_true_gradient_whatever_is_injected(kind: str) -> None:
    fixed = Fixed(model(0.5))
    inject = PLAIN.get(kind) or (fixed if kind == "fixed" else Noise(range(RUNS), BATCH, SIZES[AT]))
    (x, y), rules = batch(), [Injected(AT, model(), i, RUNS) for i in (inject, PLAIN["own"])]
    for rule in rules:
        classify(net(), rule, x, y)
    assert torch.equal(*(r.models[AT].params.flat_grad for r in rules))
    assert not fixed.model.params.flat_grad.any()  # type: ignore[attr-defined]


def test_a_fixed_map_may_see_the_label_alone() -> None:
    (x, y), fixed = batch(), model(0.5)
    own, h = prediction(x, y)
    assert torch.equal(Fixed(fixed)(own, h, y), fixed.predict(h, y))
    w = fixed.params.p["W1"][:, -CLASSES:]
    assert torch.allclose(Fixed(fixed, True)(own, h, y), torch.stack([w[r][y[r]] for r in range(RUNS)]))


def test_noise_has_each_examples_size_and_is_each_runs_own() -> None:
    noise, own = Noise((3, 4), 200, 50), torch.rand(2, 200, 50, dtype=torch.float64)
    first, second = (noise(own, own, own) for _ in range(2))
    assert torch.allclose(first.norm(dim=-1), own.norm(dim=-1)) and not torch.allclose(first, second)
    assert torch.equal(Noise((4,), 200, 50)(own[1:], own, own), first[1:]), "whoever trains beside it"
    z = Noise((5,), 200, 500).draw()
    assert (
        abs(z.mean()) < 0.02
        and abs(z.std() - 1) < 0.02
        and abs((z.abs() < 1).double().mean() - math.erf(0.5**0.5)) < 0.01
    )
    flat = z.flatten()
    assert abs((flat[1:] * flat[:-1]).mean()) < 0.02


def test_zero_models_leave_the_layers_below_alone() -> None:
    which, (x, y) = net(), batch()
    classify(which, Injected(AT, model(0.0), PLAIN["own"], RUNS), x, y)
    assert not below(which).any() and which.params.g["W3"].abs().max() > 1e-3


@pytest.mark.parametrize("every", [False, True])
def test_the_mean_losss_unit_is_the_examples_with_targets_divided_by_the_batch(every: bool) -> None:
    """Equal models, of which one is B times smaller: equal gradients of the net; of the model, B times smaller."""
    found, sizes = [], (20, 8, 8, 8, CLASSES) if every else SIZES
    for unit in (1, BATCH):
        which, (x, y) = filled(normed_mlp(sizes, RUNS, dtype=torch.float64)), batch()
        sg = SyntheticGradients(8, 3, RUNS, (), CLASSES, dtype=torch.float64) if every else model()
        if every:
            rng = torch.Generator().manual_seed(2)
            sg.params.flat.copy_(torch.randn(sg.params.flat.shape, generator=rng, dtype=torch.float64))
        sg.params.flat.div_(unit)
        told = OfMean(sg, BATCH) if unit > 1 else sg
        rule = EveryLayer(told, CLASSES) if every else DNI({AT: told})  # type: ignore[arg-type]
        classify(which, rule, x, y)
        found.append((which.params.flat_grad, sg.params.flat_grad * unit))
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-14) and one.abs().max() > 1e-3


def test_true_gradients_after_every_layer_are_backprop() -> None:
    """SG* whose models say what backpropagation would: targets, and so updates, are the true ones."""
    sizes = (20, 8, 8, 8, CLASSES)
    one, two = (filled(normed_mlp(sizes, RUNS, "sigmoid", dtype=torch.float64)) for _ in range(2))
    (x, y), true = batch(), []

    class Noted(Rule):
        def consume(self, i: int, arriving: Tensor) -> Tensor:
            true.insert(0, arriving.clone())
            return arriving

    classify(one, Noted(), x, y)
    sg = SyntheticGradients(8, 3, RUNS, (), CLASSES, dtype=torch.float64)
    sg.predict = lambda h, onehot: torch.stack(true[:3], 1)  # type: ignore[method-assign]
    sg.regress = lambda error: error  # type: ignore[method-assign]
    _, error = classify(two, EveryLayer(sg, CLASSES), x, y)
    assert error.abs().max() < 1e-14
    assert torch.allclose(one.params.flat_grad, two.params.flat_grad, rtol=1e-10, atol=1e-15)
