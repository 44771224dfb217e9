"""Claims of meProp's Table 5, and what counts as reproducing them: see `repro.exhibits.meprop.judging`."""

from __future__ import annotations

import math
from functools import partial

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.meprop.judging import ACCURACY, END, GATE, Depths
from repro.exhibits.meprop.table5.spec import DENSE, TOP
from repro.record.view import View

PAPER = {"dense": DENSE, "top": TOP}
BINOMIAL = 0.19
"""Points: standard error of one printed gap, of two accuracies of 98.1 % on 10,000 images (0.14 each)."""

claims = Claims()
_table = partial(claims, null=GATED, place="Table 5")
_ours = partial(claims, null=GATED, place="Table 5 (ours, beside it)", paper="not in the paper", finding=True)


def _depths(view: View, metric: str = ACCURACY) -> Depths:
    return Depths(view, PAPER, "top", "random", metric)


@_table(
    "T5-1",
    "With 2, 3, 4 or 5 hidden layers nothing is lost by keeping 25 of 500 gradient entries",
    paper="+0.10 / +0.16 / +0.05 / +0.16 points over the dense net",
    tolerance="at no depth > 0.2 points below the dense net; size: the mean gap over n depths up to its binomial "
    "standard error, 0.19/√n points, from the paper's (0.14 for two, 0.1 for four); " + GATE,
    given="0.2 is one binomial standard error of a printed gap: less, at one depth, the paper could not see either",
)
def _nothing_lost(view: View) -> Outcome:
    t = _depths(view)
    made, (gap, told) = t.nothing_lost(), t.average()
    near = abs(gap.mean - told) <= BINOMIAL / math.sqrt(len(t.rows()))
    return Outcome(made.holds, f"{made.ours}; on average {gap} against {told:+.2f}", near, made.gate)


@_table(
    "T5-2",
    "On average over the depths meProp is more accurate than the dense net",
    paper="+0.12 points, one run each",
    tolerance="above it on average, seed by seed; size: by 0.02 to 0.22 points; " + GATE,
)
def _above(view: View) -> Outcome:
    return _depths(view).above(0.1)


@_table(
    "T5-3",
    "Five hidden layers are as good as two, for meProp and for the dense net",
    paper="98.20 → 98.21 and 98.10 → 98.05 %",
    tolerance="neither > 0.2 points lower with 5 than with 2; size: both changes within 0.3 points of the paper's; "
    + GATE,
)
def _depth_costs_nothing(view: View) -> Outcome:
    return _depths(view).changes(2, 5)


@_table(
    "T5-4",
    "The accuracies themselves, with and without meProp",
    paper="eight cells between 98.05 and 98.37 %",
    tolerance="every net above 97.5 %; size: each within 0.3 points of the paper's; " + GATE,
)
def _levels(view: View) -> Outcome:
    return _depths(view).levels()


@_ours(
    "T5-5",
    "At the end of training, without choosing by the dev set, nothing is lost at any depth either",
    tolerance="at no depth > 0.2 points below the dense net; " + GATE,
)
def _at_the_end(view: View) -> Outcome:
    made = _depths(view, END).nothing_lost()
    return Outcome(made.holds, made.ours, gate=made.gate)


@_ours(
    "T5-6",
    "Dropout does not hide what is lost: 25 entries by lot are clearly behind the 25 largest",
    tolerance="> 1 point behind, with 2 hidden layers; gate: every dense net ≥ 97 %",
)
def _lot(view: View) -> Outcome:
    return _depths(view).lot_stays_behind(1.0)
