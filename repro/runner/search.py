"""Search a parameter's value by a number that is no test result: every arm over the same values, in the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from repro.errors import BadValueError, RunError
from repro.record.plan import planned
from repro.record.run import Run
from repro.runner.carry import Progress
from repro.runner.groups import Group
from repro.runner.run import Options, job_of
from repro.runner.schedule import collect
from repro.spec import Exhibit

OF_A_RUN = ("learning_rate",)
"""Parameters of which runs that train together may each have their own value."""


@dataclass(frozen=True)
class Found:
    """What one arm came to with one value of the parameter: `result` of the metric at the last evaluation, `step`."""

    arm: str
    seed: int
    value: Any
    step: int
    result: float


def search(
    exhibit: Exhibit,
    profile: str,
    over: tuple[str, Sequence[Any]],
    metric: str,
    seed: int,
    options: Options,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> tuple[list[Found], dict[str, str]]:
    """Train every arm (of `options.arms`) with each value of the parameter; what was found, and what failed and why.

    The values of an arm train together if they are learning rates, of which each run can have its own. Results are
    kept as those of any run are. `BadValueError` for fewer than two values, for a test result as the metric, for
    arms without the parameter; `RunError` if nothing was measured.
    """
    name, values = over
    if len(values) < 2:
        raise BadValueError(f"{name} has {len(values)} value to search; expected two or more")
    if any(metric in a.reported for a in exhibit.arms) or metric.startswith("test_"):
        raise BadValueError(
            f"{metric} is a test result: what is chosen by it cannot be tested by it; expected a number of held-out "
            "data, like validation_error with --set hold_out=5000"
        )
    jobs = [
        job_of(exhibit, g, options, options.kind())
        for g in _groups(exhibit, profile, name, values, seed, options)
    ]
    done = collect(jobs, options.workers, options.retries, progress, executor)
    found = [
        f
        for job in jobs
        for run in job.group.runs
        for f in _found(run, done.results.get(run.name), name, metric)
    ]
    if not found:
        why = next(iter(done.failures.values()), f"no run has a number called {metric}")
        raise RunError(f"the search of {exhibit.id} measured nothing: {why}")
    return found, done.failures


def _groups(
    exhibit: Exhibit, profile: str, name: str, values: Sequence[Any], seed: int, options: Options
) -> list[Group]:
    """A group an arm, with a run for each value; runs are told apart by the value in their arm's name."""
    found: dict[str, list[Run]] = {}
    lacking: set[str] = set()
    for value in values:
        changes = {**options.changes, name: value}
        for run in planned(exhibit, profile, (seed,), options.arms, changes):
            if options.arms is None or run.arm in options.arms:
                alone = run.arm if name in OF_A_RUN else f"{run.arm}, {value}"
                found.setdefault(alone, []).append(replace(run, arm=f"{run.arm}, {name} {value}"))
                lacking |= set() if name in run.params else {run.arm}
    if lacking:
        raise BadValueError(
            f"{', '.join(sorted(lacking))} of {exhibit.id} have no parameter {name}: name others (--arms)"
        )
    return [Group(exhibit.trained_by, tuple(runs)) for runs in found.values()]


def _found(run: Run, result: Mapping[str, Any] | None, name: str, metric: str) -> list[Found]:
    measured = [
        (step, value) for m, step, index, value in (result or {}).get("rows", ()) if m == metric and not index
    ]
    arm = run.arm.split(f", {name} ")[0]
    return (
        [Found(arm, run.seed, run.params[name], *max(measured, key=lambda row: row[0]))] if measured else []
    )


def best(found: Sequence[Found], lower: bool = True) -> dict[str, Found]:
    """The best of each arm; one whose runs have all diverged has none."""
    sign = 1 if lower else -1
    ranked = sorted(
        (f for f in found if math.isfinite(f.result)), key=lambda f: sign * f.result, reverse=True
    )
    return {f.arm: f for f in ranked}


def at_edge(found: Sequence[Found], chosen: Mapping[str, Found]) -> list[str]:
    """Arms whose best value is the smallest or the largest number that was tried: a better one may lie beyond."""
    tried: dict[str, list[Any]] = {}
    for f in found:
        tried.setdefault(f.arm, []).append(f.value)
    numbers = {a: v for a, v in tried.items() if all(type(n) in (int, float) for n in v)}
    return [a for a, v in numbers.items() if a in chosen and chosen[a].value in (min(v), max(v))]
