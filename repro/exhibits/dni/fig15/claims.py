"""Claims of DNI's Figure 15: what v1 A.2.1 says of it, in words alone. A gate, a direction by intervals, a size.

Sizes rest on Table 2's test errors: what they differ by must be found on the training images, if it is underfitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.dni.fig15.spec import DEPTHS
from repro.exhibits.dni.judging import ERROR
from repro.exhibits.dni.stretch import TRAIN, from_first, over_time
from repro.record.cells import Cells
from repro.record.stats import Difference, both, every, mean, paired
from repro.record.view import View

LEARNED, HARMED = 17.9, 5.0
"""% of Bprop's training error at most (its test error in Table 2, 3 layers); points that No Bprop is above it."""
BEFORE, UP_TO, CUT = 0.3, 0.45, 0.6
"""Fractions of training: two stretches at the full rate, which is first cut at 60 %."""
QUARTER, TWENTIETH = 0.25, 0.05
"""How little a training error may fall by from the first stretch to the second: said in `REST`."""
BESIDE = 2.2
"""Points that cDNI's test error may be above Bprop's: twice the larger of the paper's, 1.1 and 0.7."""
GROWS = 1.1
"""Points; half of what DNI's distance to Bprop grows by from 3 to 4 layers in Table 2's test errors (1.6 to 3.8)."""
claims = Claims()
_text = partial(claims, null=GATED, place="v1 A.2.1 (on v1 Figure 13)")
TOLD = "no number of training errors; test errors: Bprop 17.9, 15.7; DNI 19.5, 19.5; cDNI 19.0, 16.4 %"
REST = (
    f"levelled off: from {BEFORE:.0%}–{UP_TO:.0%} to {UP_TO:.0%}–{CUT:.0%} of training, weighted by time and before "
    "the rate is first cut, a training error falls by less than a quarter of what it then is above Bprop's, than a "
    "twentieth of its own level, and than a twentieth of what it has fallen by since it was first measured, at both "
    "depths (95 %, paired by seed)"
)
AFTER = "asked since quick records had been seen, none of which fits the training images"
GATE = f"gate: Bprop's training error ≤ {LEARNED} %, No Bprop's > {HARMED:g} points above it"


def _fit(view: View) -> Cells:
    return Cells(view, TRAIN, "layers", {})


def gate(t: Cells) -> str:
    """Why there is nothing to compare."""
    full, none = t.means("bprop", DEPTHS), t.means("no_bprop", DEPTHS)
    if max(full) > LEARNED:
        return (
            f"Bprop itself does not fit the training images here: {max(full):.2f} % wrong (≤ {LEARNED} asked)"
        )
    near = min(n - f for n, f in zip(none, full, strict=True)) <= HARMED
    return f"No Bprop is less than {HARMED:g} points above Bprop: nothing to compare" if near else ""


def _both_errors(t: Cells, *rules: str) -> str:
    test = Cells(t.view, ERROR, "layers", {})
    return f"training {t.told(*rules, rows=DEPTHS)}; test {test.told(*rules, rows=DEPTHS)} %"


def _lost(view: View, rule: str, layers: int, metric: str) -> list[float]:
    """Points above Bprop of the same depth, by seed."""
    return view.paired(view.arm(rule=rule, layers=layers), view.arm(rule="bprop", layers=layers), metric)


def _differ(a: Sequence[float], b: Sequence[float], share: float = 1.0) -> Difference:
    """a − share · b, by seed."""
    return paired([x - share * y for x, y in zip(a, b, strict=True)])


def _at_rest(view: View, rule: str) -> tuple[bool | None, str]:
    """Whether a rule's training error has levelled off above Bprop's, see `REST`; and our numbers."""
    found, told = [], []
    for n in DEPTHS:
        own, full = (view.arm(rule=r, layers=n) for r in (rule, "bprop"))
        early, late = (over_time(view, own, TRAIN, *at) for at in ((BEFORE, UP_TO), (UP_TO, CUT)))
        beside, first = over_time(view, full, TRAIN, UP_TO, CUT), from_first(view, own, TRAIN)
        seeds = [s for s in late if s in beside]
        falls, above = [early[s] - late[s] for s in seeds], [late[s] - beside[s] for s in seeds]
        least = [
            min(QUARTER * a, TWENTIETH * late[s], TWENTIETH * (first[s] - late[s]))
            for s, a in zip(seeds, above, strict=True)
        ]
        found.append(_differ(least, falls))
        told.append(
            f"{n} layers: {rule} falls by {mean(falls):.2f} (< {mean(least):.2f} asked), is {mean(above):.2f} above "
            "Bprop"
        )
    return every(found), "; ".join(told) + " (points)"


@_text(
    "F15-1",
    "DNI's larger test error is underfitting: it fits the training images worse than backpropagation, by as much",
    paper=TOLD,
    tolerance="test and training error above Bprop's at 3 and 4 layers, training error below No Bprop's "
    "(95 %, paired by seed), and levelled off as in F15-2; size: at each depth as far above Bprop on training "
    f"images as on test images, or further; {GATE}",
    given=f"that it has levelled off is {AFTER}",
)
def _underfits(view: View) -> Outcome:
    t, (rest, told) = _fit(view), _at_rest(view, "dni")
    lost = {m: [_lost(view, "dni", n, m) for n in DEPTHS] for m in (TRAIN, ERROR)}
    worse = every(map(paired, [*lost[TRAIN], *lost[ERROR]]))
    learns = every(t.gap("no_bprop", "dni", n) for n in DEPTHS)
    size = all(mean(fit) >= mean(test) for fit, test in zip(lost[TRAIN], lost[ERROR], strict=True))
    return Outcome(both(worse, learns, rest), f"{_both_errors(t, 'dni', 'bprop')}; {told}", size, gate(t))


@_text(
    "F15-2",
    "DNI's larger error is no lack of convergence: its training error has levelled off above backpropagation's",
    paper="in words: not for a lack of convergence of the learning process",
    tolerance=f"{REST}; {GATE}",
    given=f"the two twentieths are {AFTER}",
)
def _has_converged(view: View) -> Outcome:
    rest, told = _at_rest(view, "dni")
    return Outcome(rest, told, True, gate(_fit(view)))


@_text(
    "F15-3",
    "The underfitting grows with depth",
    paper="test errors: 1.6 points above Bprop at 3 layers, 3.8 at 4",
    tolerance="DNI's training error further above Bprop's at 4 layers than at 3 (95 %, paired by seed), and levelled "
    f"off as in F15-2; size: by {GROWS} points or more, half of what the test errors' distance grows by; {GATE}",
    given=f"that it has levelled off is {AFTER}",
)
def _grows(view: View) -> Outcome:
    t, (rest, _) = _fit(view), _at_rest(view, "dni")
    shallow, deep = (_lost(view, "dni", n, TRAIN) for n in DEPTHS)
    more = _differ(deep, shallow)
    told = (
        f"above Bprop {mean(shallow):+.2f} → {mean(deep):+.2f} points: {more}; {t.told('dni', rows=DEPTHS)} %"
    )
    return Outcome(both(more.above(), rest), told, more.mean >= GROWS, gate(t))


@_text(
    "F15-4",
    "With the label the net fits the training images much better",
    paper=TOLD,
    tolerance="cDNI's training error below DNI's at both depths (95 %, paired by seed), and DNI's levelled off as in "
    f"F15-2; size: it closes at least half of DNI's distance to Bprop at each; {GATE}",
    given=f"that DNI's has levelled off is {AFTER}",
)
def _labels_fit(view: View) -> Outcome:
    t, (rest, _) = _fit(view), _at_rest(view, "dni")
    better = every(t.gap("dni", "cdni", n) for n in DEPTHS)
    halves = [mean(_lost(view, "cdni", n, TRAIN)) <= 0.5 * mean(_lost(view, "dni", n, TRAIN)) for n in DEPTHS]
    told = "training " + t.told("cdni", "dni", "bprop", rows=DEPTHS) + " %"
    return Outcome(both(better, rest), told, all(halves), gate(t))


@_text(
    "F15-5",
    "Synthetic gradients act as a regulariser with the label, too: a worse fit than backpropagation's that "
    "carries over to test images better",
    paper=TOLD,
    tolerance="cDNI's training error above Bprop's and levelled off as in F15-2, its test error less far above its "
    f"training error than Bprop's and less than {BESIDE} points above Bprop's (twice the paper's 1.1), and both "
    f"below No Bprop's, at both depths (95 %, paired by seed); size: none is told; {GATE}",
    given=f"levelled off, {BESIDE} points and No Bprop are {AFTER}",
)
def _regularises(view: View) -> Outcome:
    t, (rest, told) = _fit(view), _at_rest(view, "cdni")
    fit, test = ([_lost(view, "cdni", n, m) for n in DEPTHS] for m in (TRAIN, ERROR))
    worse = every(map(paired, fit))
    less = every(_differ(f, e) for f, e in zip(fit, test, strict=True))
    near = every((paired([-e for e in own]) for own in test), -BESIDE)
    tested = Cells(view, ERROR, "layers", {})
    learns = every(c.gap("no_bprop", "cdni", n) for c in (t, tested) for n in DEPTHS)
    found = both(worse, less, near, learns, rest)
    return Outcome(found, f"{_both_errors(t, 'cdni', 'bprop')}; {told}", True, gate(t))
