"""Null records, in which there is nothing to see: a claim that survives them is vacuous.

Kinds, of which each claim names those that must break it (`Claim.null`):

* `equal`: every arm has the rows of one of them. `chance`: every value is its metric's chance level.
* `reversed`: the arms have each other's rows, of each metric in the opposite order of their mean on it.
* `permuted`: the arms have each other's rows, at random.
* `shifted`: every value of a metric is worse by the same: by half the way from its best run to its chance level (by
  the spread of its values where the best is at chance). `shrunk`: every value is half way to the chance level.
  Who wins is as it was, so a claim that they must break has a gate or a size.
* Inside one arm, at random: `index`: a metric's values change places among seeds and indices of a step;
  `steps`: those of a run change places among its steps; `pairing`: each metric's seeds are renamed, so that what
  two metrics say of one seed comes from two.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter

from repro.claim import Claim
from repro.record import stats
from repro.record.judge import judge_one
from repro.record.reads import Noted
from repro.record.view import Row, View
from repro.spec import Exhibit

DRAWS = 40
"""Records of each random kind."""
CHANCE_TO_HOLD = 0.65
"""A comparison of two things holds on half of all random records by its nature; 0.15 for the draw of 40."""


def null_records(exhibit: Exhibit, rows: Sequence[Row], kind: str) -> Iterator[list[Row]]:
    """The null records of one kind; the random ones are the same at every call."""
    by_arm: dict[str, list[Row]] = {}
    for row in rows:
        by_arm.setdefault(row[0], []).append(row)
    if kind == "equal":
        for source in by_arm.values():
            yield [(arm, *row[1:]) for arm in by_arm for row in source]
    elif kind == "chance":
        level = {m.name: 0.0 if m.chance is None else m.chance for m in exhibit.metrics}
        yield [(*row[:5], level.get(row[2], 0.0)) for row in rows]
    elif kind == "reversed":
        yield _reversed(rows)
    elif kind in ("shifted", "shrunk"):
        yield _towards_chance(exhibit, rows, kind)
    else:
        rng = random.Random(0)
        for _ in range(DRAWS):
            yield _RANDOM[kind](rows, rng)


def _reversed(rows: Sequence[Row]) -> list[Row]:
    """Best becomes worst: of each metric, its arms swap rows from both ends of their ranking."""
    values: dict[str, dict[str, list[float]]] = {}
    for arm, _, metric, *_, value in rows:
        values.setdefault(metric, {}).setdefault(arm, []).append(value)
    takes: dict[tuple[str, str], str] = {}  # (metric, source) → arm
    for metric, of_arm in values.items():
        means = {arm: stats.mean([v for v in own if math.isfinite(v)]) for arm, own in of_arm.items()}
        order = sorted((a for a in means if math.isfinite(means[a])), key=lambda arm: means[arm])
        takes |= {(metric, a): b for a, b in zip(order, order[::-1], strict=True)}
    return [(takes.get((r[2], r[0]), r[0]), *r[1:]) for r in rows]


def _towards_chance(exhibit: Exhibit, rows: Sequence[Row], kind: str) -> list[Row]:
    """Worse everywhere, in the order that there was. Metrics without a chance level stay as they are."""
    moved: dict[str, Callable[[float], float]] = {}
    for metric in exhibit.metrics:
        values = [r[5] for r in rows if r[2] == metric.name and math.isfinite(r[5])]
        if metric.chance is not None and values:
            best = min(values) if metric.lower_is_better else max(values)
            c = (metric.chance - best) / 2 or (max(values) - min(values)) * (
                1 if metric.lower_is_better else -1
            )
            moved[metric.name] = partial(_moved, chance=metric.chance, c=c, kind=kind)
    return [(*r[:5], moved[r[2]](r[5])) if r[2] in moved else r for r in rows]


def _moved(value: float, chance: float, c: float, kind: str) -> float:
    return value + c if kind == "shifted" else (value + chance) / 2


def _permuted(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    arms = list(dict.fromkeys(map(itemgetter(0), rows)))
    takes = dict(zip(rng.sample(arms, len(arms)), arms, strict=True))  # source → arm
    return [(takes[r[0]], *r[1:]) for r in rows]


def _index(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    return _shuffled(rows, rng, lambda arm, seed, metric, step, index: (arm, metric, step))


def _steps(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    return _shuffled(rows, rng, lambda arm, seed, metric, step, index: (arm, seed, metric, index))


def _shuffled(
    rows: Sequence[Row], rng: random.Random, group: Callable[[str, int, str, int, str], tuple[object, ...]]
) -> list[Row]:
    """The rows with the values of each group in random order."""
    values: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        values.setdefault(group(*row[:5]), []).append(row[5])
    for found in values.values():
        rng.shuffle(found)
    return [(*row[:5], values[group(*row[:5])].pop()) for row in rows]


def _pairing(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """Whole runs get another seed, each metric by itself: its own values and curves stay as they are."""
    seeds: dict[tuple[str, str], list[int]] = {}
    for arm, seed, metric, *_ in rows:
        known = seeds.setdefault((arm, metric), [])
        if seed not in known:
            known.append(seed)
    new = {k: dict(zip(known, rng.sample(known, len(known)), strict=True)) for k, known in seeds.items()}
    return [(r[0], new[r[0], r[2]][r[1]], *r[2:]) for r in rows]


_RANDOM = {"permuted": _permuted, "index": _index, "steps": _steps, "pairing": _pairing}


def survives(claim: Claim, view: View) -> bool:
    """Whether the claim would hold on these rows: its test runs, on finite values, past its gate."""
    try:
        outcome = claim.test(view)
        return bool(outcome.holds) and not outcome.gate and not view.not_finite
    except Exception:  # a claim whose test fails is open, never reproduced
        return False


def _reversed_among(claim: Claim, exhibit: Exhibit, rows: Sequence[Row]) -> View:
    """Reversed are the arms alone that the claim reads on these rows."""
    view = Noted(rows, exhibit.arms)
    survives(claim, view)
    mine, others = ([r for r in rows if (r[0] in view.of) == own] for own in (True, False))
    return View([*_reversed(mine), *others], exhibit.arms)


def vacuous(exhibit: Exhibit, rows: Sequence[Row]) -> dict[str, str]:
    """Claims that hold where there is nothing to see, with the null records that they survive.

    Only claims that the rows can decide are judged. "reversed" counts against a claim that holds on the rows
    themselves (what contradicts a record agrees with its reverse), if it survives also where only the arms that it
    reads swap: an arm beside them may stand for its own kind. Random kinds may hold on 65 % of their draws.
    """
    view = View(rows, exhibit.arms)
    asked: dict[str, list[Claim]] = {}  # kind → the claims that it must break
    for claim in (c for c in exhibit.claims if c.profiles):  # others are never judged
        seen = judge_one(claim, {"profile": claim.profiles[0]}, view.anew())
        for kind in claim.null if seen.verdict != "open" else ():
            if kind != "reversed" or seen.verdict != "not reproduced":
                asked.setdefault(kind, []).append(claim)
    found: dict[str, list[str]] = {}
    for kind, claims in asked.items():
        kept, of = _kept(claims, exhibit, rows, kind)
        for claim in claims:
            if kept[claim.id] > (CHANCE_TO_HOLD * DRAWS if kind in _RANDOM else 0):
                found.setdefault(claim.id, []).append(f'{kept[claim.id]} of {of} "{kind}"')
    return {claim: f"holds on null records: {', '.join(kinds)}" for claim, kinds in found.items()}


def _kept(
    claims: Sequence[Claim], exhibit: Exhibit, rows: Sequence[Row], kind: str
) -> tuple[Counter[str], int]:
    """On how many null records of a kind each claim survives, and how many there are; in memory one at a time."""
    kept, of = Counter[str](), 0
    for null in null_records(exhibit, rows, kind):
        view, of = View(null, exhibit.arms), of + 1
        kept.update(c.id for c in claims if survives(c, view.anew()))
    if kind == "reversed":
        kept = Counter(c.id for c in claims if kept[c.id] and survives(c, _reversed_among(c, exhibit, rows)))
    return kept, of
