"""`repro bench` measures what it says: every contender in every block, ratios within a block."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pytest
import torch

from repro import blas
from repro.bench import rules, sparse, steps, timing, where
from repro.cli import main
from repro.kernels.rows import rows_backward_plain
from repro.nets.fcn import mlp


def test_contenders_take_turns() -> None:
    calls: list[str] = []
    contenders = {"one": lambda: calls.append("one"), "two": lambda: calls.append("two")}
    ms = timing.interleaved(contenders, blocks=3, per_block=2, device="cpu")
    assert calls == ["one", "one", "two", "two"] * 4, "a block to warm up, then three"
    assert [len(v) for v in ms.values()] == [3, 3] and min(min(v) for v in ms.values()) >= 0


def test_a_ratio_is_taken_within_a_block() -> None:
    assert timing.ratio([2.0, 40.0, 6.0], [1.0, 20.0, 2.0]) == 2.0, "a machine ten times slower in one block"


def test_the_command_prints_every_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = timing.interleaved
    monkeypatch.setattr(
        steps, "interleaved", lambda steps, blocks, per_block, device: full(steps, 1, 1, device)
    )
    monkeypatch.setattr(
        sparse, "interleaved", lambda steps, blocks, per_block, device: full(steps, 1, 1, device)
    )
    monkeypatch.setattr(sparse, "PRODUCTS", ((40, 3, 4, 2.0),))
    monkeypatch.setattr(sparse, "UNIFIED", ((40, 3, 4, None),))
    monkeypatch.setattr(sparse, "STEPS", ((40, 3, 1.5),))
    assert main(["bench", "--device", "cpu", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert len(printed["sparse"]) == 4 and all(r["ms"] > 0 and r["ratio"] > 0 for r in printed["sparse"])
    assert sparse.table(printed["sparse"]).count("\n") == 4
    assert printed["steps"][0]["ratio"] == 1.0, "plain PyTorch is the yard-stick"
    assert all(r["ms"] > 0 and r["ratio"] > 0 for r in [*printed["steps"], *printed["together"]])
    assert printed["environment"]["threads"] >= 1


def test_the_parts_of_a_step_are_told_apart() -> None:
    a, w = torch.randn(300, 300), torch.randn(300, 300)
    found = where.split(lambda: a.mm(w), steps=5)
    assert found["flop"] == pytest.approx(2 * 300**3) and found["products"] > 0.5 * found["all"]
    if blas._operator is not None:  # an operator that the profiler does not count
        other = where.split(lambda: blas.onednn(a[:200], w.T), steps=5)
        assert other["flop"] == pytest.approx(2 * 200 * 300 * 300) and other["products"] > 0
    idle = where.split(lambda: sum(range(20_000)), steps=5)
    assert idle["Python"] > 0.9 * idle["all"] and idle["flop"] == 0
    assert where.part_of("aten::_fused_adam_") == "optimiser" and where.part_of("aten::mul") == "elementwise"


def test_every_case_has_a_row_whose_parts_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, "STEPS", 2)
    split = where.split
    monkeypatch.setattr(where, "split", lambda step: split(step, 2))
    made = where.rows()
    assert [r["what"] for r in made] == list(where.CASES)
    for row in made:
        parts = sum(row[p] for p in (*where.PARTS, "elementwise", "Python"))
        assert parts == pytest.approx(row["all"], rel=0.01) and row["products"] > 0 and row["floor"] > 0
    assert where.table(made).count("\n") == len(made) + 1


def test_every_rule_has_a_row_beside_backpropagation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rules, "SIZES", ((3, 16),))
    monkeypatch.setattr(rules, "BLOCKS", 1)
    monkeypatch.setattr(rules, "PER_BLOCK", 1)
    assert main(["bench", "--device", "cpu", "--rules", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["rules"]
    assert [r["what"] for r in made] == list(rules.RULES) and made[0]["ratio"] == 1.0
    assert all(r["ms"] > 0 and (r["layers"], r["width"]) == (3, 16) for r in made)
    assert rules.table(made).count("\n") == len(made) + 1


def test_rules_that_are_timed_train_differently() -> None:
    weights = {}
    for rule in rules.RULES:
        with torch.no_grad():
            learner = rules.learner(rule, 3, 16)
            for t in range(4):
                learner.step(t)
        weights[rule] = learner.net.params.p["W1"].clone()
    for one, other in combinations(weights, 2):
        assert not torch.allclose(weights[one], weights[other], atol=1e-7), f"{one} and {other} are one rule"


@pytest.mark.parametrize("c", ["in_c", "not_in_c"])
def test_what_is_timed_of_meprop_is_what_it_says(
    c: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is multiplied is what is kept of the same numbers; with k = 0 a step is dense."""
    request.getfixturevalue(c)
    n, k, batch = 40, 3, 4
    x, w, g = sparse._drawn(n, batch)
    with torch.no_grad():
        made, _ = sparse.each_own(n, k, batch)()  # type: ignore[misc]
    assert torch.allclose(made, rows_backward_plain(x, w, g, k)[0], atol=1e-5)
    built: list[Any] = []
    monkeypatch.setattr(sparse, "mlp", lambda *a, **keep: built.append(mlp(*a, **keep)) or built[-1])
    for entries in (0, k):
        step = sparse.our_step(n, entries)
        with torch.no_grad():
            step()
    zero = [float((net.params.g["W2"] == 0).float().mean()) for net in built]
    assert zero[0] < 0.5 < zero[1] or zero[0] + 0.1 < zero[1], "k = 0 is dense"
