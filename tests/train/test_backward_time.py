"""What meprop/table7 times: each arm's own products, in turn, warm-up left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pretend
import pytest
import torch

from repro.errors import BadValueError
from repro.exhibits import get
from repro.kernels.topk import unified_backward_plain
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

    def unified_backward(x: Any, w: Any, g: Any, k: int, *more: Any) -> torch.Tensor:
        asked.append(k)
        return real(x, w, g, k, *more)

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

    def on_cpu(call: Any, metric: str) -> backward_time.Timed:
        def timed() -> dict[str, float]:
            called.append(id(call))
            return {metric: float(len(called))}

        return timed

    monkeypatch.setattr(backward_time, "on_cpu", on_cpu)
    rows = backward_time.run(given, Context()).rows
    assert set(Counter(called).values()) == {11} and len(called) == 88
    assert Counter(r[0] for r in rows) == dict.fromkeys(range(8), 9)
    assert sorted(r[4] for r in rows) == list(range(17, 89)), "the warm-up is not kept"
    assert {r[3] for r in rows} == {str(i) for i in range(9)}
    before: dict[int, set[int]] = {}
    for behind, one in pairwise(called):
        before.setdefault(one, set()).add(behind)
    assert min(map(len, before.values())) >= 4, (
        "nobody always comes behind the same one, and meets its caches"
    )


def test_every_arm_of_a_cpu_computes_its_own_products(small: Callable[..., Given]) -> None:
    """In both layouts, with zeros filled and kept, whoever was called before: as the plain twin says."""
    arms = get("meprop/table7").profile("cpu").arms
    sizes = {"batch": 6, "hidden": 512, "inputs": 5, "warm_up": 2, "repetitions": 9}
    given = small("meprop/table7", arms, (0,), **sizes)
    made = backward_time.products(given, "cpu")
    for run, product in [*zip(given.runs, made, strict=True)] * 2:
        o, k, axis = (
            product.operands,
            run.setting.get("k", 512),
            ("out x in", "in x out").index(run.setting["layout"]),
        )
        g_w, g_x = unified_backward_plain(o.x, o.w[axis], o.g, k, axis)
        assert torch.allclose(product(), g_x, rtol=1e-4, atol=1e-3)
        assert torch.allclose(product.g_w, g_w, rtol=1e-4, atol=1e-3)
        assert (product.before is not None) == (run.setting.get("zeros") == "kept")


def test_more_columns_than_there_are_units_are_refused_by_name(small: Callable[..., Given]) -> None:
    sizes = {"batch": 6, "hidden": 256, "inputs": 5}
    assert len(backward_time.products(small("meprop/table7", ("dense", "k-256"), (0,), **sizes), "cpu")) == 2
    with pytest.raises(BadValueError, match="hidden is 256; expected 512 or more units, of which k = 512"):
        backward_time.products(small("meprop/table7", ("dense", "k-512"), (0,), **sizes), "cpu")


@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_precisions_of_a_gpu_are_refused_elsewhere(precision: str, small: Callable[..., Given]) -> None:
    arm = {"tf32": "tf32-dense", "bfloat16": "bf16-k-8"}[precision]
    with pytest.raises(BadValueError, match=f"precision {precision} is of a GPU"):
        backward_time.run(small("meprop/table7", arm, (0,)), Context())


@pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")
def test_on_a_gpu_every_arm_is_timed_eager_and_captured_and_computes_the_same(
    small: Callable[..., Given],
) -> None:
    exhibit = get("meprop/table7")
    sizes = {"batch": 6, "hidden": 512, "inputs": 5, "warm_up": 1, "repetitions": 2}
    with pretend.device(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(backward_time, "FLUSHED", 64)
        given = small("meprop/table7", tuple(a.id for a in exhibit.arms), (0,), **sizes)
        rows = backward_time.run(given, Context("cuda")).rows
        assert Counter(r[1] for r in rows) == dict.fromkeys(
            ("backward_ms", "captured_ms"), 2 * len(exhibit.arms)
        )
        made = backward_time.products(given, "cuda")
        for product in made:
            dtype = product.operands.x.dtype
            graph = torch.cuda.CUDAGraph()
            eager = product().clone()
            with torch.cuda.graph(graph):
                product()
            product.operands.g_x.zero_()
            graph.replay()
            assert torch.equal(product.operands.g_x.cpu(), eager.cpu()), dtype
