"""A learner's device part as a CUDA graph, emulated: captured once and replayed, it is the eager training bitwise.

A graph holds no Python: whatever `device` took from the host at capture – a batch, a rate, a draw – would be repeated
for ever. The steps cross an epoch and a drop of the rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pretend
import pytest
import torch
from test_learners import ARMS, FAMILIES, tensors
from torch import Tensor

from repro.train import images
from repro.train.given import Given
from repro.train.learner import Learner
from repro.train.loop import Context

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")

WARM, STEPS = 2, 8
SHORT = {
    "dni/table2": {"batch": 300, "steps": STEPS, "rate_drops": ((0.6, 0.1),)},  # 4 batches an epoch
    "dni/fig11": {"batch": 300, "steps": STEPS, "rate_drops": ((0.6, 0.1),)},
    "meprop/fig4": {"batch": 300, "max_steps": STEPS},
    "meprop/table5": {"batch": 300, "max_steps": STEPS},
    "meprop/table6": {"batch": 300, "max_steps": STEPS},
    "meprop/table1": {"batch": 300, "max_steps": STEPS},
    "meprop/table4": {"batch": 300, "max_steps": STEPS},
    "sg/fig2": {},
    "sg/table2": {"steps": 100, "rate_drops": ((0.05, 0.1),)},
}


@pytest.fixture(autouse=True)
def device() -> Iterator[pretend.Ledger]:
    images._loaded.cache_clear()
    with pretend.device() as ledger, torch.no_grad():
        yield ledger
    images._loaded.cache_clear()


def trained(learner: Learner, captured: bool) -> dict[str, Tensor]:
    for t in range(WARM):
        learner.step(t)
    graph = torch.cuda.CUDAGraph()
    for t in range(WARM, STEPS):
        learner.host(t)
        if not captured:
            learner.device()
            continue
        if t == WARM:
            with torch.cuda.graph(graph):
                learner.device()
        graph.replay()
    return {k: v.cpu() for k, v in tensors(learner).items()}


@pytest.mark.parametrize(("exhibit", "arm"), ARMS)
def test_a_replayed_step_is_the_eager_one_bitwise(
    exhibit: str, arm: str, small: Callable[..., Given]
) -> None:
    given = small(exhibit, arm, (0, 1), **SHORT[exhibit])
    eager, replayed = (
        trained(FAMILIES[exhibit](given, Context("cuda")), captured) for captured in (False, True)
    )
    for name, value in eager.items():
        assert torch.equal(value, replayed[name]), name


def test_what_is_drawn_inside_the_device_part_is_refused(
    small: Callable[..., Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison can fail: scores of the host's generator in `device` do not get through the capture."""
    learner = FAMILIES["meprop/fig4"](
        small("meprop/fig4", "random-8", (0,), **SHORT["meprop/fig4"]), Context("cuda")
    )
    device = learner.device

    def drawing() -> None:
        score = learner.keep[0].score  # type: ignore[attr-defined]
        score.copy_(torch.randint(1 << 62, score.shape))
        device()

    monkeypatch.setattr(learner, "device", drawing)
    with pytest.raises(pretend.Refused, match="while a graph is captured"):
        trained(learner, True)


def test_a_rate_of_python_would_be_frozen(
    small: Callable[..., Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = small("sg/table2", "noisy2-shallow-log", (0,), **SHORT["sg/table2"])

    class Frozen(FAMILIES["sg/table2"]):  # type: ignore[misc]
        def device(self) -> None:
            self.optimizer.rate = torch.full((1, 1), self.optimizer.rates[0], device="cuda")
            super().device()

    eager, replayed = (trained(Frozen(given, Context("cuda")), captured) for captured in (False, True))
    assert any(not torch.equal(value, replayed[name]) for name, value in eager.items())
