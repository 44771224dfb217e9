"""A view of a record's rows: what claims, figures and tables read."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from itertools import groupby
from operator import itemgetter
from typing import Any

from repro.record import stats
from repro.spec import Arm

Row = tuple[str, int, str, int, str, float]
"""arm, seed, metric, step, index, value: one line of a record's CSV."""


class MissingData(LookupError):
    """A claim needs a run or a metric that the record does not have: its verdict is `open`."""


class View:
    """Read access to a record's rows, by arm and metric.

    `arms`: the exhibit's, for `where`. `planned`: the (arm, seed) that the record was to have, where that is known;
    an arm of which some are missing is not given out. `not_finite`: the (arm, metric) of each value that was given
    out and is not a finite number.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        arms: Sequence[Arm] = (),
        planned: Collection[tuple[str, int]] | None = None,
    ):
        self.not_finite: dict[tuple[str, str], None] = {}  # a dict keeps the order of reading
        self._arms = arms
        self._planned: dict[str, set[int]] | None = None
        if planned is not None:
            self._planned = {}
            for arm, seed in planned:
                self._planned.setdefault(arm, set()).add(seed)
        self._settings = {a.id: {"dataset": a.dataset, **a.setting} for a in arms}
        self._where: dict[str, list[str]] = {}  # claims ask the same again and again
        self._by: dict[tuple[str, str], list[Row]] = {}
        for arm_and_metric, own in groupby(
            rows, itemgetter(0, 2)
        ):  # a run's stand together: 3 × a row by itself
            self._by.setdefault(arm_and_metric, []).extend(own)

    def anew(self) -> View:
        """The same rows for another reader: what this one was given out does not count."""
        made = copy(self)
        made.not_finite = {}
        return made

    def arms(self) -> list[str]:
        """Arm ids in the record, in order of appearance."""
        return list(dict.fromkeys(arm for arm, _ in self._by))

    def where(self, **setting: Any) -> list[str]:
        """Ids of the arms with these settings that this record was to have (those that it has, if that is not known).

        In the exhibit's order; None means that the arm leaves the setting out. `dataset` counts as a setting.
        """
        asked = repr(setting)
        if asked not in self._where:
            there = set(self.arms()) if self._planned is None else self._planned
            known = ((i, own) for i, own in self._settings.items() if i in there)
            self._where[asked] = [i for i, own in known if all(own.get(k) == v for k, v in setting.items())]
        return list(self._where[asked])

    def arm(self, **setting: Any) -> str:
        """Id of the one arm with these settings; `MissingData` if there is none or more than one."""
        found = self.where(**setting)
        if len(found) != 1:
            said = ", ".join(f"no {k}" if v is None else f"{k} = {v}" for k, v in setting.items())
            raise MissingData(
                f"one arm with {said}, but {', '.join(found)}" if found else f"an arm with {said}"
            )
        return found[0]

    def has(self, arm: str, metric: str) -> bool:
        """Whether there is any row of this arm and metric."""
        return (arm, metric) in self._by

    def those_run(self, arms: Iterable[str], metric: str, least: int = 1) -> list[str]:
        """Those of `arms` that this profile runs: what "every arm" means in a claim.

        `MissingData` if they are fewer than `least`, or if one of them was to run and is not complete: a claim about
        every arm is neither shown nor refuted by the others.
        """
        asked = list(arms)
        run = [a for a in asked if (self.has(a, metric) if self._planned is None else a in self._planned)]
        if len(run) < least:
            raise MissingData(f"{metric} of at least {least} of {', '.join(asked) or 'no arm'}")
        for arm in run:
            self._rows_of(arm, metric)
        return run

    def select(
        self,
        arm: str,
        metric: str,
        *,
        step: int | None = None,
        seed: int | None = None,
        index: str | None = None,
    ) -> list[Row]:
        """The rows of an arm and metric, at one step, seed or index if given; `MissingData` if there is none."""
        rows = list(self._rows_of(arm, metric))
        for place, wanted in ((1, seed), (3, step), (4, index)):
            rows = rows if wanted is None else [r for r in rows if r[place] == wanted]
        if not rows:
            at = ", ".join(
                f"{k} {v}" for k, v in (("step", step), ("seed", seed), ("index", index)) if v is not None
            )
            raise MissingData(f"{metric} of arm {arm} at {at}")
        return self._given_out(rows)

    def _rows_of(self, arm: str, metric: str) -> list[Row]:
        if (arm, metric) not in self._by:
            raise MissingData(f"{metric} of arm {arm}")
        if self._planned is not None:
            lost = self._planned.get(arm, set()) - {r[1] for r in self._by[arm, metric]}
            if lost:
                seeds = ", ".join(map(str, sorted(lost)))
                raise MissingData(f"{metric} of arm {arm} with seed {seeds}, not run yet")
        return self._by[arm, metric]

    def _given_out(self, rows: list[Row]) -> list[Row]:
        """The same rows, after noting which of them no verdict can rest on."""
        self.not_finite.update({(r[0], r[2]): None for r in rows if not math.isfinite(r[5])})
        return rows

    def final(self, arm: str, metric: str) -> list[float]:
        """The last step's value of each seed, in order of seeds; errors as of `by_seed`."""
        return list(self.by_seed(arm, metric).values())

    def by_seed(self, arm: str, metric: str, index: str | None = None) -> dict[int, float]:
        """seed → its last step's value (of one index, if given), in order of seeds.

        `MissingData` if there is none; `ValueError` if a seed has several values (indices) at its last step,
        of which none is *the* final one.
        """
        last = self.last(arm, metric, index)
        if len(last) > len({r[1] for r in last}):
            raise ValueError(f"{metric} of arm {arm} has several values at a seed's last step: name an index")
        return {r[1]: r[5] for r in last}

    def last(self, arm: str, metric: str, index: str | None = None) -> list[Row]:
        """The rows of each seed's own last step (of one index, if given), in order of seeds; `MissingData` if none.

        Seeds may end at different steps: at that of the best evaluation, or of a curriculum's end.
        """
        rows = [r for r in self._rows_of(arm, metric) if index is None or r[4] == index]
        if not rows:
            raise MissingData(f"{metric} of arm {arm} at index {index}")
        end: dict[int, int] = {}
        for _, seed, _, step, *_ in rows:
            end[seed] = max(step, end.get(seed, step))
        return self._given_out(sorted((r for r in rows if r[3] == end[r[1]]), key=lambda r: r[1]))

    def mean(self, arm: str, metric: str) -> float:
        """Mean over seeds of the final values; errors as of `by_seed`."""
        return stats.mean(self.final(arm, metric))

    def paired(self, arm: str, other: str, metric: str) -> list[float]:
        """Final value of `arm` minus that of `other` on the same seed, of each seed that both have.

        `MissingData` if they share none.
        """
        left, right = self.by_seed(arm, metric), self.by_seed(other, metric)
        if not left.keys() & right.keys():
            raise MissingData(f"{metric} of arms {arm} and {other} with the same seed")
        return [left[s] - right[s] for s in left if s in right]

    def curve(self, arm: str, metric: str, index: str | None = None) -> dict[int, list[float]]:
        """step → values over seeds (and indices, unless one is given)."""
        steps: dict[int, list[float]] = {}
        for row in self.select(arm, metric, index=index):
            steps.setdefault(row[3], []).append(row[5])
        return dict(sorted(steps.items()))

    def by_index(
        self, arm: str, metric: str, *, step: int | None = None, seed: int | None = None
    ) -> dict[str, list[float]]:
        """index → values over seeds and steps, or those of one step or seed."""
        found: dict[str, list[float]] = {}
        for row in self.select(arm, metric, step=step, seed=seed):
            found.setdefault(row[4], []).append(row[5])
        return found

    def matrix(
        self, arm: str, metric: str, *, step: int | None = None, seed: int | None = None
    ) -> dict[tuple[str, ...], float]:
        """(row, column, …) → mean over what is not fixed: of a metric whose index is "row;column;…"."""
        found = self.by_index(arm, metric, step=step, seed=seed)
        return {tuple(index.split(";")): stats.mean(values) for index, values in found.items()}
