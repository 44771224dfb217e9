"""Claims of DNI's Table 1, and what counts as reproducing them. Levels are compared seed by seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from repro.claim import Claims, Outcome
from repro.exhibits.dni.table1.spec import FRESH, REPORTED, name
from repro.record.stats import Difference, both, each_ahead, every, mean, paired, some
from repro.record.view import MissingData, View

TOYS, SHORT, TEXT = ("copy", "repeat_copy"), (2, 3, 4, 5), (2, 3, 4, 5, 8)
CHANCE = 4.0
"""Bits per character of a net that knows the frequencies of characters and little more."""
claims = Claims()


def _table(id: str, text: str, paper: str, tolerance: str, quick: bool = False) -> Callable[..., Any]:
    profiles = ("quick", "cpu", "paper") if quick else ("cpu", "paper")
    given = "see dni/rnn-control: whether it is the gradient's content" if quick else ""
    return claims(id, text, place="Table 1", paper=paper, tolerance=tolerance, profiles=profiles, given=given)


def _run(view: View, task: str, *methods: str) -> list[int]:
    """The windows at which this record was to have all `methods`."""
    metric = "bpc" if task == "ptb" else "levels"
    asked = TEXT if task == "ptb" else SHORT
    sets = [set(view.those_run([name(task, m, t) for t in asked], metric)) for m in methods]
    found = [t for t in asked if all(name(task, m, t) in s for m, s in zip(methods, sets, strict=True))]
    if not found:
        raise MissingData(f"{metric} of {task} by {' and '.join(methods)} at the same T")
    return found


def _gains(
    view: View, better: str, worse: str, tasks: tuple[str, ...] = TOYS
) -> dict[tuple[str, int], Difference]:
    """Levels (bits per character, sign turned) of one method beyond another's, of each task and T."""
    metric, sign = ("bpc", -1.0) if tasks == ("ptb",) else ("levels", 1.0)
    return {
        (task, t): paired(
            [sign * d for d in view.paired(name(task, better, t), name(task, worse, t), metric)]
        )
        for task in tasks
        for t in _run(view, task, better, worse)
    }


def _told(found: dict[tuple[str, int], Difference]) -> str:
    return ", ".join(f"{task} T = {t}: {d}" for (task, t), d in found.items())


def _ratio(view: View, task: str, t: int) -> tuple[float, float]:
    """(ours, the paper's) T_task of DNI over that of BPTT."""
    ours = view.mean(name(task, "dni", t), "solved") / max(view.mean(name(task, "bptt", t), "solved"), 1.0)
    return ours, REPORTED[task]["dni"][t] / REPORTED[task]["bptt"][t]


@_table(
    "T1-1",
    "For every T, DNI solves longer Copy and Repeat Copy tasks than BPTT",
    "Copy 16, 14, 18, 18 against 7, 8, 10, 8; Repeat Copy 39, 33, 39, 59 against 7, 5, 19, 23",
    "levels beyond BPTT's at each T that was run (95 % intervals, by seed); not where at some T it is not, and is "
    "surely less than a level ahead (since cpu was seen: without that, two that are equal stay open for good); size: "
    "the ratio of T_task within a factor of 1.5, geometric mean",
    quick=True,
)
def _longer(view: View) -> Outcome:
    gains = _gains(view, "dni", "bptt")
    ratios = [_ratio(view, *cell) for cell in gains]
    off = math.exp(mean([math.log(max(a, 1e-9) / b) for a, b in ratios]))
    return Outcome(
        each_ahead(gains.values(), 1.0),
        f"levels {_told(gains)}; ratio {off:.2f} of the paper's",
        1 / 1.5 <= off <= 1.5,
    )


@_table(
    "T1-2",
    "The auxiliary task never costs a level, and gains some",
    "equal at T = 2 and 5; 14 → 17, 18 → 19; 33 → 59, 39 → 67",
    "no cell more than a level below DNI, one above; 95 % intervals",
    quick=True,
)
def _auxiliary(view: View) -> Outcome:
    gains = _gains(view, "aux", "dni")
    return Outcome(both(every(gains.values(), -1.0), some(gains.values())), _told(gains))


@_table(
    "T1-3",
    "DNI with T = 2 solves more than BPTT with T = 5",
    "16 against 8; 39 against 23",
    "levels, 95 % intervals, both tasks",
)
def _across(view: View) -> Outcome:
    found = {(k, 2): paired(view.paired(name(k, "dni", 2), name(k, "bptt", 5), "levels")) for k in TOYS}
    return Outcome(every(found.values()), _told(found))


@_table(
    "T1-4",
    "BPTT solves more with a longer window",
    "Copy 7 → 8 (10 at T = 4); Repeat Copy 7 → 23",
    "T = 5 beyond T = 2 in levels; size: the ratio of T_task within a factor of 1.5; 95 % intervals, both tasks; the "
    "size was added after cpu had been seen, first as a mean, of which Copy's 1.49 passed",
)
def _grows(view: View) -> Outcome:
    found = {(k, 5): paired(view.paired(name(k, "bptt", 5), name(k, "bptt", 2), "levels")) for k in TOYS}
    off = {k: _lengthening(view, k) for k in TOYS}
    ends = [paired(v).interval() for v in off.values()]
    told = (f"{mean(v):.2f} [{a:.2f}, {b:.2f}]" for v, (a, b) in zip(off.values(), ends, strict=True))
    said = f"levels {_told(found)}; ratio {' and '.join(told)} of the paper's"
    return Outcome(every(found.values()), said, all(1 / 1.5 <= end <= 1.5 for pair in ends for end in pair))


def _lengthening(view: View, task: str) -> list[float]:
    """By how much T_task grows from T = 2 to 5 over the paper's growth, seed by seed."""
    short, long = (view.by_seed(name(task, "bptt", t), "solved") for t in (2, 5))
    paper = REPORTED[task]["bptt"][5] / REPORTED[task]["bptt"][2]
    return [long[s] / max(short[s], 1.0) / paper for s in sorted(short.keys() & long.keys())]


def _learned(view: View, arms: list[str]) -> str:
    worst = max(view.mean(a, "bpc") for a in arms)
    return "" if worst < CHANCE / 2 else f"the nets have not learned: {worst:.2f} bits per character"


@_table(
    "T1-5",
    "For every T, DNI has fewer bits per character than BPTT",
    "0.01 to 0.02 fewer at each T",
    "below at each T, 95 % intervals; size: on average by 0.005 to 0.03",
)
def _text(view: View) -> Outcome:
    gains = _gains(view, "dni", "bptt", ("ptb",))
    size = mean([d.mean for d in gains.values()])
    gate = _learned(view, [name("ptb", "bptt", t) for _, t in gains])
    return Outcome(every(gains.values()), _told(gains), 0.005 <= size <= 0.03, gate)


@_table(
    "T1-6",
    "With the auxiliary task it has fewer still at T = 8, the best of all",
    "1.33 against 1.34 and 1.35",
    "below DNI and BPTT at T = 8, 95 % intervals",
)
def _best(view: View) -> Outcome:
    found = {
        (m, 8): paired([-d for d in view.paired(name("ptb", "aux", 8), name("ptb", m, 8), "bpc")])
        for m in ("dni", "bptt")
    }
    return Outcome(every(found.values()), _told(found), gate=_learned(view, [name("ptb", "bptt", 8)]))


def _beyond(view: View, worse: str, kinds: tuple[str, ...], t: int = 2) -> dict[str, Difference]:
    """Kind → bits per character that `worse` has beyond it, seed by seed; at T = 5 of fresh seeds alone."""
    per = {k: view.by_seed(name("ptb", k, t), "bpc") for k in (worse, *kinds)}
    shared = set.intersection(*map(set, per.values()))
    seeds = sorted(shared & {*FRESH} if t == 5 else shared)
    if len(seeds) < 2:
        raise MissingData(f"bpc of {', '.join(per)} on text at T = {t} with the same (fresh) seeds")
    return {k: paired([per[worse][s] - per[k][s] for s in seeds]) for k in kinds}


def _bits(found: dict[str, Difference]) -> str:
    """To three digits: a hundredth of a bit is what the table is about."""
    told = ((k, d, *d.interval()) for k, d in found.items())
    return ", ".join(f"{k} {d.mean:+.3f} [{low:+.3f}, {high:+.3f}]" for k, d, low, high in told)


def _whatever(view: View, t: int, kinds: tuple[str, ...]) -> Outcome:
    """Whether each of these gains on BPTT."""
    found = _beyond(view, "bptt", ("dni", *kinds), t)
    gate = _learned(view, [name("ptb", "bptt", t)])
    told = f"fewer than BPTT: {_bits(found)}; R² of M {view.mean(name('ptb', 'dni', t), 'sg_r2'):.3f}"
    return Outcome(every([d for k, d in found.items() if k != "dni"]), told, gate=gate)


def _content(view: View, t: int) -> Outcome:
    """Whether δ̂ gains on its wrong sign and on noise."""
    found = {k: _beyond(view, k, ("dni",), t)["dni"] for k in ("negative", "noise")}
    gate = _learned(view, [name("ptb", "bptt", t)])
    return Outcome(every(found.values()), f"δ̂ fewer than: {_bits(found)}", gate=gate)


_ours = partial(claims, place="Table 1 (ours)", paper="no data", finding=True)
_two = partial(_ours, profiles=("cpu", "paper"))
_fresh = partial(
    _ours, profiles=("cpu",), given="T = 5 was chosen because seeds 0 to 4 gain there; judged on ten others"
)
_BELOW = "fewer bits per character{}, 95 % intervals of differences paired by seed"


@_two(
    "T1-7",
    "On text a fixed random direction, the mean of δ̂ over lanes and −δ̂ gain as δ̂ is said to",
    tolerance="each " + _BELOW.format(" than BPTT at T = 2"),
)
def _whatever_at_two(view: View) -> Outcome:
    return _whatever(view, 2, ("negative", "mean_lane", "fixed"))


@_two(
    "T1-8",
    "On text δ̂ does better than its wrong sign and than noise of its M's length: content counts",
    tolerance=_BELOW.format(" at T = 2"),
)
def _content_at_two(view: View) -> Outcome:
    return _content(view, 2)


@_fresh(
    "T1-9",
    "At T = 5 too a fixed random direction and −δ̂ gain on text",
    tolerance="each " + _BELOW.format(" than BPTT"),
)
def _whatever_at_five(view: View) -> Outcome:
    return _whatever(view, 5, ("negative", "fixed"))


@_fresh(
    "T1-10",
    "At T = 5 δ̂ does better on text than its wrong sign and than noise of its M's length: content counts",
    tolerance=_BELOW.format(""),
)
def _content_at_five(view: View) -> Outcome:
    return _content(view, 5)


@_fresh(
    "T1-11",
    "At T = 5 DNI has fewer bits per character than BPTT on other seeds too",
    tolerance=_BELOW.format(""),
)
def _again(view: View) -> Outcome:
    found = _beyond(view, "bptt", ("dni",), 5)
    return Outcome(found["dni"].above(), _bits(found), gate=_learned(view, [name("ptb", "bptt", 5)]))
