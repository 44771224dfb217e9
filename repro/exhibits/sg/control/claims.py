"""Findings of the control, registered before its runs: what of a synthetic gradient deep nets need.

SC-12 was added when the quick profile had shown SC-8; other profiles have seeds of their own.

Training accuracy at the end, points, paired by seed (same start, same batches), at each depth that was run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from repro.claim import Claims, Outcome
from repro.exhibits.sg.control.spec import DEPTHS
from repro.exhibits.sg.layers import learned
from repro.record.stats import Difference, both, every, mean, paired
from repro.record.view import MissingData, View

METRIC, MARGIN = "train_accuracy", 2.0
"""Points that count as equal."""
ALL, LONG = ("quick", "cpu", "paper"), ("cpu", "paper")
claims = Claims()
_PAIRED = "95 % intervals, paired by seed"
_SEEN = "that backpropagation has 90 % right was asked after cpu had been seen"


def _finding(
    id: str, text: str, tolerance: str, profiles: tuple[str, ...] = LONG, **more: Any
) -> Callable[..., Any]:
    place = "Figure 4 (ours, beside it)"
    return claims(
        id, text, place=place, paper="not asked", tolerance=tolerance, finding=True, profiles=profiles, **more
    )


def _arm(view: View, kind: str, layers: int) -> str:
    if kind == "bprop":
        return view.arm(rule="bprop", layers=layers)
    return view.arm(rule="sg", layers=layers, inject=None if kind == "own" else kind)


def _depths(view: View) -> list[int]:
    """The depths at which this record was to have an SG."""
    there = [n for n in DEPTHS if view.where(rule="sg", layers=n, inject=None)]
    if not there:
        raise MissingData("an arm with an SG")
    return there


def _gap(view: View, more: str, less: str, layers: int) -> Difference:
    return paired(view.paired(_arm(view, more, layers), _arm(view, less, layers), METRIC))


def _gate(view: View, depths: list[int], bprop: bool = False) -> str:
    own = learned(view, [_arm(view, "own", n) for n in depths], 80.0)
    return own or (learned(view, [_arm(view, "bprop", n) for n in depths], 90.0) if bprop else "")


def _late(view: View, arm: str, metric: str, since_first: bool = False) -> Difference:
    """Mean over the second half of the run (less the first value), with its interval over seeds."""
    rows = view.select(arm, metric)
    first, end = min(r[3] for r in rows), max(r[3] for r in rows)
    late = [r for r in rows if 2 * r[3] >= end]
    begun = {r[1]: r[5] if since_first else 0.0 for r in rows if r[3] == first}
    return paired([mean([r[5] for r in late if r[1] == s]) - begun[s] for s in sorted(begun)])


def _said(found: dict[int, Difference]) -> str:
    return ", ".join(f"{n} layers {d}" for n, d in found.items())


def _below(view: View, *kinds: str, margin: float = 0.0) -> Outcome:
    """Whether δ̂ beats each of these at every depth."""
    depths = _depths(view)
    found = {k: {n: _gap(view, "own", k, n) for n in depths} for k in kinds}
    told = "; ".join(f"δ̂ − {k}: {_said(of)} points" for k, of in found.items())
    return Outcome(
        every((d for of in found.values() for d in of.values()), margin), told, True, _gate(view, depths)
    )


def _at_20(view: View, more: str, less: str) -> Outcome:
    """Whether one beats another in nets of 20 layers."""
    found = _gap(view, more, less, 20)
    return Outcome(
        found.above(), f"{more} − {less}: {found} points", True, _gate(view, [20], less == "bprop")
    )


def _share(view: View, kind: str) -> Difference:
    """What `kind` has beyond nothing at 20 layers, less half of what δ̂ has, seed by seed."""
    own, its, none = (view.by_seed(_arm(view, k, 20), METRIC) for k in ("own", kind, "nothing"))
    seeds = own.keys() & its.keys() & none.keys()
    return paired([its[s] - none[s] - 0.5 * (own[s] - none[s]) for s in sorted(seeds)])


@_finding(
    "SC-1",
    "At 20 layers a net with an SG is ahead of backpropagation early on",
    f"SG above Bprop; {_PAIRED}",
    LONG,
    given=_SEEN,
)
def _premise(view: View) -> Outcome:
    return _at_20(view, "own", "bprop")


@_finding(
    "SC-2",
    "The SG that puts it ahead leaves more than half of the true gradient unexplained",
    f"‖δ̂ − δ‖²/‖δ‖², mean over the second half of the run, above 0.5, and SG above Bprop; {_PAIRED}",
    ALL,
    given=_SEEN,
)
def _far(view: View) -> Outcome:
    arm, ahead = _arm(view, "own", 20), _gap(view, "own", "bprop", 20)
    error = _late(view, arm, "sg_error")
    told = f"relative error {error}; own − bprop {ahead} points"
    return Outcome(both(error.above(0.5), ahead.above()), told, True, _gate(view, [20], True))


@_finding(
    "SC-3",
    "That of another example, mostly of another class, does worse",
    f"δ̂ above it at each depth; {_PAIRED}",
    ALL,
)
def _other(view: View) -> Outcome:
    return _below(view, "other")


@_finding("SC-4", "The sign matters: −δ̂ does worse", f"δ̂ above it at each depth; {_PAIRED}")
def _sign(view: View) -> Outcome:
    return _below(view, "negative")


@_finding("SC-5", "Noise of its size does worse", f"δ̂ above it at each depth; {_PAIRED}")
def _noise(view: View) -> Outcome:
    return _below(view, "noise")


@_finding("SC-6", "The layers below the SG have to learn", f"δ̂ above nothing at each depth; {_PAIRED}", ALL)
def _nothing(view: View) -> Outcome:
    return _below(view, "nothing")


@_finding(
    "SC-7",
    "Its mean over the batch does no more than nothing: behind a batch norm it moves that norm's β alone",
    f"within 2 points of nothing (TOST), to which δ̂ is more than 2 above, at 20 layers; {_PAIRED}",
)
def _mean(view: View) -> Outcome:
    near, gain = _gap(view, "mean", "nothing", 20), _gap(view, "own", "nothing", 20)
    told = f"mean − nothing {near}, own − nothing {gain} points"
    return Outcome(both(near.within(MARGIN), gain.above(MARGIN)), told, True, _gate(view, [20]))


@_finding(
    "SC-8",
    "A fixed random vector for each label, which never learns, has most of what δ̂ brings at 20 layers",
    f"beyond nothing more than half of δ̂'s gain, and that above 0; {_PAIRED}",
    LONG,
)
def _label(view: View) -> Outcome:
    half, gain = _share(view, "fixed_label"), _gap(view, "own", "nothing", 20)
    told = f"beyond half of δ̂'s gain: {half}; δ̂'s gain {gain} points"
    return Outcome(both(half.above(), gain.above()), told, True, _gate(view, [20]))


@_finding(
    "SC-9",
    "That vector alone puts a net of 20 layers ahead of backpropagation early on",
    f"above Bprop at 20 layers; {_PAIRED}",
    LONG,
    given=_SEEN,
)
def _label_wins(view: View) -> Outcome:
    return _at_20(view, "fixed_label", "bprop")


@_finding(
    "SC-10", "What is learned counts: δ̂ does better than the fixed vector", f"at each depth; {_PAIRED}", LONG
)
def _learned(view: View) -> Outcome:
    return _below(view, "fixed_label")


@_finding(
    "SC-11",
    "A fixed random map of h as well does worse than that of the label alone",
    f"at 20 layers; {_PAIRED}",
)
def _map(view: View) -> Outcome:
    return _at_20(view, "fixed_label", "fixed")


@_finding(
    "SC-12",
    "The net turns so that this vector leans a little towards the true gradient",
    "their cosine, mean over the second half of the run, above 0 and above what it is at the first look, at 20 "
    "layers; "
    f"{_PAIRED}",
    ALL,
    null=("chance",),
    given="that it grows since the first look was asked after cpu had been seen",
)
def _aligned(view: View) -> Outcome:
    arm = _arm(view, "fixed_label", 20)
    cosine, turned = (
        _late(view, arm, "injected_cosine"),
        _late(view, arm, "injected_cosine", since_first=True),
    )
    own = _late(view, _arm(view, "own", 20), "sg_cosine")
    told = f"cosine with the true gradient: the vector {cosine}, more than at first by {turned}; δ̂ {own}"
    return Outcome(both(cosine.above(), turned.above()), told, True, _gate(view, [20]))
