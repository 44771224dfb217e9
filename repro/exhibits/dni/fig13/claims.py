"""Findings beside DNI's Figure 13: what v1 says of one synthetic gradient, asked of every layer's."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.dni import fidelity as of
from repro.exhibits.dni.fig13.spec import HIDDEN
from repro.exhibits.dni.judging import ERROR
from repro.record.stats import both, every, paired
from repro.record.view import View

LEARNED, HARMED, POOR = 3.0, 2.0, 0.5
claims = Claims()
_ours = partial(claims, place="supplementary Figure 13 (ours, beside it)", finding=True)
GATE = "gate: Bprop ≤ 3 %, No Bprop > 2 points above it"
SINCE = "the gate since quick records had been seen"
ASKED = "said of one DNI (Figure 12); whether of this figure is not known"


def _layers(view: View, rule: str = "dni") -> list[tuple[str, int]]:
    return [(view.arm(rule=rule, layers=6), n) for n in HIDDEN]


def _gate(view: View) -> str:
    full, none = (view.mean(view.arm(rule=r, layers=6), ERROR) for r in ("bprop", "no_bprop"))
    if full > LEARNED:
        return f"Bprop itself has not learned here: {full:.2f} % (≤ {LEARNED:g} asked)"
    return "No Bprop is less than 2 points above Bprop: nothing to compare" if none - full < HARMED else ""


@_ours(
    "F13-1",
    "At every layer the L2 error jumps at first and then falls",
    paper=ASKED,
    tolerance="at each layer the mean of ‖δ̂ − δ‖ over the time of the first fifth of training above what it is "
    "before training, and above that of the last fifth; 95 % intervals over seeds; " + GATE,
    null=("steps", "chance", "shifted", "shrunk"),
    given="quick records had been seen",
)
def _jumps(view: View) -> Outcome:
    at = _layers(view)
    found = [d for arm, layer in at for d in of.jumps(view, arm, layer)]
    told = of.told(view, at, of.DISTANCE, of.first, of.early, of.late)
    return Outcome(every(found), f"before, early, late: {told}", gate=_gate(view))


@_ours(
    "F13-2",
    "At every layer the cosine is positive on average",
    paper=ASKED,
    tolerance="its mean over training, less the first tenth, above 0 at each layer (95 % intervals over seeds); "
    + GATE,
    null=("chance", "shifted", "shrunk"),
    given=SINCE,
)
def _positive(view: View) -> Outcome:
    at = _layers(view)
    found = every(of.over(view, arm, of.COSINE, layer, of.average) for arm, layer in at)
    return Outcome(found, of.told(view, at, of.COSINE, of.average), gate=_gate(view))


@_ours(
    "F13-3",
    "No synthetic gradient tracks the true one accurately, and the classifier trains all the same",
    paper=ASKED,
    tolerance=f"at each layer Σ‖δ̂ − δ‖² over training, less the first tenth, above {POOR} of Σ‖δ‖², and the "
    "net gains over No Bprop more than half of what Bprop gains (95 % intervals over seeds); gate: Bprop ≤ 3 %, "
    "No Bprop > 2 points above it",
    null=GATED,
)
def _poor_and_enough(view: View) -> Outcome:
    at = _layers(view)
    poor = every((of.over(view, arm, of.ERROR, layer, of.average) for arm, layer in at), POOR)
    full, none, own = (view.arm(rule=r, layers=6) for r in ("bprop", "no_bprop", "dni"))
    pairs = zip(view.paired(none, own, ERROR), view.paired(none, full, ERROR), strict=True)
    gains = paired([g - 0.5 * w for g, w in pairs])
    told = f"share left: {of.told(view, at, of.ERROR, of.average)}; gained less half of Bprop's gain {gains} points"
    return Outcome(both(poor, gains.above()), told, True, _gate(view))


@_ours(
    "F13-4",
    "The further a layer is from the loss, the less its synthetic gradient is like the true one",
    paper="not asked",
    tolerance="the cosine over training, less the first tenth, smaller at each layer than at the next one up (95 % "
    "intervals, paired by seed); " + GATE,
    null=("index", "chance", "shifted", "shrunk"),
    given=SINCE,
)
def _worse_below(view: View) -> Outcome:
    at = _layers(view)
    falls = every(of.beyond(view, up, low, of.COSINE, of.average) for low, up in pairwise(at))
    return Outcome(falls, of.told(view, at, of.COSINE, of.average), gate=_gate(view))


@_ours(
    "F13-5",
    "Models that see the label track the true gradient better at every layer",
    paper="not asked",
    tolerance="Σ‖δ̂ − δ‖²/Σ‖δ‖² over training, less the first tenth, smaller than without the label at each layer "
    "(95 % intervals, paired by seed), and less than 1, which is what a guess of zero leaves (95 % intervals over "
    "seeds); " + GATE,
    null=GATED,
    given=f"less than 1, and {SINCE}",
)
def _labels_track(view: View) -> Outcome:
    plain, told = _layers(view), _layers(view, "cdni")
    better = every(of.beyond(view, *pair, of.ERROR, of.average) for pair in zip(plain, told, strict=True))
    tracks = every(of.over(view, arm, of.ERROR, n, lambda own: 1 - of.average(own)) for arm, n in told)
    words = (of.told(view, at, of.ERROR, of.average) for at in (plain, told))
    ours = "share left: without {}; with {}".format(*words)
    return Outcome(both(better, tracks), ours, gate=_gate(view))
