"""Claims of meProp's Table 1 on scores and iterations; those on time are meprop/table2's. The gate: see `pairs`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.meprop.pairs import ACCURACY, BEST, DENSE, END, GATE, MORE, Pairs
from repro.exhibits.meprop.table1.spec import PAIRS, WORDS
from repro.exhibits.meprop.table3.spec import TASKS
from repro.record.view import View

claims = Claims()
_table = partial(claims, null=GATED, place="Table 1")
_ours = partial(claims, null=GATED, place="Table 1 (ours, beside it)", paper="not in the paper", finding=True)
OTHER_TREES = "Parsing on UD English EWT, not the Wall Street Journal: other trees, a fifth of its words"
RAISED = "the gate was 75 % of heads and 90 % of tags until a record at quick had been seen"
GIVEN = f"{OTHER_TREES}; {RAISED}"
ADDED = "five of the ten seeds on MNIST at cpu were added since five had not decided M1-3"
RUN = ("parsing", "mnist")
NOTHING = "with neither optimiser > 0.2 points below the dense net; size: each gap within 0.3 points of the paper's; "


def _pairs(view: View, of: Sequence[str], metric: str = ACCURACY) -> Pairs:
    """Pairs of these tasks with both optimisers."""
    named = {f"{TASKS[t]} {WORDS[o]}": p for (t, o), p in PAIRS.items() if t in of}
    return Pairs(view, named, metric)


@_table(
    "M1-1",
    "Tagging: nothing is lost by keeping 5 of 500 gradient entries",
    paper="+0.32 (AdaGrad) and +0.05 points (Adam) over the dense LSTM",
    tolerance=NOTHING + GATE,
    given=RAISED,
)
def _tagging(view: View) -> Outcome:
    return _pairs(view, ("pos",)).nothing_lost()


@_table(
    "M1-2",
    "Parsing: nothing is lost by keeping 20 of 500 gradient entries",
    paper="+0.03 (AdaGrad) and +0.17 points (Adam) over the dense MLP",
    tolerance=NOTHING + GATE,
    given=GIVEN,
)
def _parsing(view: View) -> Outcome:
    return _pairs(view, ("parsing",)).nothing_lost()


@_table(
    "M1-3",
    "MNIST: nothing is lost by keeping 10 (AdaGrad) or 20 (Adam) of 500 gradient entries",
    paper="+0.48 (AdaGrad) and +0.19 points (Adam) over the dense MLP",
    tolerance=NOTHING + GATE,
    given=f"the scores of the nets with Adam were known from meprop/fig4; {ADDED}",
)
def _mnist(view: View) -> Outcome:
    return _pairs(view, ("mnist",)).nothing_lost()


@_table(
    "M1-4",
    "On all three tasks, LSTM and MLP, with AdaGrad and with Adam, the score does not fall",
    paper="all six gaps between +0.03 and +0.48 points",
    tolerance=NOTHING + GATE,
    given=f"{GIVEN}; {ADDED}",
)
def _everywhere(view: View) -> Outcome:
    return _pairs(view, tuple(TASKS)).nothing_lost()


@_table(
    "M1-5",
    "On average over the four pairs on Parsing and MNIST meProp scores higher than the dense net",
    paper="+0.03, +0.17, +0.48 and +0.19: +0.22 points, one run each",
    tolerance="above on average, seed by seed; size: within 0.15 points of the paper's mean; " + GATE,
    given=f"{GIVEN}; {ADDED}",
)
def _average(view: View) -> Outcome:
    return _pairs(view, RUN).averaged(0.15)


@_table(
    "M1-6",
    "meProp's best dev score does not take 1.5 times as many iterations as the dense net's, on average over Parsing "
    "and MNIST",
    paper="11 → 8, 8 → 16, 14 → 6, 17 → 15: 0.86 times as many in the geometric mean",
    tolerance="fewer than 1.5 times as many, 95 % interval, seed by seed; size: not surely more than the dense nets, "
    "and 0.57 to 1.29 times as many (the paper's, up to a factor of 1.5); "
    + GATE
    + "; and the dense nets' best scores come before the last evaluation, on average before two thirds of the run, "
    "else 1.5 times as many could not be seen",
    given=f"{GIVEN}; it was 'needs no more' until then, without a gate on lengths",
)
def _iterations(view: View) -> Outcome:
    of, scores = _pairs(view, RUN, BEST), _pairs(view, RUN)
    made, its = of.ratio()
    low, high = (math.exp(end) for end in made.interval())
    words = f"{math.exp(made.mean):.2f} [{low:.2f}, {high:.2f}] times as many"
    more = made.above(math.log(MORE))
    near = abs(made.mean - math.log(its)) <= math.log(MORE)
    fewer = True if high < MORE else False if more else None
    return Outcome(fewer, words, near and not made.above(), scores.gate() or of.cut_short())


@_table(
    "M1-7",
    "MNIST: the four scores themselves",
    paper="97.52 and 98.00 % (AdaGrad), 97.82 and 98.01 % (Adam)",
    tolerance="every net above 97 %; size: each within 0.3 points of the paper's; " + GATE,
    given="the scores of the nets with Adam were known from meprop/fig4",
)
def _levels(view: View) -> Outcome:
    return _pairs(view, ("mnist",)).levels(97.0)


@_ours(
    "M1-8",
    "At the end of training, without choosing by dev score, nothing is lost on Parsing and MNIST either",
    tolerance="in no pair > 0.2 points below the dense net; " + GATE,
    given=f"{RAISED}; {ADDED}",
)
def _at_the_end(view: View) -> Outcome:
    made = _pairs(view, RUN, END).nothing_lost()
    return Outcome(made.holds, made.ours, gate=made.gate)


@_ours(
    "M1-9",
    "It matters which entries are kept: as many by lot are clearly behind, on Parsing and MNIST",
    tolerance=f"> 1 point behind meProp with either optimiser; gate: {DENSE}",
    given=RAISED,
)
def _lot(view: View) -> Outcome:
    return _pairs(view, RUN).lot_behind(1.0)
