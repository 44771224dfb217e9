"""Every family trains as it did when it was recorded: losses, gradients and weights, with measured tolerances."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from cases import CASES, LARGE, ROUGH, SEEDS
from compare import Deviation, deviations
from families import Trained, takes_fast_paths
from record import FOLDER
from trajectories import Recording, of_run, trace

ALL = [*CASES, *ROUGH]
ALONE = 1  # the run that is trained alone, too
PLANTED = ["bprop", "no_bprop", "stale", "dni", "cdni-drops", "meprop-top", "linear-deep-log"]


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def read(case: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text(encoding="utf-8"))
    return made


def recording(file: dict[str, Any]) -> Recording:
    return {k: file[k] for k in ("float64", "final", "float32") if k in file}


def beyond(found: Recording, recorded: Recording, file: dict[str, Any]) -> dict[str, Deviation]:
    """The kinds of quantity that are further off than rounding explains."""
    made = deviations(found, recorded)
    return {k: d for k, d in made.items() if not d.value <= file["tolerance"][k]}


@pytest.mark.parametrize("case", ALL)
def test_runs_trained_together_are_as_recorded(case: str) -> None:
    file = read(case)
    assert not beyond(trace(case, SEEDS), recording(file), file)


@pytest.mark.parametrize("case", ALL)
def test_a_run_trained_alone_is_as_recorded(case: str) -> None:
    file = read(case)
    assert not beyond(trace(case, SEEDS[ALONE : ALONE + 1]), of_run(recording(file), ALONE), file)


def test_what_is_recorded_is_what_there_is() -> None:
    assert {p.stem for p in FOLDER.iterdir()} == set(ALL)
    assert all(tuple(read(case)["seeds"]) == SEEDS for case in ALL)


@pytest.mark.parametrize("case", ALL)
def test_no_tolerance_hides_a_rate_that_is_one_percent_off(case: str) -> None:
    """A family that rounds worse than this needs another comparison, not a wider tolerance."""
    allowed = read(case)["tolerance"]
    assert allowed["float32 update, median"] <= 1e-3
    free = [v for k, v in allowed.items() if not k.startswith("float32")]
    assert max(free, default=0) <= 1e-7 and (len(free) == 2 or case in ROUGH)


def test_the_large_cases_go_through_the_fast_kernels() -> None:
    size = {k: LARGE[k] for k in ("batch", "inputs", "width")}
    assert takes_fast_paths(**size)
    assert not takes_fast_paths(**size | {"batch": 16}) and not takes_fast_paths(**size | {"inputs": 128})


class Defective:
    """Patches `Trained.step`, so that every family has the defect whatever its code is."""

    def hasty(self, it: Trained, t: int) -> Any:
        """Steps that are one percent too long."""
        weights = [v for k, v in it.parameters().items() if not k.startswith(("statistics", "stale"))]
        before = [v.clone() for v in weights]
        made = STEP(it, t)
        for mine, old in zip(weights, before, strict=True):
            mine.add_((mine - old) * 0.01)
        return made

    def turned(self, it: Trained, t: int) -> Any:
        """A square weight matrix is transposed before the third step."""
        square = [v for k, v in it.parameters().items() if v.dim() > 2 and v.shape[-1] == v.shape[-2]]
        if t == 2:
            square[-1].copy_(square[-1].mT.clone())
        return STEP(it, t)

    def dropped(self, it: Trained, t: int) -> Any:
        """The last run is the first one."""
        if t == 0:
            for v in it.parameters().values():
                v[-1].copy_(v[0])
        return STEP(it, t)

    def deaf(self, it: Trained, t: int) -> Any:
        """One tensor is not updated."""
        name = [k for k in it.parameters() if k.startswith("net")][-1]
        before = it.parameters()[name].clone()
        made = STEP(it, t)
        it.parameters()[name].copy_(before)
        return made


STEP = Trained.step


@pytest.mark.parametrize("defect", ["hasty", "turned", "dropped", "deaf"])
@pytest.mark.parametrize("case", PLANTED)
@torch.no_grad()
def test_a_planted_defect_is_noticed(case: str, defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trained, "step", lambda it, t: getattr(Defective(), defect)(it, t))
    file = read(case)
    assert beyond(trace(case, SEEDS), recording(file), file)
