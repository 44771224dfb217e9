"""Claims of meProp's Figure 4, and what counts as reproducing them."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

from repro.claim import Claims, Outcome
from repro.exhibits.meprop.fig4.spec import PERCENT
from repro.record.stats import exceeds, mean, standard_error
from repro.record.view import MissingData, View

ACCURACY = "test_accuracy"
Pair = tuple[list[float], list[float]]

claims = Claims()
_long = partial(claims, profiles=("cpu", "paper"))
_left, _middle, _right = (partial(_long, place=f"Figure 4, {x}") for x in ("left", "middle", "right"))


def _final(view: View, rule: str, percent: int | None = None) -> list[float]:
    """Accuracies over seeds."""
    return view.final(view.arm(rule=rule, percent=percent), ACCURACY)


def _ratios(view: View, rule: str) -> list[int]:
    """The ratios (%) at which this profile runs a rule; `MissingData` if there is none."""
    there = {p: view.where(rule=rule, percent=p) for p in PERCENT}
    view.those_run([arm for arms in there.values() for arm in arms], ACCURACY)
    return [p for p, arms in there.items() if arms]


def _pairs(view: View, left: str, right: str) -> dict[int, Pair]:
    """percent → (accuracies of `left`, accuracies of `right`), over seeds, at every ratio that both have."""
    other = _ratios(view, right)
    both = [p for p in _ratios(view, left) if p in other]
    if len(both) < 3:
        raise MissingData(f"at least three ratios of {left}-k and {right}-k")
    return {p: (_final(view, left, p), _final(view, right, p)) for p in both}


def _gaps(pairs: dict[int, Pair]) -> str:
    return ", ".join(f"{p} %: {mean(a) - mean(b):+.2f}" for p, (a, b) in pairs.items()) + " points"


def _wider(one: Pair, other: Pair) -> bool:
    """Whether the gap of `one` is larger than that of `other` by more than 2 standard errors."""
    error = math.hypot(standard_error(*one), standard_error(*other))
    return (mean(one[0]) - mean(one[1])) - (mean(other[0]) - mean(other[1])) > 2 * error


def _against_dense(view: View, percent: int) -> tuple[float, float]:
    """(mean top-k − mean dense, standard error) at one ratio."""
    top, dense = _final(view, "top", percent), _final(view, "dense")
    return mean(top) - mean(dense), standard_error(top, dense)


def _show(gaps: dict[int, tuple[float, float]]) -> str:
    told = ", ".join(f"{p} %: {g:+.2f} ± {e:.2f}" for p, (g, e) in gaps.items())
    return f"{told} (standard error) points"


@_middle(
    "F4-1",
    "Top-k beats random-k at every equal ratio",
    paper="+9.2 (1 %), +5.8 (4 %), +4.0 (8 %), +2.1 (16 %) points",
    tolerance="difference above 2 standard errors at every ratio run",
)
def _top_beats_random(view: View) -> Outcome:
    pairs = _pairs(view, "top", "random")
    return Outcome(all(exceeds(a, b) for a, b in pairs.values()), _gaps(pairs))


@_middle(
    "F4-2",
    "The advantage over random-k shrinks as k grows",
    paper="9.2 → 2.1 points",
    tolerance="at no ratio larger than at the one before by 2 standard errors; more than twice as large at 1 % as at "
    "the largest ratio; > 1 point at 1 %",
)
def _gap_shrinks(view: View) -> Outcome:
    pairs = _pairs(view, "top", "random")
    gaps = [mean(a) - mean(b) for a, b in pairs.values()]
    shrinks = all(not _wider(pairs[b], pairs[a]) for a, b in pairwise(pairs))
    holds = shrinks and gaps[0] > 2 * gaps[-1] > 0 and exceeds(*pairs[min(pairs)], 1.0)
    return Outcome(holds, _gaps(pairs))


@_right(
    "F4-3",
    "meProp with h = 500 beats an MLP with only h = k units at every ratio",
    paper="+5.3 (1 %), +1.6 (4 %), +1.0 (8 %) points",
    tolerance="difference above 2 standard errors at every ratio run",
)
def _beats_small(view: View) -> Outcome:
    pairs = _pairs(view, "top", "small")
    return Outcome(all(exceeds(a, b) for a, b in pairs.values()), _gaps(pairs))


@_left(
    "F4-4",
    "At a ratio of 1 % accuracy is clearly below the dense net",
    paper="96.0 against 97.82 %",
    tolerance="more than 1 point below, beyond 2 standard errors, and less than 5",
)
def _drop_at_one(view: View) -> Outcome:
    gap, error = _against_dense(view, 1)
    return Outcome(-5.0 < gap < -1.0 - 2 * error, _show({1: (gap, error)}))


@_left(
    "F4-5",
    "From 4 % up to 32 % of the gradient nothing is lost",
    paper="+0.2 to +0.33 points",
    tolerance="at no ratio ≥ 4 % below dense by more than 0.2 points or 2 standard errors, while 1 % loses > 1 point",
)
def _no_loss(view: View) -> Outcome:
    gaps = {p: _against_dense(view, p) for p in _ratios(view, "top") if p >= 4}
    one, _ = _against_dense(view, 1)
    nothing = all(g >= -0.2 and g + 2 * e >= 0 for g, e in gaps.values())
    return Outcome(len(gaps) >= 3 and nothing and one < -1.0, _show(gaps))


@_left(
    "F4-6",
    "The curve has a hump: some ratio between 4 and 32 % is better than the dense net",
    paper="98.15 against 97.82 % at 16 %",
    tolerance="best ratio in 4–32 % above dense by more than 2 standard errors",
)
def _hump(view: View) -> Outcome:
    gaps = {p: _against_dense(view, p) for p in _ratios(view, "top")}
    one, _ = _against_dense(view, 1)
    best = max(gaps, key=lambda p: gaps[p][0])
    holds = gaps[best][0] > 2 * gaps[best][1] and 4 <= best <= 32 and one < -1.0
    return Outcome(holds, f"best at {best} %; {_show(gaps)}")
