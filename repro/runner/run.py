"""Run an exhibit: which runs are missing, in which groups; carry them out on an executor; make the record."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from repro import device as devices
from repro.errors import BadValueError, NothingMissingError, OutOfTimeError, RunError
from repro.paths import runs_dir as default_runs_dir
from repro.record.plan import custom, planned
from repro.record.record import Record
from repro.record.run import Run
from repro.runner import anywhere
from repro.runner.anywhere import ANY
from repro.runner.carry import Job, Progress, data_by_run, keys_of, look_up
from repro.runner.collected import Collected
from repro.runner.groups import Group, groups, lacking
from repro.runner.grow import COMMITTED, committed
from repro.runner.keys import code_of, data_of
from repro.runner.make import make_record
from repro.runner.registered import registered_together
from repro.runner.schedule import collect, collect_all
from repro.spec import Exhibit

__all__ = ["Options", "Progress", "plan", "queue", "run_exhibit", "side_by_side", "to_do"]


@dataclass(frozen=True)
class Options:
    """How to run; none of these changes the numbers except `changes` of parameters and seeds of one's own.

    `seeds`, `arms`: only those of the profile are trained now, and the record shows which runs are missing; seeds
    that the profile does not have make a record of their own. `missing`: only what the committed record lacks. Runs
    that are measured jointly are made as a whole all the same. A group computes on `threads` CPU threads: with one,
    numbers are the same bit for bit however many `workers` share the groups; more may move the last digits.
    `elsewhere`: groups go to other machines, so the device is theirs: it must be named, and is looked for there. The
    device `any` trains nothing and needs none: the record is put together from the results that there are, whatever
    machine made them. `budget_s`: the seconds, counted from the making of these options, after which training saves
    what there is and stops.
    """

    device: str = "auto"
    data_dir: str | None = None
    runs_dir: str | None = None
    download: bool = True
    seeds: tuple[int, ...] | None = None
    arms: tuple[str, ...] | None = None
    missing: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1
    retries: int = 0
    threads: int = 1
    checkpoint_s: float = 20.0
    elsewhere: bool = False
    budget_s: float | None = None
    started: float = field(default_factory=time.time, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("retries", 0), ("threads", 1), ("checkpoint_s", 0)):
            if not getattr(self, name) >= least:  # so is no number refused
                raise BadValueError(f"{name} is {getattr(self, name)!r}; expected {least} or more")
        if self.budget_s is not None and self.budget_s <= 0:
            raise BadValueError(f"the budget is {self.budget_s:g} s; expected more than 0")
        if self.elsewhere and self.device not in ("cpu", "cuda"):
            raise BadValueError(
                f"device is {self.device!r}; on other machines expected cpu or cuda: what they have is not known here"
            )

    def kind(self) -> str:
        """The kind of device: "cpu", "cuda" or "any"; `BadValueError` for one that should be here and is not."""
        return self.device if self.elsewhere or self.device == ANY else devices.pick(self.device)


@dataclass(frozen=True)
class _Standing:
    """Where a record stands: its runs, the results that there are by the run's name, the groups to be carried out.

    `unfit`: why results of other runs cannot be used, or need not be there.
    """

    made: tuple[Run, ...]
    kept: dict[str, dict[str, Any]]
    todo: list[Group]
    unfit: dict[str, str] = field(default_factory=dict)


def plan(exhibit: Exhibit, profile: str, options: Options) -> tuple[Run, ...]:
    """The runs of the record; unknown profiles, parameters, arms and seeds without sense are refused."""
    return planned(exhibit, profile, options.seeds, options.arms, options.changes)


def _standing(exhibit: Exhibit, profile: str, options: Options) -> _Standing:
    made, device = plan(exhibit, profile, options), options.kind()
    for run in {(r.dataset, r.stand_in): r for r in made}.values():
        # missing data: one clear error now, not one a group later
        data_of(run, options.data_dir, options.download)
    if device == ANY:
        job = job_of(exhibit, Group(exhibit.trained_by, made), options, device)
        return _Standing(made, *_anywhere(job))
    kept = _kept(exhibit, made, options, device)
    own = custom(exhibit, profile, options.seeds, options.changes)  # none such is ever committed
    there = committed(exhibit, profile, made) if options.missing and not own else set()
    wanted = [r for r in made if _chosen(exhibit, r, options)]
    todo = lacking(groups(exhibit, exhibit.profile(profile), wanted, device), there | kept.keys())
    return _Standing(made, kept, todo, dict.fromkeys(there, COMMITTED))


def _anywhere(job: Job) -> tuple[dict[str, dict[str, Any]], list[Group], dict[str, str]]:
    """What any machine has finished, nothing to be carried out, and why other results cannot be used."""
    kept, unfit = anywhere.found(job, data_by_run(job), code_of(job.group.package))
    if not kept:
        there = f"only by other code ({len(unfit)} runs)" if unfit else "none"
        raise RunError(
            f"results of {job.exhibit} in {job.runs_dir}: {there}; `repro merge FILES` takes in what was packed on "
            "another machine, and `repro run` without --device any trains here"
        )
    return kept, [], unfit


def _chosen(exhibit: Exhibit, run: Run, options: Options) -> bool:
    asked = ((options.seeds, run.seed), (options.arms, run.arm))
    return exhibit.jointly or all(wanted is None or one in wanted for wanted, one in asked)


def _kept(
    exhibit: Exhibit, made: tuple[Run, ...], options: Options, device: str
) -> dict[str, dict[str, Any]]:
    """Run's name → its result, of those that are finished already."""
    if not made or options.elsewhere:  # what other machines have is found there
        return {}
    job = job_of(exhibit, Group(exhibit.trained_by, made), options, device)
    return look_up(job, keys_of(job, data_by_run(job)), code_of(exhibit.trained_by))


def job_of(exhibit: Exhibit, group: Group, options: Options, device: str) -> Job:
    """The group as it is carried out with these options."""
    return Job(
        exhibit.id,
        group,
        str(default_runs_dir(options.runs_dir)),
        device,
        options.data_dir or os.environ.get("REPRO_DATA"),  # other machines do not have this one's
        # Our own workers read what this process settled on: a mirror that answers only some of them must not give
        # one group the published data and the next one the stand-in. Other machines fetch for themselves.
        options.download and options.elsewhere,
        options.threads,
        options.checkpoint_s,
        jointly=exhibit.jointly,
        alone=exhibit.alone,
        claims=registered_together(exhibit),
        code=code_of(exhibit.trained_by) if options.elsewhere else None,
        deadline=None if options.budget_s is None else options.started + options.budget_s,
    )


def to_do(exhibit: Exhibit, profile: str, options: Options) -> list[Group]:
    """The groups that are still to be carried out."""
    return _standing(exhibit, profile, options).todo


def run_exhibit(
    exhibit: Exhibit,
    profile: str,
    options: Options | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
    done: Collected | None = None,
) -> Record:
    """The record of `exhibit` at `profile`, from finished runs where there are any.

    Groups go to `executor` if given (anything with the `concurrent.futures.Executor` interface), else to
    `workers` local processes, else they are carried out here. A failed group is retried `retries` times, then its
    runs are named in the record as missing; `RunError` only if there is no run at all. `done`: what came of them
    already (`side_by_side`); then nothing is carried out.
    """
    options = options or Options()
    now = _standing(exhibit, profile, options)
    if done is None:
        jobs = [job_of(exhibit, g, options, options.kind()) for g in now.todo]
        done = collect(jobs, options.workers, options.retries, progress, executor)
    # other runners may have finished some meanwhile
    kept = _kept(exhibit, now.made, options, options.kind()) if now.todo else now.kept
    results = {**kept, **done.results}
    if not results:
        if options.missing and not now.todo:
            raise NothingMissingError(
                f"nothing to train of {exhibit.id} at {profile}: all that was asked for is in the committed record"
            )
        _refuse_nothing(exhibit, profile, done.failures, done.late)
    changed = custom(exhibit, profile, options.seeds, options.changes)
    return make_record(exhibit, profile, now.made, results, {**now.unfit, **done.failures}, changed)


def queue(todo: Sequence[tuple[Exhibit, Sequence[Group]]], options: Options) -> list[Job]:
    """Groups of several exhibits as one queue: a group that two of them show is there once, for the first."""
    jobs: dict[str, Job] = {}
    for exhibit, groups_ in todo:
        for group in groups_:
            jobs.setdefault(group.same, job_of(exhibit, group, options, options.kind()))
    return list(jobs.values())


def side_by_side(
    jobs: Sequence[Job],
    todo: Sequence[tuple[Exhibit, Sequence[Group]]],
    options: Options,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Mapping[str, Collected]:
    """Carry out the `queue` of `todo`: exhibit → what came of its groups, those of others that it shows included.

    No worker waits for the last group of an exhibit, and a GPU has enough to do.
    """
    found = collect_all(jobs, options.workers, options.retries, progress, executor)
    made = {job.group.same: (job.group, found[job.exhibit]) for job in jobs}
    several = {exhibit.id: Collected() for exhibit, _ in todo}
    for exhibit, groups_ in todo:
        for group in groups_:
            first, of_all = made[group.same]
            several[exhibit.id].share(group, first, of_all)
    return several


def _refuse_nothing(exhibit: Exhibit, profile: str, failures: Mapping[str, str], late: bool) -> None:
    first = next(iter(failures.values()), f"{exhibit.id} has no runs at {profile}")
    more = f" (and {len(failures) - 1} more runs)" if len(failures) > 1 else ""
    error = OutOfTimeError if late else RunError
    raise error(f"nothing of {exhibit.id} at {profile} is finished: {first}{more}")
