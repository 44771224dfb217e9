"""Judging a record: a view of its rows, and the verdict on each claim."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repro import stats
from repro.spec import Claim, Exhibit

Row = tuple[str, int, str, int, str, float]
"""arm, seed, metric, step, index, value."""


class MissingData(LookupError):
    """A claim needs an arm or a metric that the record does not have: its verdict is `open`."""


class View:
    """Read access to a record's rows, by arm and metric.

    `planned`: the arms that the record was to have, where that is known; without it, those that it has.
    `not_finite`: the (arm, metric) of each value that was given out and is not a finite number.
    """

    def __init__(self, rows: Iterable[Row], planned: Collection[str] | None = None):
        self.not_finite: dict[tuple[str, str], None] = {}  # a dict keeps the order of reading
        self._planned = planned
        self._by: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            self._by.setdefault((row[0], row[2]), []).append(row)

    def arms(self) -> list[str]:
        """Arm ids in the record, in order of appearance."""
        return list(dict.fromkeys(arm for arm, _ in self._by))

    def has(self, arm: str, metric: str) -> bool:
        """Whether there is any row of this arm and metric."""
        return (arm, metric) in self._by

    def those_run(self, arms: Iterable[str], metric: str, least: int = 1) -> list[str]:
        """Those of `arms` that this profile runs: what "every arm" means in a claim.

        `MissingData` if they are fewer than `least`, or if one of them was to run and has no rows: a claim about
        every arm is neither shown nor refuted by the others.
        """
        asked = list(arms)
        run = [a for a in asked if (self.has(a, metric) if self._planned is None else a in self._planned)]
        if len(run) < least:
            raise MissingData(f"{metric} of at least {least} of {', '.join(asked)}")
        for arm in run:
            self._rows_of(arm, metric)
        return run

    def select(self, arm: str, metric: str) -> list[Row]:
        """All rows of an arm and metric; `MissingData` if there is none."""
        return self._given_out(self._rows_of(arm, metric))

    def _rows_of(self, arm: str, metric: str) -> list[Row]:
        if (arm, metric) not in self._by:
            raise MissingData(f"{metric} of arm {arm}")
        return self._by[arm, metric]

    def _given_out(self, rows: list[Row]) -> list[Row]:
        """The same rows, after noting which of them no verdict can rest on."""
        self.not_finite.update({(r[0], r[2]): None for r in rows if not math.isfinite(r[5])})
        return rows

    def final(self, arm: str, metric: str) -> list[float]:
        """The last step's value of each seed, in order of seeds; errors as of `by_seed`."""
        return list(self.by_seed(arm, metric).values())

    def by_seed(self, arm: str, metric: str) -> dict[int, float]:
        """seed → its last step's value, in order of seeds: to pair two metrics of the same runs.

        `MissingData` if there is none; `ValueError` if a seed has several values (indices) at its last step,
        of which none is *the* final one.
        """
        rows = self._rows_of(arm, metric)
        end: dict[int, int] = {}
        for _, seed, _, step, *_ in rows:
            end[seed] = max(step, end.get(seed, step))
        last = sorted((r for r in rows if r[3] == end[r[1]]), key=lambda r: r[1])
        if len(last) > len(end):
            raise ValueError(f"{metric} of arm {arm} has several values at a seed's last step: use by_index")
        return {r[1]: r[5] for r in self._given_out(last)}

    def mean(self, arm: str, metric: str) -> float:
        """Mean over seeds of the final values; errors as of `by_seed`."""
        return stats.mean(self.final(arm, metric))

    def curve(self, arm: str, metric: str) -> dict[int, list[float]]:
        """step → values over seeds."""
        steps: dict[int, list[float]] = {}
        for row in self.select(arm, metric):
            steps.setdefault(row[3], []).append(row[5])
        return dict(sorted(steps.items()))

    def by_index(self, arm: str, metric: str) -> dict[str, list[float]]:
        """index → values (over seeds and steps)."""
        found: dict[str, list[float]] = {}
        for row in self.select(arm, metric):
            found.setdefault(row[4], []).append(row[5])
        return found


@dataclass(frozen=True)
class Judgement:
    """The verdict on one claim: `reproduced`, `not reproduced` or `open` with the reason."""

    claim: Claim
    verdict: str
    ours: str
    reason: str


def judge(exhibit: Exhibit, record: Mapping[str, Any], rows: Iterable[Row]) -> list[Judgement]:
    """The verdict on every claim of `exhibit` from a record's facts and rows."""
    kept, planned = list(rows), _planned(record)
    return [_judge_one(claim, record, View(kept, planned)) for claim in exhibit.claims]


def _planned(record: Mapping[str, Any]) -> set[str] | None:
    """The arms of the record's spec, whether or not their pieces succeeded."""
    spec = record.get("spec")
    return {arm["id"] for piece in spec["pieces"] for arm in piece["arms"]} if spec else None


def _judge_one(claim: Claim, record: Mapping[str, Any], view: View) -> Judgement:
    try:
        outcome = claim.test(view)
    except MissingData as e:
        return Judgement(claim, "open", "–", f"not in this record: {e}")
    except Exception as e:  # hours of training must not be lost to a test that its author did not foresee
        why = _not_finite(view) or f"its test failed: {type(e).__name__}: {e}"
        return Judgement(claim, "open", "–", why)
    obstacle = _not_finite(view) or _obstacle(claim, record)
    if obstacle:
        return Judgement(claim, "open", outcome.ours, obstacle)
    return Judgement(
        claim, "reproduced" if outcome.holds else "not reproduced", outcome.ours, claim.tolerance
    )


def _not_finite(view: View) -> str:
    """What the test read that is no finite number, or an empty string. What it did not read is no obstacle."""
    read = [f"{metric} of arm {arm}" for arm, metric in view.not_finite]
    more = f" and {len(read) - 3} more" if len(read) > 3 else ""
    return f"values that are not finite: {', '.join(read[:3])}{more}" if read else ""


def _obstacle(claim: Claim, record: Mapping[str, Any]) -> str:
    """Why the record cannot decide the claim either way, or an empty string."""
    profile, data = record["profile"], record.get("data")
    if profile not in claim.profiles:
        needs = [f"needs {' or '.join(claim.profiles)}"] if claim.profiles else []
        return f"not assessable at {profile}: " + "; ".join([*needs, *filter(None, [claim.elsewhere])])
    if data and data["stand_in"] and not claim.stand_in_ok:
        return str(data["note"])
    if record.get("missing"):
        return f"{len(record['missing'])} pieces are missing"
    if record.get("custom"):
        return f"parameters were changed: {', '.join(record['custom'])}"
    return ""


def summary(judgements: Sequence[Judgement]) -> str:
    """ "5 of 6 reproduced, 1 open" in one line."""
    count = {v: sum(j.verdict == v for j in judgements) for v in ("reproduced", "not reproduced", "open")}
    parts = [f"{count['reproduced']} of {len(judgements)} reproduced"]
    parts += [f"{n} {v}" for v, n in count.items() if v != "reproduced" and n]
    return ", ".join(parts)
