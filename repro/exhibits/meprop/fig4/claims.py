"""Claims of meProp's Figure 4, and what counts as reproducing them.

The gate is a dense net that has learned; directions are decided by intervals over paired seeds, sizes by the numbers
read off the paper's image.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.meprop.fig4.spec import DENSE, PERCENT, RANDOM, SMALL, TOP
from repro.record.cells import Cells
from repro.record.stats import Difference, both, every, paired, some
from repro.record.view import MissingData, View

ACCURACY, END = "test_accuracy", "end_accuracy"
LEARNED = 97.0
"""Percent: a dense net below it has not learned, and there is nothing to compare with."""
PAPER = {"top": TOP, "random": RANDOM, "small": SMALL}
Gaps = dict[int, Difference]

claims = Claims()
_left, _middle, _right = (
    partial(claims, null=GATED, place=f"Figure 4, {x}") for x in ("left", "middle", "right")
)
_ours = partial(
    claims, place="Figure 4 (ours, beside it)", paper="best of the dev scores alone", finding=True
)


def _arms(view: View, metric: str = ACCURACY) -> Cells:
    """The arms by rule and ratio; the dense net has no ratio."""
    return Cells(view, metric, "percent", PAPER)


def _gate(view: View) -> str:
    dense = view.mean(view.arm(rule="dense"), ACCURACY)
    return (
        "" if dense >= LEARNED else f"the dense net has not learned here: {dense:.2f} % (≥ {LEARNED:g} asked)"
    )


def _shown(arms: Cells, *rules: str) -> list[int]:
    """The ratios at which this record was to have the rules and of which the paper shows them."""
    there = [arms.rows(r, [p for p in PERCENT if p in PAPER[r]]) for r in rules]
    found = [p for p in PERCENT if all(p in own for own in there)]
    if len(found) < 2:
        raise MissingData(f"two ratios of {' and '.join(rules)} that the paper shows")
    return found


def _gaps(arms: Cells, more: str, less: str) -> Gaps:
    """percent → what `more` is above `less`, at every ratio that both have and the paper shows."""
    return {p: arms.gap(more, less, p) for p in _shown(arms, more, less)}


def _above_dense(view: View, *ratios: int) -> Gaps:
    """percent → accuracy of top-k minus that of the dense net, at these ratios or all from 4 % on."""
    arms, dense = _arms(view), view.arm(rule="dense")
    found = ratios or [p for p in _shown(arms, "top") if p >= 4]
    return {p: paired(view.paired(arms.arm("top", p), dense, ACCURACY)) for p in found}


def _told(gaps: Gaps) -> str:
    return ", ".join(f"{p} %: {gap}" for p, gap in gaps.items()) + " points"


def _near(gaps: Gaps, more: str, less: str, points: float) -> bool:
    """Whether each gap is the paper's, up to `points`."""
    told = {p: PAPER[more][p] - (PAPER[less][p] if less in PAPER else DENSE) for p in gaps}
    return all(abs(gap.mean - told[p]) <= points for p, gap in gaps.items())


def _beats(view: View, less: str) -> Outcome:
    gaps = _gaps(_arms(view), "top", less)
    return Outcome(every(gaps.values()), _told(gaps), _near(gaps, "top", less, 1.0), _gate(view))


@_middle(
    "F4-1",
    "Top-k beats random-k at every equal ratio",
    paper="+9.2 (1 %), +5.8 (4 %), +4.0 (8 %), +2.1 (16 %) points",
    tolerance="better at every ratio run that the paper shows; size: each gap within 1 point of the paper's",
)
def _top_beats_random(view: View) -> Outcome:
    return _beats(view, "random")


@_middle(
    "F4-2",
    "The advantage over random-k shrinks as k grows",
    paper="9.2 → 5.8 → 4.0 → 2.1 points",
    tolerance="smaller at each larger ratio that the paper shows; size: the last 10 to 50 % of the first",
)
def _gap_shrinks(view: View) -> Outcome:
    arms = _arms(view)
    gaps, lost = _gaps(arms, "top", "random"), []
    by_seed = {p: [view.by_seed(arms.arm(r, p), ACCURACY) for r in ("top", "random")] for p in gaps}
    for one, other in pairwise(by_seed.values()):
        seeds = set.intersection(*({*values} for values in (*one, *other)))
        lost.append(paired([one[0][s] - one[1][s] - other[0][s] + other[1][s] for s in sorted(seeds)]))
    first, last = gaps[min(gaps)].mean, gaps[max(gaps)].mean
    return Outcome(every(lost), _told(gaps), 0.1 * first <= last <= 0.5 * first, _gate(view))


@_right(
    "F4-3",
    "meProp with h = 500 beats an MLP with only h = k units at every ratio",
    paper="+5.3 (1 %), +1.6 (4 %), +1.0 (8 %) points",
    tolerance="better at every ratio run that the paper shows; size: each gap within 1 point of the paper's",
)
def _beats_small(view: View) -> Outcome:
    return _beats(view, "small")


@_left(
    "F4-4",
    "At a ratio of 1 % accuracy is clearly below the dense net",
    paper="96.0 against 97.82 %: −1.8 points",
    tolerance="more than 1 point below; size: within 0.5 points of the paper's gap",
)
def _drop_at_one(view: View) -> Outcome:
    gap, lost = (
        _above_dense(view, 1),
        view.paired(view.arm(rule="dense"), _arms(view).arm("top", 1), ACCURACY),
    )
    return Outcome(paired(lost).above(1.0), _told(gap), _near(gap, "top", "dense", 0.5), _gate(view))


@_left(
    "F4-5",
    "From 4 % up to 32 % of the gradient nothing is lost",
    paper="+0.19 (4 %), +0.29 (8 %), +0.33 (16 %), +0.20 (32 %) points",
    tolerance="nowhere from 4 % on > 0.2 points below the dense net, while 1 % loses > 1; size: gaps ± 0.3 points",
)
def _no_loss(view: View) -> Outcome:
    gaps, one = _above_dense(view), _above_dense(view, 1)[1]
    lost = one.above(-1.0)  # 1 % does lose
    holds = both(every(gaps.values(), -0.2), None if lost is None else not lost)
    return Outcome(holds, _told(gaps), _near(gaps, "top", "dense", 0.3), _gate(view))


@_left(
    "F4-6",
    "The curve has a hump: some ratio between 4 and 32 % is better than the dense net",
    paper="98.15 against 97.82 % at 16 %: +0.33 points",
    tolerance="some ratio better, at a level shared among all (Holm); size: the best by 0.13 to 0.53 points",
)
def _hump(view: View) -> Outcome:
    gaps = _above_dense(view)
    best = max(gaps, key=lambda p: gaps[p].mean)
    size = 0.13 <= gaps[best].mean <= 0.53
    return Outcome(some(gaps.values()), f"best at {best} %; {_told(gaps)}", size, _gate(view))


@partial(claims, null=GATED, place="Figure 4")(
    "F4-7",
    "The accuracies themselves, in all three panels",
    paper="14 points between 86.8 and 98.15 %, and the dense 97.82 %",
    tolerance="at 1 % top-k above the narrow net above random-k; size: within 0.5 points of the paper's, random-k "
    "and what is at 1 or 2 % within 1.2 (their seeds spread more)",
)
def _levels(view: View) -> Outcome:
    arms = _arms(view)
    order = [arms.gap(more, less, 1) for more, less in pairwise(("top", "small", "random"))]
    cells = [(r, p, arms.means(r, (p,))[0] - PAPER[r][p]) for r in PAPER for p in _shown(arms, r)]
    cells.append(("dense", 100, view.mean(view.arm(rule="dense"), ACCURACY) - DENSE))
    size = all(abs(off) <= (1.2 if rule == "random" or p <= 2 else 0.5) for rule, p, off in cells)
    near, (rule, p, off) = sum(abs(c[2]) <= 0.5 for c in cells), max(cells, key=lambda c: abs(c[2]))
    told = f"{near} of {len(cells)} within 0.5 points, the farthest {rule} at {p} % by {off:+.2f}"
    return Outcome(every(order), told, size, _gate(view))


@_ours(
    "F4-8",
    "The best of many dev scores flatters random-k at small k: its accuracy at the end of training is lower",
    tolerance="random-k at 1 % > 1 point better at its best dev score than at the end, the dense net < 0.3 points",
)
def _flattered(view: View) -> Outcome:
    lost = {}
    for arm in (_arms(view).arm("random", 1), view.arm(rule="dense")):
        best, end = view.by_seed(arm, ACCURACY), view.by_seed(arm, END)
        lost[arm] = paired([best[s] - end[s] for s in best if s in end])
    random, dense = lost.values()
    told = "; ".join(f"{arm} {gap} points" for arm, gap in lost.items())
    return Outcome(both(random.above(1.0), dense.within(0.3)), told, gate=_gate(view))


@_ours(
    "F4-9",
    "At the end of training, without choosing, top-k beats random-k at every ratio too",
    tolerance="better at every ratio run that the paper shows",
)
def _at_the_end(view: View) -> Outcome:
    gaps = _gaps(_arms(view, END), "top", "random")
    return Outcome(every(gaps.values()), _told(gaps), gate=_gate(view))
