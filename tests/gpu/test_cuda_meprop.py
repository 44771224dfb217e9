"""On a GPU: random-k draws the CPU's bits, also in a graph; the unified products are right as they are timed.

Needs torch, numpy, filelock and pytest alone; `make gpu-test` runs it.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import SEEDS
from families import meprop
from test_cuda_families import on, whole

from repro.exhibits import get
from repro.kernels.topk import unified_backward_plain, unified_columns
from repro.nets.dropped import Drop
from repro.record.run import Run
from repro.rules.meprop import Draws, RandomK
from repro.train import backward_time
from repro.train.captured import Taker
from repro.train.given import Given
from repro.train.loop import Context

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:.*TF32:UserWarning"),  # torch prefers newer names of the settings
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
TOLERANCE = {"float32": 1e-5, "tf32": 2e-3, "bfloat16": 1e-2}
"""Relative, in L2, against the plain twin in float64 of the same columns and operands."""


def draws(device: str) -> Draws:
    return Draws(SEEDS, 10, (500, 500, 10), device)


def test_scores_are_those_of_a_cpu_bit_by_bit_and_so_are_masks() -> None:
    here, there = draws("cpu"), draws("cuda")
    for _ in range(50):
        here.draw()
        there.draw()
        for a, b in zip(here.scores, there.scores, strict=True):
            assert torch.equal(a, b.cpu())
            g = torch.ones(a.shape)
            assert torch.equal(RandomK(5, a)(g), RandomK(5, b)(g.cuda()).cpu())


def test_units_that_dropout_keeps_are_those_of_a_cpu() -> None:
    here, there = (Draws(SEEDS, 50, (500,), device, "dropout") for device in ("cpu", "cuda"))
    for _ in range(20):
        here.draw()
        there.draw()
        kept, same = (Drop(0.1, d.scores[0]).kept() for d in (here, there))
        assert torch.equal(kept, same.cpu()) and 0.89 < kept.float().mean() < 0.91


def test_a_captured_draw_goes_on_drawing() -> None:
    here, there = draws("cpu"), draws("cuda")
    for it in (here, there):
        it.draw()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        there.draw()
    for _ in range(20):
        here.draw()
        graph.replay()
        assert all(torch.equal(a, b.cpu()) for a, b in zip(here.scores, there.scores, strict=True))
    assert int(there.count) == 21


@pytest.mark.parametrize(
    ("rule", "layers"),
    [("dense", 0), ("top", 0), ("random", 0), ("dense", 3), ("unified", 3), ("unified_random", 2)],
)
def test_steps_in_graphs_are_the_eager_ones_bit_by_bit(rule: str, layers: int) -> None:
    with on("cuda"):
        eager, replayed = (
            meprop(SEEDS, torch.float32, rule, at_output=rule != "dense", layers=layers) for _ in range(2)
        )
    taker, t = Taker(replayed.learner, "cuda"), 0
    while t < 25:
        taken, _ = taker.advance(t, 25)
        for _ in range(taken):
            eager.learner.step(t)
            t += 1
    assert taker.graphs
    assert torch.equal(whole(replayed.parameters()), whole(eager.parameters()))


def timed(**sizes: int) -> tuple[Given, list[str]]:
    """All arms of meprop/table7 at `paper`, smaller."""
    exhibit = get("meprop/table7")
    params = {"batch": 64, "hidden": 1024, "inputs": 512, "warm_up": 1, "repetitions": 3, **sizes}
    runs = [Run(a.id, 0, dict(a.setting), params) for a in exhibit.arms]
    return Given(runs), [r.setting["precision"] for r in runs]


def error(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.double() - b).norm() / b.norm())


@torch.no_grad()
def test_every_arm_computes_its_products_eager_and_captured() -> None:
    given, precisions = timed()
    for precision, product in zip(precisions, backward_time.products(given, "cuda"), strict=True):
        o, graph = product.operands, torch.cuda.CUDAGraph()
        x, w, g = (v.double() for v in (o.x, o.w[product.axis], o.g))
        k = product.k or g.shape[1]
        mask = torch.zeros_like(g).index_fill_(1, unified_columns(o.g, k), 1)
        g_w, g_x = unified_backward_plain(x, w, g * mask, k, product.axis)
        for _ in range(2):
            product()
        with torch.cuda.graph(graph):
            product()
        for call in (product, graph.replay):
            product.g_w.fill_(7) if product.before is None else None
            o.g_x.fill_(7)
            call()
            assert error(o.g_x, g_x) < TOLERANCE[precision] and error(product.g_w, g_w) < TOLERANCE[precision]


@torch.no_grad()
def test_tf32_is_used_where_it_is_asked_for_and_nowhere_else() -> None:
    given, _ = timed()
    made: dict[Any, torch.Tensor] = {}
    for run, product in zip(given.runs, backward_time.products(given, "cuda"), strict=True):
        made[run.arm] = product().double().clone()
    apart = error(made["tf32-dense"], made["dense"])
    assert 1e-5 < apart < 2e-3
    assert not torch.backends.cuda.matmul.allow_tf32


def test_a_run_times_every_arm_twice_and_waits_only_outside() -> None:
    given, _ = timed()
    rows = backward_time.run(given, Context("cuda")).rows
    for metric in ("backward_ms", "captured_ms"):
        values = [r[4] for r in rows if r[1] == metric]
        assert len(values) == 3 * len(given.runs) and 0.001 < min(values) and max(values) < 1000
