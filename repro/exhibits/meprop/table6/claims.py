"""Claims of meProp's Table 6, and what counts as reproducing them: see `repro.exhibits.meprop.judging`."""

from __future__ import annotations

from functools import partial

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.meprop.judging import ACCURACY, END, GATE, LOST, Depths
from repro.exhibits.meprop.table6.spec import DENSE, UNIFIED
from repro.record.view import View

PAPER = {"dense": DENSE, "unified": UNIFIED}

claims = Claims()
_table = partial(claims, null=GATED, place="Table 6")
_ours = partial(claims, null=GATED, place="Table 6 (ours, beside it)", paper="not in the paper", finding=True)


def _depths(view: View, metric: str = ACCURACY) -> Depths:
    return Depths(view, PAPER, "unified", "unified_random", metric)


@_table(
    "T6-1",
    "One pattern for a whole mini-batch costs no accuracy, with 2 hidden layers or with 5",
    paper="+0.11 (2 layers, k = 30) and +0.27 points (5 layers, k = 50) over the dense net",
    tolerance="nowhere > 0.2 points below the dense net; size: each gap within 0.3 points of the paper's; "
    + GATE,
)
def _nothing_lost(view: View) -> Outcome:
    return _depths(view).nothing_lost()


@_table(
    "T6-2",
    "On average over both depths unified top-k is more accurate than the dense net",
    paper="+0.19 points, one run each",
    tolerance="above it on average, seed by seed; size: by 0.04 to 0.34 points; " + GATE,
)
def _above(view: View) -> Outcome:
    return _depths(view).above(0.15)


@_table(
    "T6-3",
    "The accuracies themselves, with and without unified top-k",
    paper="97.97 and 98.08 % (2 layers), 98.09 and 98.36 % (5 layers)",
    tolerance="every net above 97.5 %; size: each within 0.3 points of the paper's; " + GATE,
)
def _levels(view: View) -> Outcome:
    return _depths(view).levels()


@_ours(
    "T6-4",
    "One pattern for all is as good as a pattern of each example's own, at equal k",
    tolerance="equal within 0.2 points, with 2 hidden layers; " + GATE,
)
def _sharing(view: View) -> Outcome:
    t = _depths(view)
    gap = t.cells.gap("unified", "top", 2)
    return Outcome(gap.within(LOST), f"{gap} points", gate=t.gate())


@_ours(
    "T6-5",
    "Which columns are kept matters: as many by lot are clearly behind",
    tolerance="> 1 point behind, with 2 hidden layers; gate: every dense net ≥ 97 %",
)
def _lot(view: View) -> Outcome:
    return _depths(view).lot_stays_behind(1.0)


@_ours(
    "T6-6",
    "At the end of training, without choosing by the dev set, nothing is lost either",
    tolerance="nowhere > 0.2 points below the dense net; " + GATE,
)
def _at_the_end(view: View) -> Outcome:
    made = _depths(view, END).nothing_lost()
    return Outcome(made.holds, made.ours, gate=made.gate)
