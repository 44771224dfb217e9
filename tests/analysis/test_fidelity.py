"""Errors of synthetic gradients: against autograd of the whole net, and against formulas."""

from __future__ import annotations

import pytest
import torch
from oracles import BATCH, CLASSES, HIDDEN, RUNS, batch, fcn, fcn_activations, leaves, models
from torch.nn import functional as F

from repro.analysis.fidelity import told, true_gradients
from repro.rules.every_layer import EveryLayer, SyntheticGradients

ALL = ("sg_distance", "sg_error", "sg_cosine", "sg_sign")


@pytest.fixture(autouse=True)
def no_graphs():
    with torch.no_grad():
        yield


@pytest.mark.parametrize("layers", [None, (2,), (1, 3)])
def test_the_true_gradient_is_autograds_through_all_layers_above(layers):
    """Not the bootstrapped target, which only the uppermost model's equals."""
    net, (x, y) = fcn(), batch()
    count = 3 if layers is None else len(layers)
    sg = SyntheticGradients(HIDDEN, count, RUNS, (), 0, dtype=torch.float64)
    sg.params.flat.normal_(generator=torch.Generator().manual_seed(1))
    rule = EveryLayer(sg, CLASSES, layers=layers)
    said, true = true_gradients(net, rule, x, y)
    with torch.enable_grad():
        p = leaves(net.params.p)
        for r in range(RUNS):
            h = fcn_activations(p, r, x[r], len(net.segments))
            wanted = [h[i] for i in layers or (1, 2, 3)]
            loss = F.cross_entropy(h[-1], y[r], reduction="sum")
            for j, delta in enumerate(torch.autograd.grad(loss, wanted)):
                assert torch.allclose(true[r, j], delta, rtol=1e-9, atol=1e-12)
    assert said.shape == true.shape == (RUNS, count, BATCH, HIDDEN)
    tape = net.forward(x)
    at = torch.stack([tape[i] for i in layers or (1, 2, 3)], 1)
    assert torch.allclose(said, sg.predict(at), rtol=1e-9)


def test_a_look_leaves_weights_and_statistics_as_they_were():
    net, (x, y) = fcn(), batch()
    sg = models(net, (7,), 0, noise=0.3)
    net.forward(batch(3)[0])  # statistics that are not those of the start
    before = {k: v.clone() for k, v in net.kept().items()}
    own = sg.params.flat.clone()
    true_gradients(net, EveryLayer(sg, CLASSES), x, y)
    after = net.kept()
    assert len(before) == 7 and all(torch.equal(v, after[k]) for k, v in before.items())
    assert torch.equal(own, sg.params.flat)


def test_errors_of_what_is_known():
    rng = torch.Generator().manual_seed(0)
    true = torch.randn(2, 3, 50, 8, generator=rng, dtype=torch.float64)
    cases = {"right": true, "half": 0.5 * true, "nothing": 0 * true, "wrong": -true}
    seen = {k: {name: v.mean().item() for name, v in told(said, true).items()} for k, said in cases.items()}
    size = true.norm(dim=-1).mean().item()
    expected = {"right": (0, 0, 1, 0), "half": (size / 2, 0.25, 1, 0)}
    expected |= {"nothing": (size, 1, 0, 50), "wrong": (2 * size, 4, -1, 100)}
    for name, values in expected.items():
        assert seen[name] == pytest.approx(dict(zip(ALL, values, strict=True)), abs=1e-12), name


def test_examples_count_alike_in_the_cosine_and_by_their_size_in_the_relative_error():
    true = torch.ones(1, 1, 2, 4)
    true[..., 1, :] = 10
    said = true.clone()
    said[..., 0, :] = -1  # the small one is all wrong
    found = told(said, true)
    assert found["sg_cosine"].item() == pytest.approx(0) and found["sg_sign"].item() == 50
    assert found["sg_error"].item() == pytest.approx(16 / 404)
    assert found["sg_distance"].item() == pytest.approx(2)
