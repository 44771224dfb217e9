"""On a GPU: every family computes what the CPU computes, together as alone, and goes on from a checkpoint bit by bit.

Needs torch, numpy, filelock and pytest alone; `make gpu-test` runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import families
import pytest
import together
import torch
from cases import CASES, SEEDS
from families import Trained
from torch import Tensor

from repro.train import captured, optim

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
STEPS = 20
SMALL = [name for name in CASES if "large" not in name]


@contextmanager
def on(device: str) -> Iterator[None]:
    """Families are built there meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(families, "DEVICE", device)
        yield


def built(case: str, device: str, dtype: torch.dtype) -> Trained:
    with on(device):
        return CASES[case](SEEDS, dtype)


def whole(tensors: dict[str, Tensor]) -> Tensor:
    return torch.cat([v.double().cpu().flatten() for v in tensors.values()])


def apart(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    """Relative difference in L2."""
    exact = whole(b)
    return float((whole(a) - exact).norm() / exact.norm().clamp(min=1e-300))


@pytest.fixture
def short_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates as CUDA's Adam reads them: in single precision, also beside float64 weights."""
    set_rates = optim.Optimizer.set_rates

    def rounded(self: optim.Optimizer, rates: Sequence[float]) -> None:
        set_rates(self, torch.tensor(rates, dtype=torch.float32).tolist())

    monkeypatch.setattr(optim.Optimizer, "set_rates", rounded)


@pytest.mark.parametrize("case", SMALL)
def test_float64_goes_the_way_of_the_cpu(case: str, short_rates: None) -> None:
    here, there = (built(case, device, torch.float64) for device in ("cpu", "cuda"))
    for t in range(STEPS):
        here.step(t)
        there.step(t)
    assert apart(there.parameters(), here.parameters()) <= 1e-10


@pytest.mark.parametrize("case", CASES)
def test_float32_takes_the_steps_of_the_cpu_from_equal_states(case: str) -> None:
    """One ulp grows to 5e-3 in 20 free steps of DNI, so each step starts from the CPU's state."""
    here, there = (built(case, device, torch.float32) for device in ("cpu", "cuda"))
    seen = []
    for t in range(STEPS):
        there.take(here)
        seen.append(apart(there.step(t)["grads"], here.step(t)["grads"]))
    assert sorted(seen)[len(seen) // 2] <= 1e-5 and max(seen) <= 2e-3


@pytest.mark.parametrize("case", SMALL)
def test_together_is_one_by_one(case: str) -> None:
    with on("cuda"):
        together.check(CASES[case], SEEDS)


@pytest.mark.parametrize("case", CASES)
def test_graphs_replay_what_eager_steps_compute(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit by bit, with an interruption as an evaluation makes one."""
    monkeypatch.setattr(captured, "TOGETHER", 4)
    eager, replayed = (built(case, "cuda", torch.float32) for _ in range(2))
    _steps(eager, 0, STEPS)
    taker, t = captured.Taker(replayed.learner, "cuda"), 0
    while t < STEPS:
        t += taker.advance(t, 9 if t < 9 else STEPS)[0]
    assert taker.graphs and {1, 4} & set(taker._made)
    assert torch.equal(whole(replayed.parameters()), whole(eager.parameters()))


@pytest.mark.parametrize("case", SMALL)
def test_a_resumed_run_is_the_undisturbed_one_bit_by_bit(case: str) -> None:
    undisturbed, stopped, resumed = (built(case, "cuda", torch.float32) for _ in range(3))
    _steps(undisturbed, 0, STEPS)
    _steps(stopped, 0, STEPS // 2)
    saved = {k: v.clone() if isinstance(v, Tensor) else v for k, v in stopped.learner.state().items()}
    resumed.learner.load(saved)
    _steps(resumed, STEPS // 2, STEPS)
    assert torch.equal(whole(resumed.parameters()), whole(undisturbed.parameters()))


def _steps(it: Trained, start: int, end: int) -> None:
    step: Callable[[int], object] = it.step
    for t in range(start, end):
        step(t)
