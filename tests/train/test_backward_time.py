"""What meprop/table7 times: each arm's own products, in turn, warm-up left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch

from repro.train import backward_time
from repro.train.given import Given
from repro.train.loop import Context

K = (8, 16, 32, 64, 128, 256, 512)


@pytest.fixture
def given(small: Callable[..., Given]) -> Given:
    sizes = {"batch": 6, "hidden": 512, "inputs": 5, "warm_up": 2, "repetitions": 9}
    return small("meprop/table7", ("dense", *(f"k-{k}" for k in K)), (0,), **sizes)


def test_each_arm_calls_the_product_with_its_own_k(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = backward_time.unified_backward, []

    def unified_backward(x: Any, w: Any, g: Any, k: int, g_w: Any, g_x: Any) -> torch.Tensor:
        asked.append(k)
        return real(x, w, g, k, g_w, g_x)

    monkeypatch.setattr(backward_time, "unified_backward", unified_backward)
    calls = backward_time.products(given, "cpu")
    for run, call in zip(given.runs, calls, strict=True):
        call()
        assert asked == ([int(run.arm[2:])] if run.arm != "dense" else [])
        asked.clear()


def test_with_all_columns_the_sparse_product_is_the_dense_one(given: Given) -> None:
    calls = backward_time.products(given, "cpu")
    all_columns, half, dense = (calls[r]().clone() for r in (7, 6, 0))
    assert torch.allclose(all_columns, dense, rtol=1e-4, atol=1e-3)
    assert not torch.allclose(half, dense, rtol=1e-4, atol=1e-3)


def test_every_arm_is_timed_in_every_repetition(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    first: list[int] = []

    def measure(call: Any, device: str) -> float:
        if len(called) % 8 == 0:
            first.append(id(call))
        called.append(id(call))
        return float(len(called))

    monkeypatch.setattr(backward_time, "measure", measure)
    rows = backward_time.run(given, Context()).rows
    assert set(Counter(called).values()) == {11} and len(called) == 88
    assert Counter(r[0] for r in rows) == dict.fromkeys(range(8), 9)
    assert sorted(r[4] for r in rows) == list(range(17, 89)), "the warm-up is not kept"
    assert {r[3] for r in rows} == {str(i) for i in range(9)}
    assert len(set(first)) == 8, "each run goes first some time"
