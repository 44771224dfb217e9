"""Run an exhibit: which runs are missing, in which groups; carry them out on an executor; make the record."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from repro import device as devices
from repro.errors import BadValueError, OutOfTimeError, RunError, UnknownNameError
from repro.paths import runs_dir as default_runs_dir
from repro.record.record import Record
from repro.record.run import Run, runs
from repro.runner.carry import Job, Progress, data_by_run, keys_of, look_up
from repro.runner.groups import Group, groups
from repro.runner.keys import code_of, data_of
from repro.runner.make import make_record
from repro.runner.schedule import collect
from repro.spec import Exhibit

__all__ = ["Options", "Progress", "plan", "run_exhibit", "to_do"]


@dataclass(frozen=True)
class Options:
    """How to run; none of these changes the numbers except `changes` of parameters and seeds of one's own.

    `seeds`, `arms`: only those of the profile are trained now, and the record shows which runs are missing; seeds that
    the profile does not have make a record of their own. A group computes on `threads` CPU threads: with one, numbers
    are the same bit for bit however many `workers` share the groups; more may move the last digits. `elsewhere`:
    groups go to other machines, so the device is theirs: it must be named, and is looked for there. `budget_s`: the
    seconds after which training saves what there is and stops.
    """

    device: str = "auto"
    data_dir: str | None = None
    runs_dir: str | None = None
    download: bool = True
    seeds: tuple[int, ...] | None = None
    arms: tuple[str, ...] | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1
    retries: int = 0
    threads: int = 1
    checkpoint_s: float = 20.0
    elsewhere: bool = False
    budget_s: float | None = None

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("retries", 0), ("threads", 1), ("checkpoint_s", 0)):
            if getattr(self, name) < least:
                raise BadValueError(f"{name} is {getattr(self, name)!r}; expected {least} or more")
        if self.budget_s is not None and self.budget_s <= 0:
            raise BadValueError(f"the budget is {self.budget_s:g} s; expected more than 0")
        if self.elsewhere and self.device not in ("cpu", "cuda"):
            raise BadValueError(
                f"device is {self.device!r}; on other machines expected cpu or cuda: what they have is not known here"
            )

    def kind(self) -> str:
        """The kind of device: "cpu" or "cuda"; `BadValueError` for one that should be here and is not."""
        return self.device if self.elsewhere else devices.pick(self.device)


def plan(exhibit: Exhibit, profile: str, options: Options) -> tuple[Run, ...]:
    """The runs of the record; unknown profiles, parameters, seeds and devices are refused."""
    sized, seeds = exhibit.profile(profile), options.seeds
    if seeds is not None and (not seeds or min(seeds) < 0):
        raise BadValueError(f"seeds are {list(seeds)}; expected one or more whole numbers from 0 up")
    if seeds is not None and len(set(seeds)) < len(seeds):
        raise BadValueError(f"seeds are {list(seeds)}; expected each of them once")
    made = runs(exhibit, sized, None if _known(made_seeds(exhibit, profile), seeds) else seeds, options.changes)
    known = list(dict.fromkeys(r.arm for r in made))
    for arm in options.arms or ():
        if arm not in known:
            raise UnknownNameError(f"arm of {exhibit.id} at {profile}", arm, known)
    return made


def made_seeds(exhibit: Exhibit, profile: str) -> set[int]:
    """The seeds that a profile has for any arm."""
    sized = exhibit.profile(profile)
    return {*sized.seeds, *(s for more in sized.more_seeds.values() for s in more)}


def _known(profiles: set[int], seeds: tuple[int, ...] | None) -> bool:
    return seeds is None or set(seeds) <= profiles


def custom(exhibit: Exhibit, profile: str, options: Options) -> list[str]:
    """What makes a record another than the profile's: changed parameters, seeds of one's own."""
    own = not _known(made_seeds(exhibit, profile), options.seeds)
    return sorted(options.changes) + (["seeds"] if own else [])


def _chosen(made: Sequence[Run], options: Options) -> list[Run]:
    seeds, arms = options.seeds, options.arms
    return [r for r in made if (seeds is None or r.seed in seeds) and (arms is None or r.arm in arms)]


def _kept(exhibit: Exhibit, made: Sequence[Run], options: Options, device: str) -> dict[str, dict[str, Any]]:
    """Run's name → its result, of those that are finished already."""
    if not made or options.elsewhere:  # what other machines have is found there
        return {}
    job = _job(exhibit, Group(exhibit.trained_by, tuple(made)), options, device)
    return look_up(job, keys_of(job, data_by_run(job)), code_of(exhibit.trained_by))


def _job(exhibit: Exhibit, group: Group, options: Options, device: str) -> Job:
    return Job(
        exhibit.id,
        group.as_json(),
        str(default_runs_dir(options.runs_dir)),
        device,
        options.data_dir or os.environ.get("REPRO_DATA"),  # other machines do not have this one's
        # Our own workers read what this process settled on: a mirror that answers only some of them must not give
        # one group the published data and the next one the stand-in. Other machines fetch for themselves.
        options.download and options.elsewhere,
        options.threads,
        options.checkpoint_s,
        jointly=exhibit.jointly,
        alone=exhibit.kind == "timing",
        code=code_of(exhibit.trained_by) if options.elsewhere else None,
        deadline=None if options.budget_s is None else time.time() + options.budget_s,
    )


def _settle_data(made: Sequence[Run], options: Options) -> None:
    """Missing data: one clear error now, not one a group later."""
    for run in {(r.dataset, r.stand_in): r for r in made}.values():
        data_of(run, options.data_dir, options.download)


def to_do(exhibit: Exhibit, profile: str, options: Options) -> list[Group]:
    """The groups that are still to be carried out."""
    made, device = plan(exhibit, profile, options), options.kind()
    _settle_data(made, options)
    found = _kept(exhibit, made, options, device)
    rest = [r for r in _chosen(made, options) if r.name not in found]
    return groups(exhibit, exhibit.profile(profile), rest, device)


def run_exhibit(
    exhibit: Exhibit,
    profile: str,
    options: Options | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Record:
    """The record of `exhibit` at `profile`, from finished runs where there are any.

    Groups go to `executor` if given (anything with the `concurrent.futures.Executor` interface), else to
    `workers` local processes, else they are carried out here. A failed group is retried `retries` times, then its
    runs are named in the record as missing; `RunError` only if there is no run at all.
    """
    options = options or Options()
    made, device = plan(exhibit, profile, options), options.kind()
    todo = to_do(exhibit, profile, options)
    jobs = [_job(exhibit, g, options, device) for g in todo]
    done = collect(jobs, options.workers, options.retries, progress, executor)
    results = {**_kept(exhibit, made, options, device), **done.results}
    if not results:
        _refuse_nothing(exhibit, profile, done.failures, done.late)
    return make_record(exhibit, profile, made, results, done.failures, custom(exhibit, profile, options))


def _refuse_nothing(exhibit: Exhibit, profile: str, failures: Mapping[str, str], late: bool) -> None:
    first = next(iter(failures.values()), f"{exhibit.id} has no runs at {profile}")
    more = f" (and {len(failures) - 1} more runs)" if len(failures) > 1 else ""
    error = OutOfTimeError if late else RunError
    raise error(f"nothing of {exhibit.id} at {profile} is finished: {first}{more}")
