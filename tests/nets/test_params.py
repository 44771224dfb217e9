"""Rows of parameters: views, fingerprints, initial weights."""

from __future__ import annotations

import hashlib

import torch
from oracles import generators

from repro.nets.params import Params, Scratch, normal_


def test_a_run_is_a_row_and_names_are_views() -> None:
    params = Params({"W": (2, 3), "b": (4,)}, 3)
    for name, p in params.p.items():
        for r in range(3):
            p[r] = r + 1
        assert p.shape == (3, *((2, 3) if name == "W" else (4,)))
    assert params.flat.tolist() == [[r + 1.0] * 10 for r in range(3)]
    params.g["b"][1] = 5
    assert params.flat_grad.tolist() == [[0.0] * 10, [0.0] * 6 + [5.0] * 4, [0.0] * 10]


def test_models_of_a_run_lie_behind_each_other_in_its_row() -> None:
    params = Params({"W": (2, 2), "b": (1,)}, 2, models=3)
    for m in range(6):
        params.p["W"][m] = params.p["b"][m] = m
    assert params.flat.tolist() == [[float(m) for m in ms for _ in range(5)] for ms in ((0, 1, 2), (3, 4, 5))]
    assert params.blocks == [(0, 5), (5, 10), (10, 15)]


def test_a_fingerprint_is_of_the_runs_own_numbers_by_name() -> None:
    """Bit for bit the hash of the parameters in the order of their names: records rest on it."""
    params = Params({"b": (2,), "W": (2, 2)}, 2)
    params.flat.copy_(torch.arange(12.0).view(2, 6))
    w, b = torch.tensor([8.0, 9, 10, 11]), torch.tensor([6.0, 7])
    expected = hashlib.sha256(w.numpy().tobytes() + b.numpy().tobytes()).hexdigest()[:16]
    assert params.fingerprint(1) == expected != params.fingerprint(0)
    models = Params({"b": (2,), "W": (2, 2)}, 1, models=2)
    models.flat.copy_(torch.arange(12.0).view(1, 12))
    before = models.fingerprint(0)
    models.flat[0, -1] += 1
    assert models.fingerprint(0) != before, "the last model counts"


def test_initial_weights_are_each_runs_own() -> None:
    together, alone = torch.zeros(2, 30, 40), torch.zeros(1, 30, 40)
    normal_(together, 0.5, generators(2))
    normal_(alone, 0.5, generators(2)[1:])
    assert torch.equal(together[1:], alone) and not torch.equal(together[0], together[1])
    assert abs(together.std() - 0.5) < 0.02 and abs(together.mean()) < 0.02


def test_scratch_is_one_tensor_a_name_until_the_shape_changes() -> None:
    scratch, like = Scratch(), torch.zeros(1)
    first = scratch("a", (2, 3), like)
    assert scratch("a", (2, 3), like) is first and scratch("b", (2, 3), like) is not first
    assert scratch("a", (2, 4), like).shape == (2, 4)
