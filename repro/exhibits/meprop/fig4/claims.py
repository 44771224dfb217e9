"""Claims of meProp's Figure 4, and what counts as reproducing them.

The gate is a dense net that has learned; directions are decided by intervals over paired seeds, sizes by the numbers
read off the paper's image.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from repro.claim import Claims, Outcome
from repro.exhibits.meprop.fig4.spec import PERCENT
from repro.record.stats import Difference, both, every, mean, paired, some
from repro.record.view import MissingData, View

ACCURACY = "test_accuracy"
LEARNED = 97.0
"""Percent: a dense net below it has not learned, and there is nothing to compare with."""
PAPER: dict[tuple[str, str], dict[int, float]] = {  # gaps in points, read off the image (± 0.03)
    ("top", "random"): {1: 9.2, 4: 5.8, 8: 4.0, 16: 2.1},
    ("top", "small"): {1: 5.3, 4: 1.6, 8: 1.0},
}

claims = Claims()
_left, _middle, _right = (partial(claims, place=f"Figure 4, {x}") for x in ("left", "middle", "right"))
Gaps = dict[int, Difference]


def _arm(view: View, rule: str, percent: int | None = None) -> str:
    return view.arm(rule=rule, percent=percent)


def _ratios(view: View, rule: str) -> list[int]:
    """The ratios (%) at which this profile runs a rule; `MissingData` if there is none."""
    there = {p: view.where(rule=rule, percent=p) for p in PERCENT}
    view.those_run([arm for arms in there.values() for arm in arms], ACCURACY)
    return [p for p, arms in there.items() if arms]


def _gaps(view: View, left: str, right: str) -> Gaps:
    """percent → accuracy of `left` minus that of `right`, at every ratio that both have and the paper shows."""
    other, told = _ratios(view, right), PAPER[left, right]
    found = [p for p in _ratios(view, left) if p in other and p in told]
    if len(found) < 2:
        raise MissingData(f"at least two ratios of {left}-k and {right}-k that the paper shows")
    return {p: paired(view.paired(_arm(view, left, p), _arm(view, right, p), ACCURACY)) for p in found}


def _against_dense(view: View, least: int) -> Gaps:
    """percent → accuracy of top-k minus that of the dense net, from the ratio `least` on."""
    ratios = [p for p in _ratios(view, "top") if p >= least]
    if not ratios:
        raise MissingData(f"a ratio of {least} % or more")
    return {p: paired(view.paired(_arm(view, "top", p), _arm(view, "dense"), ACCURACY)) for p in ratios}


def _told(gaps: Gaps) -> str:
    return ", ".join(f"{p} %: {gap}" for p, gap in gaps.items()) + " points"


def _gate(view: View) -> str:
    dense = view.mean(_arm(view, "dense"), ACCURACY)
    return "" if dense >= LEARNED else f"the dense net has not learned here: {dense:.2f} % (≥ {LEARNED:g} asked)"


def _sized(gaps: Gaps, told: dict[int, float], points: float) -> bool:
    return all(abs(gap.mean - told[p]) <= points for p, gap in gaps.items())


@_middle(
    "F4-1",
    "Top-k beats random-k at every equal ratio",
    paper="+9.2 (1 %), +5.8 (4 %), +4.0 (8 %), +2.1 (16 %) points",
    tolerance="better at every ratio run that the paper shows; size: each gap within 1 point of the paper's",
)
def _top_beats_random(view: View) -> Outcome:
    gaps = _gaps(view, "top", "random")
    return Outcome(every(gaps.values()), _told(gaps), _sized(gaps, PAPER["top", "random"], 1.0), _gate(view))


@_middle(
    "F4-2",
    "The advantage over random-k shrinks as k grows",
    paper="9.2 → 5.8 → 4.0 → 2.1 points",
    tolerance="smaller at each larger ratio that the paper shows; size: at 16 % between 10 and 50 % of that at 1 %",
)
def _gap_shrinks(view: View) -> Outcome:
    gaps = _gaps(view, "top", "random")
    by_seed = {p: _by_seed(view, p) for p in gaps}
    less = [paired([by_seed[a][s] - by_seed[b][s] for s in by_seed[a] if s in by_seed[b]]) for a, b in pairwise(gaps)]
    first, last = gaps[min(gaps)].mean, gaps[max(gaps)].mean
    return Outcome(every(less), _told(gaps), 0.1 <= last / first <= 0.5, _gate(view))


def _by_seed(view: View, percent: int) -> dict[int, float]:
    """seed → accuracy of top-k minus that of random-k."""
    top, random = (view.by_seed(_arm(view, rule, percent), ACCURACY) for rule in ("top", "random"))
    return {s: top[s] - random[s] for s in top if s in random}


@_right(
    "F4-3",
    "meProp with h = 500 beats an MLP with only h = k units at every ratio",
    paper="+5.3 (1 %), +1.6 (4 %), +1.0 (8 %) points",
    tolerance="better at every ratio run that the paper shows; size: each gap within 1 point of the paper's",
)
def _beats_small(view: View) -> Outcome:
    gaps = _gaps(view, "top", "small")
    return Outcome(every(gaps.values()), _told(gaps), _sized(gaps, PAPER["top", "small"], 1.0), _gate(view))


@_left(
    "F4-4",
    "At a ratio of 1 % accuracy is clearly below the dense net",
    paper="96.0 against 97.82 %: −1.8 points",
    tolerance="more than 1 point below; size: within 0.5 points of the paper's gap",
)
def _drop_at_one(view: View) -> Outcome:
    drop = paired(view.paired(_arm(view, "dense"), _arm(view, "top", 1), ACCURACY))
    return Outcome(drop.above(1.0), f"dense − top at 1 %: {drop} points", abs(drop.mean - 1.83) <= 0.5, _gate(view))


@_left(
    "F4-5",
    "From 4 % up to 32 % of the gradient nothing is lost",
    paper="+0.2 to +0.33 points",
    tolerance="at no ratio from 4 % on > 0.2 points below the dense net; size: each gap within 0.3 points of the paper's",
)
def _no_loss(view: View) -> Outcome:
    gaps = _against_dense(view, 4)
    size = all(-0.1 <= gap.mean <= 0.63 for gap in gaps.values())
    return Outcome(every(gaps.values(), -0.2), _told(gaps), size, _gate(view))


@_left(
    "F4-6",
    "The curve has a hump: some ratio between 4 and 32 % is better than the dense net",
    paper="98.15 against 97.82 % at 16 %",
    tolerance="some ratio from 4 % on better than the dense net, at a level shared among all; size: by ≥ 0.15 points",
)
def _hump(view: View) -> Outcome:
    gaps = _against_dense(view, 4)
    best = max(gaps, key=lambda p: gaps[p].mean)
    size = gaps[best].mean >= 0.15
    return Outcome(some(gaps.values()), f"best at {best} %; {_told(gaps)}", size, _gate(view))


@partial(claims, place="Figure 4")(
    "F4-7",
    "The accuracies themselves, in all three panels",
    paper="15 points between 86.8 and 98.15 %, and the dense 97.82 %",
    tolerance="top-k above the narrow nets above random-k at 1 %; size: each number within 0.5 points of the paper's but "
    "one, which is within 2",
)
def _levels(view: View) -> Outcome:
    ours = {a: view.final(a, ACCURACY) for a in view.reported(ACCURACY)}
    if len(ours) < 3:
        raise MissingData("three arms with numbers of the paper")
    off = {a: abs(mean(v) - view.reported(ACCURACY)[a]) for a, v in ours.items()}
    order = [paired(view.paired(_arm(view, a, 1), _arm(view, b, 1), ACCURACY)) for a, b in pairwise(("top", "small", "random"))]
    far = [a for a, d in off.items() if d > 0.5]
    worst = max(off, key=lambda a: off[a])
    told = f"{len(off) - len(far)} of {len(off)} within 0.5 points, the farthest {worst} by {off[worst]:.2f}"
    return Outcome(both(every(order)), told, len(far) <= 1 and off[worst] <= 2, _gate(view))
