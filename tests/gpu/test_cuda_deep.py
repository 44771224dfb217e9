"""On a GPU: deep nets with batch norm behind the activation compute what the CPU computes, captured as eagerly."""

from __future__ import annotations

from typing import Any

import fused
import pytest
import torch
from deepnets import KINDS, make
from torch import Tensor

from repro.kernels import norm
from repro.train import captured

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
STEPS = 12
LARGE = [(3, 100, 512), (1, 256, 256), (20, 100, 64), (3, 1500, 40)]


def flat(learner: Any, what: str = "p") -> Tensor:
    """Parameters (or gradients, "g") without what pads a row on a GPU."""
    named = [v for of in learner.params() for v in getattr(of, what).values()]
    return torch.cat([v.detach().double().cpu().flatten() for v in named])


def test_the_kernel_is_what_runs_here() -> None:
    assert norm.triton(torch.zeros(2, 3, 4, device="cuda"))


@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("act", ["relu", "sigmoid"])
@pytest.mark.parametrize("size", fused.SIZES + LARGE)
def test_batch_norm_behind_the_activation_is_the_formula(
    size: tuple[int, int, int], act: str, strided: bool
) -> None:
    found = fused.last_norms(size, "cuda", act, strided)
    assert max(found.values()) < 3e-6, found


@pytest.mark.parametrize("kind", KINDS)
def test_float64_goes_the_way_of_the_cpu(kind: str) -> None:
    """From a rate that single precision holds, as CUDA's Adam reads it."""
    here, there = (make(KINDS[kind], (0, 3), torch.float64, d, learning_rate=2**-9) for d in ("cpu", "cuda"))
    for t in range(STEPS):
        here.step(t)
        there.step(t)
    assert fused.off(flat(there), flat(here)) <= 1e-10
    a, b = (it.evaluate(STEPS) + it.final(STEPS) for it in (here, there))
    assert [row[:4] for row in a] == [row[:4] for row in b]
    assert [row[4] for row in a] == pytest.approx([row[4] for row in b], rel=1e-3, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_float32_step_is_that_of_the_cpu(kind: str) -> None:
    here, there = (make(KINDS[kind], (0, 3), torch.float32, device) for device in ("cpu", "cuda"))
    here.step(0)
    there.step(0)
    assert fused.off(flat(there, "g"), flat(here, "g")) < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_replay_what_eager_steps_compute_bit_by_bit(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured, "TOGETHER", 4)
    eager, replayed = (make(KINDS[kind], device="cuda") for _ in range(2))
    for t in range(STEPS):
        eager.step(t)
    taker, t = captured.Taker(replayed, "cuda"), 0
    while t < STEPS:
        t += taker.advance(t, 9 if t < 9 else STEPS)[0]
    assert taker.graphs and {1, 4} & set(taker._made)
    assert torch.equal(flat(replayed), flat(eager))
