"""`repro bench` measures what it says: every contender in every block, ratios within a block."""

from __future__ import annotations

import json

import pytest

from repro import bench


def test_contenders_take_turns() -> None:
    calls: list[str] = []
    steps = {"one": lambda: calls.append("one"), "two": lambda: calls.append("two")}
    ms = bench.interleaved(steps, blocks=3, per_block=2, device="cpu")
    assert calls == ["one", "one", "two", "two"] * 4, "a block to warm up, then three"
    assert [len(v) for v in ms.values()] == [3, 3] and min(min(v) for v in ms.values()) >= 0


def test_a_ratio_is_taken_within_a_block() -> None:
    assert bench.ratio([2.0, 40.0, 6.0], [1.0, 20.0, 2.0]) == 2.0, "a machine ten times slower in one block"


def test_the_command_prints_every_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = bench.interleaved
    monkeypatch.setattr(
        bench, "interleaved", lambda steps, blocks, per_block, device: full(steps, 1, 1, device)
    )
    assert bench.main(["--device", "cpu", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["steps"][0]["ratio"] == 1.0, "plain PyTorch is the yard-stick"
    assert all(r["ms"] > 0 and r["ratio"] > 0 for r in [*printed["steps"], *printed["together"]])
    assert printed["environment"]["threads"] >= 1
