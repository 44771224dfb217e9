"""Exhibits' smoke arms on the pretend device, one a code path: they step, evaluate, are saved, loaded and go on.

The arms are found in the exhibits. A work that trains hands its learner to the training loop; one that does not is
carried out as it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pretend
import pytest
import torch
from small import one_a_path, small
from torch import Tensor
from torch.utils._pytree import tree_leaves

from repro.exhibits import all_exhibits
from repro.exhibits.dni.rnn_control import spec as rnn_control
from repro.exhibits.dni.rnn_length import spec as rnn_length
from repro.nets import dense
from repro.record.run import Run, arms_of, runs
from repro.rules import meprop
from repro.train import batches, captured, fcn, images
from repro.train.captured import Taker
from repro.train.checkpoint import load_checkpoint, save_checkpoint
from repro.train.given import Given
from repro.train.loop import Context

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")

Arm = tuple[str, tuple[Run, ...]]
"""The package whose work trains it, and its runs."""
ROUNDED = ("dni-", "dni/fig5", "dni/fig13", "sg/fig3", "sg/fig4", "sg/fig5", "sg/control")
HALF, MIDDLE, LONG = 3, 8, 13  # steps: a checkpoint after an evaluation, another evaluation, the end


def smoke_arms() -> dict[str, Arm]:
    made = {}
    for e in (e for e in all_exhibits() if e.runs_of is None):
        profile = e.profile("smoke")
        every = runs(e, profile, (0, 1), changes=small(e, "probe"))
        for arm in one_a_path(arms_of(e, profile)):
            made[f"{e.id} {arm.id}"] = (e.trained_by, tuple(r for r in every if r.arm == arm.id))
    return made


ARMS = smoke_arms()


def test_no_kind_of_arm_is_left_out() -> None:
    """Of every setting every word, beside it one arm that has the number and one that has not."""
    assert {a.partition(" ")[0] for a in ARMS} == {e.id for e in all_exhibits() if e.runs_of is None}
    controls = {r.setting["inject"] for name, (_, own) in ARMS.items() if "rnn-control" in name for r in own}
    assert controls == {*rnn_control.KINDS, "oracle"}
    lengths = {r.setting["inject"] for name, (_, own) in ARMS.items() if "rnn-length" in name for r in own}
    assert lengths == {"nothing", *rnn_length.KINDS}
    assert {"meprop/table7 io-k-8", "meprop/table7 kept-k-8", "sg/table2 linear2-0.01-sample"} <= ARMS.keys()
    assert "sg/table2 linear2-sigmoid" in ARMS and "meprop/table7 k-16" not in ARMS


class Found(Exception):
    """Carries the learner that a work was about to train."""


@pytest.fixture(scope="module", autouse=True)
def images_of_our_own() -> Iterator[None]:
    """Images are kept for the process; nobody else shall find tensors of this device."""
    images._loaded.cache_clear()
    yield
    images._loaded.cache_clear()


@pytest.fixture
def ledger() -> Iterator[pretend.Ledger]:
    with pretend.device() as made, torch.no_grad():
        yield made


@pytest.fixture
def learner_of(monkeypatch: pytest.MonkeyPatch, not_in_c: None) -> Callable[..., Any]:
    """learner_of(arm, device) → its work's learner, None if it trains nothing; the same operators on both."""

    def find(learner: Any, *_: Any) -> None:
        raise Found(learner)

    def make(arm: Arm, device: str = "cuda") -> Any:
        package, own = arm
        work = importlib.import_module(f"{package}.work").work
        module = importlib.import_module(work.__module__)
        for trains in [m for m in (module, *vars(module).values()) if hasattr(m, "fit")]:
            monkeypatch.setattr(trains, "fit", find)
        try:
            assert work(Given(own), Context(device, download=False)).rows
        except Found as found:
            return found.args[0]
        return None

    return make


def tensors(learner: Any) -> list[Tensor]:
    """The tensors of a learner's state, on the host."""
    return [v.cpu().double() for v in tree_leaves(learner.state()) if isinstance(v, Tensor)]


def weights(learner: Any) -> list[Tensor]:
    """The parameters by themselves: rows of a device are padded."""
    return [v.cpu().double() for params in learner.params() for v in params.p.values()]


@pytest.mark.parametrize("arm", ARMS)
def test_it_steps_is_saved_and_replayed_as_on_a_cpu(
    arm: str,
    learner_of: Callable[..., Any],
    ledger: pretend.Ledger,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """One training of an arm, `eager`, of which four questions are asked; what trains nothing is carried out."""
    eager = learner_of(ARMS[arm])
    if eager is None:
        return
    eager.step(0)
    ledger.counts.clear()
    eager.step(1)
    it_waited_for_nothing(arm, ledger)
    eager.step(2)
    is_what_the_cpu_makes(arm, eager, learner_of(ARMS[arm], "cpu"))
    monkeypatch.setattr(captured, "TOGETHER", 4)
    taker = Taker(learner_of(ARMS[arm]), "cuda")
    sizes = replayed(taker, 0, HALF)
    said = eager.evaluate(HALF)
    assert said and said == taker.learner.evaluate(HALF)
    save_checkpoint(tmp_path / "checkpoint.pt", eager.state())
    said = goes_on(eager, learner_of(ARMS[arm]), load_checkpoint(tmp_path / "checkpoint.pt"))
    sizes |= replayed(taker, HALF, MIDDLE)
    assert said == taker.learner.evaluate(MIDDLE)
    for t in range(MIDDLE, LONG):
        eager.step(t)
    sizes |= replayed(taker, MIDDLE, LONG)
    assert taker.graphs and 1 in taker._made
    assert all(map(torch.equal, tensors(eager), tensors(taker.learner))), (
        "graphs replay what eager steps compute"
    )
    assert sizes == {1, 4} or taker.learner.host(LONG) == LONG + 1


def it_waited_for_nothing(arm: str, ledger: pretend.Ledger) -> None:
    """Within an epoch. Noise of other lanes is drawn on the host: known, a copy or a few a step."""
    drawn = arm.endswith("other-lane") or "-noise" in arm
    known = ledger.places(pretend.TO_DEVICE) if drawn else {}
    assert ledger.places(*pretend.WAITS) == known
    assert all(p.startswith("repro/train/recurrent.py") and n <= 3 for p, n in known.items())


def is_what_the_cpu_makes(arm: str, here: Any, there: Any) -> None:
    """The same kernels compute on both sides: rounding alone may differ (formulas, rate, rows of its own).

    It grows where Adam makes ±1 of a gradient that vanishes, one ulp of the weights 7e-4 in five steps: under an SG,
    and under a batch norm behind a ReLU that fires for one image of the batch.
    """
    bar = 2e-3 if any(name in arm for name in ROUNDED) else 1e-5
    for t in range(HALF):
        there.step(t)
    a, b = (torch.cat([v.flatten() for v in weights(learner)]) for learner in (here, there))
    assert (a - b).norm() <= bar * b.norm()


def goes_on(one: Any, two: Any, saved: Any) -> Any:
    """From what was saved `two` makes the very steps that `one` makes undisturbed; returns what both then say."""
    assert saved is not None and not any(t.is_cuda for t in tree_leaves(saved) if isinstance(t, Tensor))
    two.load(saved)
    for learner in (one, two):
        for t in range(HALF, MIDDLE):
            learner.step(t)
    assert all(map(torch.equal, tensors(one), tensors(two)))
    said = one.evaluate(MIDDLE)
    assert said == two.evaluate(MIDDLE)
    return said


def replayed(taker: Taker, t: int, end: int) -> set[int]:
    """Take the steps in graphs; returns how many at a time."""
    sizes = set()
    while t < end:
        n, _ = taker.advance(t, end)
        sizes.add(n)
        t += n
    return sizes


def index_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    take = batches.Batches.take
    monkeypatch.setattr(batches.Batches, "take", lambda self: take(self).cpu())


def mean_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    bind = dense.Dense.bind

    def left(self: Any, *a: Any) -> None:
        bind(self, *a)
        self.mean = self.mean.cpu()

    monkeypatch.setattr(dense.Dense, "bind", left)


def rate_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate for each run, as a tensor of the host that scales the gradients."""
    gradients = fcn.classify

    def scaled(net: Any, *a: Any) -> Any:
        made = gradients(net, *a)
        net.params.g["W1"].mul_(torch.full((net.runs, 1, 1), 0.1))
        return made

    monkeypatch.setattr(fcn, "classify", scaled)


def mask_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def random_k(g: Tensor, k: int, score: Tensor) -> Tensor:
        at = score.cpu().topk(k, -1).indices
        return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))

    monkeypatch.setattr(meprop, "random_k", random_k)


PLANTED = [
    (index_left_behind, "dni/table2 bprop-3", r"^index_select: .*repro/train/images\.py:\d+"),
    (mean_left_behind, "dni/table2 bprop-3", r"^lerp_: .*repro/kernels/norm\.py:\d+"),
    (rate_left_behind, "dni/table2 bprop-3", r"^mul_: .*test_pretend_learners\.py:\d+"),
    (mask_left_behind, "meprop/fig4 random-1", r"^gather: .*test_pretend_learners\.py:\d+"),
]


@pytest.mark.parametrize(("defect", "arm", "words"), PLANTED)
def test_what_is_left_on_the_host_is_refused_by_name(
    defect: Callable[[pytest.MonkeyPatch], None],
    arm: str,
    words: str,
    learner_of: Callable[..., Any],
    ledger: pretend.Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    defect(monkeypatch)
    with pytest.raises(pretend.Refused, match=words):
        learner_of(ARMS[arm]).step(0)
