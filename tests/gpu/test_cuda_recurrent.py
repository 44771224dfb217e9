"""On a GPU: the LSTM's kernels are its equations, and recurrent learners take the steps that they take on a CPU."""

from __future__ import annotations

from typing import Any

import cells
import pytest
import torch
from cells import Size
from fused import off
from sequences import learner_of
from torch import Tensor
from torch.utils._pytree import tree_leaves

from repro.kernels import lstm, products
from repro.train import captured

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
STEPS = 20
LARGE = [Size(1, 2, 256, 8, 256), Size(3, 5, 32, 50, 1024), Size(20, 2, 16, 3, 32)]
BOUND = {torch.float64: 1e-13, torch.float32: 5e-6}
RATE = {"learning_rate": 2.0**-7}
"""The same number in single precision, in which CUDA's Adam reads it also beside float64 weights."""
ARMS: dict[str, dict[str, Any]] = {
    "bptt": {"kinds": ("bptt",)},
    "dni": {"kinds": ("nothing", "synthetic")},
    "dni, peepholes": {"kinds": ("nothing", "synthetic", "negative"), "peepholes": True},
    "dni, auxiliary head": {"kinds": ("synthetic",), "peepholes": True, "aux": True},
    "dni, two factors": {"kinds": ("synthetic",), "target_factor": 1.0},
}


def learner(arm: str, device: str, dtype: torch.dtype) -> Any:
    setting = dict(ARMS[arm])
    return learner_of(setting.pop("kinds"), (1, 2), params=RATE, dtype=dtype, device=device, **setting)


def state(it: Any) -> list[Tensor]:
    """The parameters by themselves, since rows of a device are padded; h and c."""
    weights = [v for params in it.params() for v in params.p.values()]
    return [v.double().cpu() for v in (*weights, *it.net.core.state(0))]


def test_the_kernels_are_taken() -> None:
    x = torch.zeros(2, 3, 4, device="cuda")
    assert lstm.triton(x) and lstm.triton(x.double()) and products.triton(x)


@pytest.mark.parametrize("dtype", BOUND)
@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize("size", cells.SIZES + LARGE)
def test_a_window_is_the_equations(size: Size, peepholes: bool, dtype: torch.dtype) -> None:
    found = cells.errors(size, peepholes, dtype, "cuda", kernel=None)
    assert max(found.values()) < BOUND[dtype], found


@pytest.mark.parametrize("arm", ARMS)
def test_float64_goes_the_way_of_the_cpu(arm: str) -> None:
    here, there = (learner(arm, device, torch.float64) for device in ("cpu", "cuda"))
    assert there.net.core.fused and not here.net.core.fused
    for t in range(STEPS):
        here.step(t)
        there.step(t)
    for mine, exact in zip(state(there), state(here), strict=True):
        assert off(mine, exact) <= 1e-10


@pytest.mark.parametrize("arm", ARMS)
def test_graphs_replay_what_eager_steps_compute(arm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit by bit, with an interruption as an evaluation makes one."""
    monkeypatch.setattr(captured, "TOGETHER", 4)
    eager, replayed = (learner(arm, "cuda", torch.float32) for _ in range(2))
    for t in range(STEPS):
        eager.step(t)
    taker, t = captured.Taker(replayed, "cuda"), 0
    while t < STEPS:
        t += taker.advance(t, 9 if t < 9 else STEPS)[0]
    assert taker.graphs and taker._made
    both = ([v for v in tree_leaves(it.state()) if isinstance(v, Tensor)] for it in (eager, replayed))
    for x, y in zip(*both, strict=True):
        assert torch.equal(x, y)
