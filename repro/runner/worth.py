"""In which order to train what is missing, when time is short: most verdicts a minute first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from repro.errors import DataError
from repro.record.reads import arms_read
from repro.record.run import Run
from repro.runner.anywhere import found
from repro.runner.carry import Job, data_by_run
from repro.runner.estimate import known, seconds
from repro.runner.groups import Group, groups, lacking
from repro.runner.grow import committed
from repro.runner.keys import code_of
from repro.spec import Exhibit


@dataclass(frozen=True)
class Planned:
    """A group, the seconds that it will take, how that is known, and the claims that are decided once it is done."""

    exhibit: str
    group: Group
    estimate_s: float
    basis: str
    settles: tuple[str, ...] = ()
    fits: bool = True


@dataclass(frozen=True)
class Wish:
    """A claim of an exhibit that waits for groups, by their index."""

    exhibit: str
    claim: str
    waits: frozenset[int]


def finished(exhibit: Exhibit, made: Sequence[Run], runs_dir: str, data_dir: str | None) -> set[str]:
    """Names of the runs of which a machine has a result by today's code; none, where their data are not here."""
    job = Job(
        exhibit.id, Group(exhibit.trained_by, tuple(made)), runs_dir, "any", data_dir, jointly=exhibit.jointly
    )
    try:
        there, _ = found(job, data_by_run(job, download=False), code_of(exhibit.trained_by))
    except DataError:
        return set()
    return set(there)


def order(
    wanted: Sequence[tuple[Exhibit, Sequence[Run]]],
    profile: str,
    kind: str,
    runs_dir: str,
    budget_s: float | None = None,
    data_dir: str | None = None,
    beyond: bool = False,
) -> list[Planned]:
    """The missing groups of exhibits (with all their runs at `profile`), most verdicts a minute first.

    `beyond`: runs that the committed record has are not missing.

    What ends within the budget goes before what does not. Groups that no open claim of the paper waits for come last,
    the short ones first. One that several exhibits show is there once.
    """
    samples, todo, wishes = known(Path(runs_dir), kind), dict[str, Planned](), list[Wish]()
    for exhibit, made in wanted:
        mine: dict[str, set[int]] = {}  # arm → groups that it is in
        there = committed(exhibit, profile, made) if beyond else set()
        done = there | finished(exhibit, made, runs_dir, data_dir)
        for group in lacking(groups(exhibit, exhibit.profile(profile), made, kind), done):
            same = group.same  # a digest of all its runs
            todo.setdefault(same, Planned(exhibit.id, group, *seconds(group, kind, samples)))
            at = list(todo).index(same)
            for run in group.runs:
                mine.setdefault(run.arm, set()).add(at)
        wishes += _wishes(exhibit, made, profile, mine)
    groups_ = list(todo.values())
    return _told(groups_, _greedy(groups_, wishes, budget_s), wishes, budget_s)


def _wishes(exhibit: Exhibit, made: Sequence[Run], profile: str, mine: Mapping[str, set[int]]) -> list[Wish]:
    """The claims of the paper that can be judged at `profile` and wait for groups of `mine`."""
    planned, waiting = {(r.arm, r.seed) for r in made}, []
    for claim in exhibit.claims:
        if not claim.finding and profile in claim.profiles:
            arms = arms_read(claim, exhibit.arms, planned)
            waits = frozenset(i for arm in arms for i in mine.get(arm, ()))
            waiting += [Wish(exhibit.id, claim.id, waits)] if waits else []
    return waiting


def _greedy(todo: Sequence[Planned], wishes: list[Wish], budget_s: float | None) -> list[int]:
    """In rounds: the groups of the claim that, with those it takes along, gives most verdicts a minute."""
    made, left = list[int](), budget_s
    while wishes:
        best = max(wishes, key=partial(_worth, todo=todo, wishes=wishes, left=left)).waits
        made += sorted(best, key=lambda i: (todo[i].estimate_s, i))
        left = left and left - sum(todo[i].estimate_s for i in best)
        wishes = [replace(w, waits=w.waits.difference(made)) for w in wishes if not w.waits.issubset(made)]
    rest = set(range(len(todo))).difference(made)
    return made + sorted(rest, key=lambda i: (todo[i].estimate_s, i))


def _worth(
    wish: Wish, todo: Sequence[Planned], wishes: Sequence[Wish], left: float | None
) -> tuple[bool, float, float]:
    """Whether its groups fit, verdicts a second, and the cheaper of equals."""
    cost = sum(todo[i].estimate_s for i in wish.waits)
    gained = sum(other.waits <= wish.waits for other in wishes)
    return left is None or cost <= left, gained / max(cost, 1e-9), -cost


def _told(
    todo: Sequence[Planned], indices: Sequence[int], wishes: Sequence[Wish], budget_s: float | None
) -> list[Planned]:
    """The groups in this order, each with what is decided after it and whether it ends within the budget."""
    made, done, spent = list[Planned](), set[int](), 0.0
    for i in indices:
        one, before = todo[i], frozenset(done)
        done.add(i)
        spent += one.estimate_s
        settled = [w for w in wishes if w.waits <= done and not w.waits <= before]
        names = tuple(w.claim if w.exhibit == one.exhibit else f"{w.exhibit} {w.claim}" for w in settled)
        made.append(replace(one, settles=names, fits=budget_s is None or spent <= budget_s))
    return made
