"""Claims of DNI's Figure 15: what v1 A.2.1 says of it, in words alone. A gate, a direction by intervals, a size.

Sizes rest on Table 2's test errors: what they differ by must be found on the training images, if it is underfitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.dni.fig15.spec import DEPTHS
from repro.exhibits.dni.judging import ERROR
from repro.exhibits.dni.stretch import TRAIN, over_time
from repro.record.cells import Cells
from repro.record.stats import Difference, both, every, mean, paired
from repro.record.view import View

LEARNED, HARMED = 17.9, 5.0
"""% of Bprop's training error at most (its test error in Table 2, 3 layers); points that No Bprop is above it."""
BEFORE, UP_TO, CUT = 0.3, 0.45, 0.6
"""Fractions of training: two stretches at the full rate, which is first cut at 60 %."""
GROWS = 1.1
"""Points; half of what DNI's distance to Bprop grows by from 3 to 4 layers in Table 2's test errors (1.6 to 3.8)."""
claims = Claims()
_text = partial(claims, null=GATED, place="v1 A.2.1 (on v1 Figure 13)")
TOLD = "no number of training errors; test errors: Bprop 17.9, 15.7; DNI 19.5, 19.5; cDNI 19.0, 16.4 %"
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


@_text(
    "F15-1",
    "DNI's larger test error is underfitting: it fits the training images worse than backpropagation, by as much",
    paper=TOLD,
    tolerance="test and training error above Bprop's at 3 and 4 layers, training error below No Bprop's "
    "(95 %, paired by seed); size: at each depth as far above Bprop on training images as on test images, or "
    f"further; {GATE}",
)
def _underfits(view: View) -> Outcome:
    t = _fit(view)
    lost = {m: [_lost(view, "dni", n, m) for n in DEPTHS] for m in (TRAIN, ERROR)}
    worse = every(map(paired, [*lost[TRAIN], *lost[ERROR]]))
    learns = every(t.gap("no_bprop", "dni", n) for n in DEPTHS)
    size = all(mean(fit) >= mean(test) for fit, test in zip(lost[TRAIN], lost[ERROR], strict=True))
    return Outcome(both(worse, learns), _both_errors(t, "dni", "bprop"), size, gate(t))


@_text(
    "F15-2",
    "DNI's larger error is no lack of convergence: its training error has levelled off above backpropagation's",
    paper="in words: not for a lack of convergence of the learning process",
    tolerance=f"from {BEFORE:.0%}–{UP_TO:.0%} to {UP_TO:.0%}–{CUT:.0%} of training, weighted by time and "
    "before the rate is first cut, it falls by less than a quarter of what it then is above Bprop's, at "
    f"both depths (95 %, paired by seed); {GATE}",
)
def _has_converged(view: View) -> Outcome:
    found, told = [], []
    for n in DEPTHS:
        own, full = (view.arm(rule=r, layers=n) for r in ("dni", "bprop"))
        early, late = (over_time(view, own, TRAIN, *at) for at in ((BEFORE, UP_TO), (UP_TO, CUT)))
        beside = over_time(view, full, TRAIN, UP_TO, CUT)
        falls, above = ({s: a[s] - b[s] for s in a if s in b} for a, b in ((early, late), (late, beside)))
        found.append(paired([0.25 * above[s] - falls[s] for s in above]))
        told.append(
            f"{n} layers: falls by {mean([*falls.values()]):.2f}, is {mean([*above.values()]):.2f} above Bprop"
        )
    return Outcome(every(found), "; ".join(told) + " (points)", True, gate(_fit(view)))


@_text(
    "F15-3",
    "The underfitting grows with depth",
    paper="test errors: 1.6 points above Bprop at 3 layers, 3.8 at 4",
    tolerance="DNI's training error further above Bprop's at 4 layers than at 3 (95 %, paired by seed); "
    f"size: by {GROWS} points or more, half of what the test errors' distance grows by; {GATE}",
)
def _grows(view: View) -> Outcome:
    t = _fit(view)
    shallow, deep = (_lost(view, "dni", n, TRAIN) for n in DEPTHS)
    more = _differ(deep, shallow)
    told = (
        f"above Bprop {mean(shallow):+.2f} → {mean(deep):+.2f} points: {more}; {t.told('dni', rows=DEPTHS)} %"
    )
    return Outcome(more.above(), told, more.mean >= GROWS, gate(t))


@_text(
    "F15-4",
    "With the label the net fits the training images much better",
    paper=TOLD,
    tolerance="cDNI's training error below DNI's at both depths (95 %, paired by seed); size: it closes at "
    f"least half of DNI's distance to Bprop at each; {GATE}",
)
def _labels_fit(view: View) -> Outcome:
    t = _fit(view)
    better = every(t.gap("dni", "cdni", n) for n in DEPTHS)
    halves = [mean(_lost(view, "cdni", n, TRAIN)) <= 0.5 * mean(_lost(view, "dni", n, TRAIN)) for n in DEPTHS]
    return Outcome(
        better, "training " + t.told("cdni", "dni", "bprop", rows=DEPTHS) + " %", all(halves), gate(t)
    )


@_text(
    "F15-5",
    "Synthetic gradients act as a regulariser with the label, too: a worse fit than backpropagation's that "
    "carries over to test images better",
    paper=TOLD,
    tolerance="cDNI's training error above Bprop's, and its test error less far above its training error "
    f"than Bprop's, at both depths (95 %, paired by seed); size: none is told; {GATE}",
)
def _regularises(view: View) -> Outcome:
    t = _fit(view)
    worse = every(t.gap("cdni", "bprop", n) for n in DEPTHS)
    less = every(_differ(_lost(view, "cdni", n, TRAIN), _lost(view, "cdni", n, ERROR)) for n in DEPTHS)
    return Outcome(both(worse, less), _both_errors(t, "cdni", "bprop"), True, gate(t))
