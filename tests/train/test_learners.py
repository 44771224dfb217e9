"""What holds for every family: seeds mean what they say, resuming changes nothing, nothing is unread."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from repro.nets.params import Params
from repro.train import artificial, fcn, implied, meprop_dropout, meprop_mlp
from repro.train.batches import Batches
from repro.train.given import Given
from repro.train.learner import Learner
from repro.train.loop import Context
from repro.train.optim import Optimizer

FAMILIES: dict[str, type[Learner]] = {
    "dni/table2": fcn.FCNLearner,
    "dni/fig11": fcn.FCNLearner,
    "meprop/fig4": meprop_mlp.MepropLearner,
    "meprop/table5": meprop_dropout.DroppedLearner,
    "meprop/table6": meprop_dropout.DroppedLearner,
    "meprop/table1": meprop_mlp.MepropLearner,
    "meprop/table4": meprop_dropout.DroppedLearner,
    "sg/table2": artificial.PairLearner,
    "sg/fig2": implied.ImpliedLearner,
}
ARMS = [
    ("dni/table2", "bprop-4"),
    ("dni/table2", "no_bprop-3"),
    ("dni/table2", "stale-3"),
    ("dni/table2", "dni-4"),
    ("dni/table2", "cdni-4"),
    ("meprop/fig4", "dense"),
    ("meprop/fig4", "top-8"),
    ("meprop/fig4", "random-8"),
    ("meprop/fig4", "small-16"),
    ("meprop/table5", "dense-3"),
    ("meprop/table5", "random-2"),
    ("meprop/table6", "unified-5"),
    ("meprop/table1", "mnist-top-adagrad"),
    ("meprop/table1", "mnist-random-adagrad"),
    ("meprop/table4", "mnist-top"),
    ("meprop/table6", "unified_random-2"),
    ("sg/table2", "noisy2-shallow-log"),
    ("sg/table2", "noisy2-deep-mse"),
    ("sg/table2", "linear2-sigmoid"),
    ("sg/fig2", "log-random-every"),
    ("dni/fig11", "none-5"),
    ("dni/fig11", "dni-3"),
    ("dni/fig11", "cdni-5"),
]
SHORT = {
    "dni/table2": {"batch": 600},
    "dni/fig11": {"batch": 600},
    "meprop/fig4": {"batch": 500},
    "meprop/table5": {"batch": 500},
    "meprop/table6": {"batch": 500},
    "meprop/table1": {"batch": 500},
    "meprop/table4": {"batch": 500},
    "sg/table2": {},
    "sg/fig2": {},
}  # two batches an epoch


def make(small: Callable[..., Given], exhibit: str, arm: str, seeds: tuple[int, ...]) -> Learner:
    given = small(exhibit, arm, seeds, **SHORT[exhibit])
    for chose_the_learner in ("task", "extra"):  # see `repro.train.tasks`
        given.setting(chose_the_learner, None)
    return FAMILIES[exhibit](given, Context())


def tensors(learner: Learner) -> dict[str, Tensor]:
    """Everything that a checkpoint holds, by name."""
    made: dict[str, Tensor] = {}
    for name, kept in learner.kept().items():
        if isinstance(kept, Optimizer):
            made |= {f"{name}/{k}": v for k, v in kept.kept().items()}
        else:
            made[name] = kept.get_state() if isinstance(kept, torch.Generator) else kept
    return made


@pytest.mark.parametrize(("exhibit", "arm"), ARMS)
def test_every_setting_and_parameter_is_read(exhibit: str, arm: str, small: Callable[..., Given]) -> None:
    make(small, exhibit, arm, (0,)).given.refuse_unread()


@pytest.mark.parametrize(("exhibit", "arm"), ARMS)
def test_resumed_is_undisturbed_bitwise(exhibit: str, arm: str, small: Callable[..., Given]) -> None:
    """A checkpoint after three steps, in the middle of an epoch, through a file, into a fresh learner in place."""
    whole, killed, fresh = (make(small, exhibit, arm, (0, 1)) for _ in range(3))
    for t in range(3):
        whole.step(t)
        killed.step(t)
    assert [r[4] for r in killed.evaluate(3)] == [r[4] for r in whole.evaluate(3)]
    file = io.BytesIO()
    torch.save(killed.state(), file)
    file.seek(0)
    addresses = {k: v.data_ptr() for k, v in tensors(fresh).items()}
    fresh.load(torch.load(file, weights_only=True))
    assert addresses == {k: v.data_ptr() for k, v in tensors(fresh).items()}
    for t in range(3, 8):
        assert whole.step(t) == fresh.step(t)
    for name, value in tensors(whole).items():
        assert torch.equal(value, tensors(fresh)[name]), name
    assert fresh.prints() == whole.prints() != killed.prints()
    assert fresh.evaluate(8) == whole.evaluate(8) and fresh.final(8) == whole.final(8)
    assert fresh.plain == whole.plain


@pytest.mark.parametrize(("exhibit", "arm"), ARMS)
def test_every_tensor_that_is_kept_matters(exhibit: str, arm: str, small: Callable[..., Given]) -> None:
    """And nothing that a step moves is left out: all tensors of the learner that changed are in `kept`."""
    learner = make(small, exhibit, arm, (0, 1))
    learner.step(0)
    before = {k: v.clone() for k, v in tensors(learner).items()}
    learner.step(1)
    moved = {k for k, v in tensors(learner).items() if not torch.equal(v, before[k])}
    still = {k for k in before if k not in moved}
    dead = ("mean", "var") if "no_bprop" not in arm else ()
    assert not [k for k in still if k.startswith(("optimizer/count", "weights", *dead))], still
    known = {v.untyped_storage().data_ptr() for v in tensors(learner).values()}
    for params in learner.params():
        assert params.flat.untyped_storage().data_ptr() in known


@pytest.mark.parametrize(
    ("exhibit", "arm"),
    [("dni/table2", "dni-4"), ("meprop/fig4", "random-8"), ("sg/table2", "noisy2-shallow-log")],
)
def test_same_seed_same_numbers_other_seed_other_numbers(
    exhibit: str, arm: str, small: Callable[..., Given]
) -> None:
    made = [make(small, exhibit, arm, (s,)) for s in (4, 4, 5)]
    (one,), (again,), (other,) = (learner.beginnings() for learner in made)
    assert one == again and one["weights"] != other["weights"]
    assert one["batch"] != other["batch"] or exhibit == "sg/table2"
    for learner in made:
        for t in range(5):
            learner.step(t)
    rows = [[r[4] for r in learner.evaluate(5)] for learner in made]
    assert rows[0] == rows[1] != rows[2]
    prints = [learner.prints() for learner in made]
    assert prints[0] == prints[1] != prints[2]


def test_prints_are_those_of_each_run(small: Callable[..., Given]) -> None:
    together = make(small, "dni/table2", "dni-3", (4, 5))
    alone = [make(small, "dni/table2", "dni-3", (s,)) for s in (4, 5)]
    assert together.prints() == [learner.prints()[0] for learner in alone]
    assert together.beginnings() == [learner.beginnings()[0] for learner in alone]


def test_batches_cover_an_epoch_once_and_differ_by_seed_and_epoch() -> None:
    batches = Batches(50, 10, (0, 1), "cpu")
    epochs = [torch.cat([batches.at(5 * e + k) for k in range(5)], 1) for e in (0, 1)]
    for epoch in epochs:
        assert epoch.sort(1).values.tolist() == [list(range(50))] * 2
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[0][0], epochs[0][1])
    assert torch.equal(Batches(50, 10, (1,), "cpu").at(7), batches.at(7)[1:])


class Frozen(Learner):
    """A learner whose device part must find everything in static buffers."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.steps = 3

    def host(self, t: int) -> None:
        self.seen.append(("host", t))

    def device(self) -> None:
        self.seen.append(("device", torch.is_grad_enabled()))

    def params(self) -> list[Params]:
        return []


def test_a_step_is_the_host_then_the_device_and_says_when_it_is_the_last() -> None:
    learner = Frozen()
    assert [learner.step(t) for t in range(3)] == [False, False, True]
    assert learner.seen == [e for t in range(3) for e in (("host", t), ("device", False))]
