"""Claims of DNI's Figure 11: a gate (Bprop has learned, the cut alone does harm), a direction by intervals, size."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.dni.fig11.spec import BPROP, PLACES, REPORTED
from repro.exhibits.dni.judging import ERROR
from repro.record.cells import Cells
from repro.record.stats import Difference, both, every, mean, paired
from repro.record.view import View

LEARNED, HARMED = 3.0, 2.0
"""% of Bprop at most, points that a net without gradients past layer 5 is above it at least."""
claims = Claims()
_text = partial(claims, null=GATED, place="v1 A.2 (on v1 Figure 9)")


def cut(view: View) -> Cells:
    """The arms by the layer after which the net is cut."""
    told: dict[str, dict[int | None, float]] = {"bprop": {None: BPROP}}
    for (rule, after), error in REPORTED.items():
        told.setdefault(rule, {})[after] = error
    return Cells(view, ERROR, "after", told, {"layers": 6, "classifier": None})


def gate(t: Cells) -> str:
    """Why there is nothing to compare."""
    full, none = t.means("bprop", (None,))[0], t.means("no_bprop", (PLACES[-1],))[0]
    if full > LEARNED:
        return f"Bprop itself has not learned here: {full:.2f} % (≤ {LEARNED:g} asked)"
    near = none - full < HARMED
    return "No gradient past layer 5 is less than 2 points above Bprop: nothing to compare" if near else ""


def above_bprop(t: Cells, rule: str, after: int) -> Difference:
    """Points above Bprop of the whole net."""
    return paired(t.view.paired(t.arm(rule, after), t.arm("bprop", None), ERROR))


def gained(t: Cells, rule: str, after: int, share: float) -> Difference:
    """Points gained over no gradient, less `share` of what Bprop gains."""
    none = t.arm("no_bprop", after)
    own, whole = (t.view.paired(none, other, ERROR) for other in (t.arm(rule, after), t.arm("bprop", None)))
    return paired([g - share * w for g, w in zip(own, whole, strict=True)])


def closed(t: Cells, rule: str, after: int) -> float:
    """The share of the distance from no gradient to Bprop that a rule closes, of the means."""
    (none,), (own,), (full,) = t.means("no_bprop", [after]), t.means(rule, [after]), t.means("bprop", [None])
    return (none - own) / (none - full) if none > full else math.nan


def _told(t: Cells, *rules: str) -> str:
    return "; ".join(t.told(r, rows=t.rows(r, PLACES)) for r in rules) + " %"


@_text(
    "F11-1",
    "One DNI after the first layer costs next to nothing",
    paper="1.8 against 1.6 % with backpropagation and 2.9 % with no gradient across the cut",
    tolerance="at most 0.5 points above Bprop, and better than no gradient; size: DNI within 0.5 points of 1.8 %; "
    "gate of all: Bprop ≤ 3 %, no gradient past layer 5 > 2 points above it",
)
def _first_is_cheap(view: View) -> Outcome:
    t = cut(view)
    cost, better = above_bprop(t, "dni", 1), t.gap("no_bprop", "dni", 1)
    near = every([paired([0.5 - c for c in view.paired(t.arm("dni", 1), t.arm("bprop", None), ERROR)])])
    told = f"{cost} points above Bprop, {better} below no gradient; {t.told('dni', rows=(1,))} %"
    return Outcome(both(near, better.above()), told, t.near("dni", (1,), 0.5), gate(t))


@_text(
    "F11-2",
    "The closer the DNI is to the classifier, the less it does",
    paper="1.8 % after the first layer, 3.4 % after the penultimate, which here is the fifth",
    tolerance="worse at each further layer that is run; size: from layer 1 to 5 by 0.8 to 3.2 points (half to twice "
    "the paper's)",
)
def _degrades(view: View) -> Outcome:
    t = cut(view)
    places = t.rows("dni", PLACES)
    worse, rise = every(t.gap("dni", "dni", y, x) for x, y in pairwise(places)), t.gap("dni", "dni", 5, 1)
    return Outcome(worse, f"{_told(t, 'dni')}; {rise} points", 0.8 <= rise.mean <= 3.2, gate(t))


@_text(
    "F11-3",
    "Without any gradient across the cut the net performs badly: at each position worse than with DNI",
    paper="2.9 against 1.8 % after layer 1, 23.7 against 3.4 % after layer 5: DNI closes 85 and 92 % of the distance",
    tolerance="worse at each layer run; size: DNI closes ≥ 70 % of the distance to Bprop after layers 1 and 5",
)
def _nothing_is_bad(view: View) -> Outcome:
    t = cut(view)
    places = [n for n in t.rows("no_bprop", PLACES) if n in t.rows("dni", PLACES)]
    worse = every(t.gap("no_bprop", "dni", n) for n in places)
    shares = {n: closed(t, "dni", n) for n in (PLACES[0], PLACES[-1])}
    told = _told(t, "no_bprop", "dni") + "; DNI closes " + ", ".join(f"{s:.0%}" for s in shares.values())
    return Outcome(worse, told, all(s >= 0.7 for s in shares.values()), gate(t))


@_text(
    "F11-4",
    "The more layers get no gradient, the worse the net performs",
    paper="2.9 % after layer 1 to 23.7 % after layer 5",
    tolerance="worse at each further layer that is run; size: both ends within 20 % of the paper's",
)
def _nothing_grows(view: View) -> Outcome:
    t = cut(view)
    worse = every(t.gap("no_bprop", "no_bprop", y, x) for x, y in pairwise(t.rows("no_bprop", PLACES)))
    return Outcome(worse, _told(t, "no_bprop"), t.near("no_bprop", (1, 5), 0, 0.2), gate(t))


@_text(
    "F11-5",
    "The label in the model almost completely undoes what DNI loses close to the classifier",
    paper="no number at one position; after every layer of a 6-layer net 1.6 (cDNI), 4.3 (DNI), 1.8 % (Bprop)",
    tolerance="after layer 5 cDNI better than DNI, its loss to Bprop under a quarter of DNI's; size: cDNI at most "
    "0.5 points above Bprop after each layer that is run",
    given="the paper shows it for a model after every layer, and says it of this figure",
)
def _labels_undo(view: View) -> Outcome:
    t = cut(view)
    pairs = [view.paired(t.arm(r, 5), t.arm("bprop", None), ERROR) for r in ("dni", "cdni")]
    quarter = paired([0.25 * d - c for d, c in zip(*pairs, strict=True)])
    lost = {n: above_bprop(t, "cdni", n).mean for n in t.rows("cdni", PLACES, least=1)}
    told = f"above Bprop after layer 5: dni {mean(pairs[0]):+.2f}, cdni {mean(pairs[1]):+.2f} points; cdni at most "
    told += f"{max(lost.values()):+.2f}"
    better = t.gap("dni", "cdni", 5)
    return Outcome(every([better, quarter]), told, max(lost.values()) <= 0.5, gate(t))
