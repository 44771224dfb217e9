"""Claims of DNI's Figure 12. The text that they quote has no numbers: what a word stands for is said in each row."""

from __future__ import annotations

from functools import partial

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.dni import fidelity as of
from repro.exhibits.dni.fig11.claims import closed, cut, gained, gate
from repro.exhibits.dni.fig11.spec import PLACES, SMALL
from repro.record.stats import both, every
from repro.record.view import View

claims = Claims()
_text = partial(claims, place="v1 A.2 (on v1 Figure 10)")
SLIGHT, POOR = 0.2, 0.5
At = list[tuple[str, int]]
GATE = "gate: that of F11-1"
SINCE = "the gate since quick records"
PILOT = "the words have no number; ours was set after 2,500 steps of one seed had been seen"


def _at(view: View, rule: str = "dni", least: int = 2) -> At:
    """(arm, layer) of each position that this record was to have."""
    t = cut(view)
    return [(t.arm(rule, n), n) for n in t.rows(rule, PLACES, least)]


@_text(
    "F12-1",
    "The L2 error jumps at first, as the layers start to train; then the model begins to fit",
    paper="said of a curve, without numbers",
    tolerance="at each position the mean of ‖δ̂ − δ‖ over the time of the first fifth of training above what it is "
    "before training, and above that of the last fifth; 95 % intervals over seeds; " + GATE,
    null=("steps", "chance", "shifted", "shrunk"),
    given="the classifier's initial weights, which the paper does not state, are N(0, 2/fan-in): see F12-5; 2,500 "
    f"steps of one seed and quick records had been seen; {SINCE}",
)
def _jumps(view: View) -> Outcome:
    at = _at(view)
    found = [d for arm, layer in at for d in of.jumps(view, arm, layer)]
    told = of.told(view, at, of.DISTANCE, of.first, of.early, of.late)
    return Outcome(every(found), f"before, early, late: {told}", gate=gate(cut(view)))


@_text(
    "F12-2",
    "The cosine is on average very slightly positive",
    paper="said of a curve, without numbers",
    tolerance=f"at each position its mean over training, less the first tenth, above 0 (95 % interval over seeds); "
    f"size: at most {SLIGHT}; {GATE}",
    null=("chance", "shifted", "shrunk"),
    given=f"{PILOT}; {SINCE}",
)
def _slightly_positive(view: View) -> Outcome:
    at = _at(view)
    found = [of.over(view, arm, of.COSINE, layer, of.average) for arm, layer in at]
    told = of.told(view, at, of.COSINE, of.average)
    return Outcome(every(found), told, max(d.mean for d in found) <= SLIGHT, gate(cut(view)))


@_text(
    "F12-3",
    "The synthetic gradient does not track the true one accurately, and the classifier trains all the same",
    paper="said of a curve, without numbers; with Figure 11's errors DNI closes 85 to 92 % of the distance to Bprop",
    tolerance=f"at each position Σ‖δ̂ − δ‖² over training, less the first tenth, above {POOR} of Σ‖δ‖², and the net "
    "gains over no gradient more than half of what Bprop gains (95 % intervals over seeds); size: at least 70 %; "
    "gate: that of F11-1",
    null=GATED,
    given=PILOT,
)
def _poor_and_enough(view: View) -> Outcome:
    t, at = cut(view), _at(view)
    poor = every((of.over(view, arm, of.ERROR, layer, of.average) for arm, layer in at), POOR)
    both_run = [n for _, n in at if n in t.rows("no_bprop", PLACES)]
    trains = every(gained(t, "dni", n, 0.5) for n in both_run)
    shares = [closed(t, "dni", n) for n in both_run]
    told = f"share left: {of.told(view, at, of.ERROR, of.average)}; closes "
    told += ", ".join(f"{s:.0%} at {n}" for s, n in zip(shares, both_run, strict=True))
    return Outcome(both(poor, trains), told, min(shares) >= 0.7, gate(t))


@claims(
    "F12-4",
    "A model that sees the label tracks the true gradient better",
    place="supplementary Figure 12 (ours, beside it)",
    paper="not asked",
    tolerance="at each position where both are run Σ‖δ̂ − δ‖²/Σ‖δ‖² over training, less the first tenth, smaller than "
    "without the label (95 % intervals, paired by seed), and less than 1, which is what a guess of zero leaves (95 % "
    "intervals over seeds); " + GATE,
    finding=True,
    null=GATED,
    given="less than 1, and the gate, since quick records had been seen",
)
def _labels_track(view: View) -> Outcome:
    plain = {layer: arm for arm, layer in _at(view)}
    pairs = [((plain[n], n), (arm, n)) for arm, n in _at(view, "cdni", 1) if n in plain]
    better = every(of.beyond(view, *pair, of.ERROR, of.average) for pair in pairs)
    tracks = every(of.over(view, arm, of.ERROR, n, lambda own: 1 - of.average(own)) for _, (arm, n) in pairs)
    told = (of.told(view, at, of.ERROR, of.average) for at in zip(*pairs, strict=True))
    ours = "share left: without {}; with {}".format(*told)
    return Outcome(both(better, tracks), ours, gate=gate(cut(view)))


@claims(
    "F12-5",
    "Whether the L2 error jumps is the initial weights' doing: with the classifier's a hundredth as large it does, "
    "as they are it does not",
    place="supplementary Figure 12 (ours, beside it)",
    paper="not asked",
    tolerance="DNI after layer 5: with a hundredth of N(0, 2/fan-in) the mean of ‖δ̂ − δ‖ over the time of the first "
    "fifth of training is above what it is before training and above that of the last fifth; with all of it the "
    "first fifth is below what it is before training; 95 % intervals over seeds; " + GATE,
    finding=True,
    null=("equal", "steps", "chance", "shifted", "shrunk"),
    given="asked, and the hundredth chosen (a tenth makes no jump), after 2,000 steps of one seed had been seen; the "
    f"second half after quick records, {SINCE}",
)
def _small_jumps(view: View) -> Outcome:
    small, usual = (view.arm(rule="dni", layers=6, after=5, classifier=c) for c in (SMALL, None))
    falls = of.over(view, usual, of.DISTANCE, 5, lambda own: of.first(own) - of.early(own))
    told = (of.told(view, [(arm, 5)], of.DISTANCE, of.first, of.early, of.late) for arm in (small, usual))
    ours = "before, early, late: {} with a hundredth; {} as they are".format(*told)
    return Outcome(every([*of.jumps(view, small, 5), falls]), ours, gate=gate(cut(view)))
