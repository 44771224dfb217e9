"""Every exhibit's smoke arms on the pretend device: they step, evaluate, are saved, loaded and go on.

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
from repro.checkpoint import load_checkpoint, save_checkpoint
from repro.piece import Piece, pieces
from torch import Tensor
from torch.utils._pytree import tree_leaves

from repro.exhibits import all_exhibits
from repro.train import batches, fcn, images, meprop_mlp
from repro.train.loop import Context

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")

ARMS = {f"{e.id} {p.name}": p for e in all_exhibits() for p in pieces(e, e.profile("smoke"), (0, 1))}
HALF = 3  # steps before and after the checkpoint


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
def learner_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Piece, str], Any]:
    """learner_of(piece, device) → the learner that the piece's work makes, or None if it trains nothing."""

    def find(learner: Any, *_: Any) -> None:
        raise Found(learner)

    def make(piece: Piece, device: str = "cuda") -> Any:
        module, _, function = piece.work.partition(":")
        work = importlib.import_module(module)
        if hasattr(work, "fit"):
            monkeypatch.setattr(work, "fit", find)
        try:
            assert getattr(work, function)(piece, Context(device, download=False)).rows
        except Found as found:
            return found.args[0]
        return None

    return make


def tensors(learner: Any) -> list[Tensor]:
    """The tensors of a learner's state, on the host."""
    return [v.cpu().double() for v in tree_leaves(learner.state()) if isinstance(v, Tensor)]


@pytest.mark.parametrize("arm", ARMS)
def test_it_trains_is_saved_and_goes_on(
    arm: str, learner_of: Callable[..., Any], ledger: pretend.Ledger, tmp_path: Path
) -> None:
    one = learner_of(ARMS[arm])
    if one is None:
        return  # carried out already
    for t in range(HALF):
        one.step(t)
    assert one.evaluate(HALF)
    save_checkpoint(tmp_path / "checkpoint.pt", one.state())
    two = learner_of(ARMS[arm])
    saved = load_checkpoint(tmp_path / "checkpoint.pt")
    assert saved is not None and not any(t.is_cuda for t in tree_leaves(saved) if isinstance(t, Tensor))
    two.load(saved)
    for learner in (one, two):
        for t in range(HALF, 2 * HALF):
            learner.step(t)
    assert all(map(torch.equal, tensors(one), tensors(two)))
    assert one.evaluate(2 * HALF) == two.evaluate(2 * HALF)


@pytest.mark.parametrize("arm", ARMS)
def test_it_is_what_the_cpu_makes(arm: str, learner_of: Callable[..., Any], ledger: pretend.Ledger) -> None:
    """The same kernels compute on both sides, so only a formula that is the device's own may differ, by rounding."""
    here, there = learner_of(ARMS[arm], "cuda"), learner_of(ARMS[arm], "cpu")
    for t in range(HALF if here else 0):
        here.step(t)
        there.step(t)
    for a, b in zip(tensors(here), tensors(there), strict=True) if here else []:
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("arm", ARMS)
def test_a_step_waits_for_nothing(arm: str, learner_of: Callable[..., Any], ledger: pretend.Ledger) -> None:
    """Within an epoch. Random masks are drawn on the host: known, one copy a sparsified layer and step."""
    learner = learner_of(ARMS[arm])
    if learner is None:
        return
    learner.step(0)
    ledger.counts.clear()
    learner.step(1)
    known = ledger.places(pretend.TO_DEVICE) if "random" in arm and "meprop" in arm else {}
    assert ledger.places(*pretend.WAITS) == known
    assert all(p.startswith("repro/algorithms/meprop.py") and n <= 3 for p, n in known.items())


def index_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    at = batches.Batches.at
    monkeypatch.setattr(batches.Batches, "at", lambda self, step: at(self, step).cpu())


def mean_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    made = fcn.FCN.__init__

    def init(self: Any, *a: Any, **k: Any) -> None:
        made(self, *a, **k)
        self.mean = {i: m.cpu() for i, m in self.mean.items()}

    monkeypatch.setattr(fcn.FCN, "__init__", init)


def rate_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate for each run, as a tensor of the host that scales the gradients."""
    gradients = fcn.backprop

    def scaled(net: Any, x: Tensor, y: Tensor) -> Tensor:
        loss = gradients(net, x, y)
        net.stack.g["W1"].mul_(torch.full((net.stack.runs, 1, 1), 0.1))
        return loss

    monkeypatch.setattr(fcn, "backprop", scaled)


def mask_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def random_k(g: Tensor, k: int, generators: Any) -> Tensor:
        score = torch.stack([torch.rand(g.shape[1:], generator=r) for r in generators])
        at = score.topk(k, -1).indices
        return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))

    monkeypatch.setattr(meprop_mlp, "random_k", random_k)


PLANTED = [
    (index_left_behind, "dni/table2 bprop-3", r"^index_select: .*repro/train/images\.py:\d+"),
    (mean_left_behind, "dni/table2 bprop-3", r"^lerp_: .*repro/models/fcn\.py:\d+"),
    (rate_left_behind, "dni/table2 bprop-3", r"^mul_: .*test_pretend_learners\.py:\d+"),
    (mask_left_behind, "meprop/fig4 random-4", r"^gather: .*test_pretend_learners\.py:\d+"),
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
    piece = next(p for name, p in ARMS.items() if name.startswith(arm))
    with pytest.raises(pretend.Refused, match=words):
        learner_of(piece).step(0)
