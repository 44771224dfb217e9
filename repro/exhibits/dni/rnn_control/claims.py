"""Findings registered before they ran: levels paired by seed, at T = 2 and the smallest width unless said."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from repro.claim import Claims, Outcome
from repro.exhibits.dni.rnn_control.spec import TASKS, name
from repro.record.stats import Difference, both, every, mean, paired
from repro.record.view import View

MARGIN = 1.0  # levels that count as equal: the smallest step there is
claims = Claims()
ALL, LONG, VARIED = ("quick", "cpu", "paper"), ("cpu", "paper"), ("cpu",)


def _finding(id: str, text: str, tolerance: str, profiles: tuple[str, ...] = LONG) -> Callable[..., Any]:
    place, paper = "Table 1 (ours, beside it)", "not asked"
    return claims(id, text, place=place, paper=paper, tolerance=tolerance, finding=True, profiles=profiles)


_BOTH = "95 % intervals of differences paired by seed, both tasks"
_EQUAL = f"within one level of δ̂ (TOST), which gains more than one; {_BOTH}"


def _id(view: View, task: str, what: str, window: int = 2) -> str:
    """The arm at the smallest width that this record was to have."""
    widths = (32, 64, 256)
    there = [w for w in widths if view.where(task=task, window=window, width=w, inject="nothing")]
    return name(task, window, there[0] if there else 32, what)


def _gain(
    view: View, task: str, what: str, base: str = "nothing", window: int = 2, metric: str = "levels"
) -> Difference:
    """Levels of an arm beyond those of another, paired by seed."""
    return paired(view.paired(*(_id(view, task, k, window) for k in (what, base)), metric))  # type: ignore[call-arg]


def _gains(view: View, what: str, base: str = "nothing", window: int = 2) -> dict[str, Difference]:
    return {task: _gain(view, task, what, base, window) for task in TASKS}


def _told(found: dict[str, Difference]) -> str:
    return ", ".join(f"{TASKS[task]} {d}" for task, d in found.items())


def _equal(view: View, *whats: str) -> Outcome:
    """δ̂ gains more than the margin and each of `whats` is within the margin of it."""
    apart = {f"{TASKS[t]}, {what}": _gain(view, t, what, "synthetic") for what in whats for t in TASKS}
    near = both(*(d.within(MARGIN) for d in apart.values()))
    said = ", ".join(f"{k} {d}" for k, d in apart.items())
    return Outcome(both(every(_gains(view, "synthetic").values(), MARGIN), near), f"beside δ̂: {said}")


def _share(view: View, task: str, what: str, share: float) -> Difference:
    """Levels of `what` beyond nothing, minus a share of δ̂'s, seed by seed."""
    of_arm, of_sg, of_none = (
        view.by_seed(_id(view, task, k), "levels") for k in (what, "synthetic", "nothing")
    )
    seeds = of_arm.keys() & of_sg.keys() & of_none.keys()
    return paired([of_arm[s] - of_none[s] - share * (of_sg[s] - of_none[s]) for s in sorted(seeds)])


def _beyond(found: Iterable[Difference]) -> Outcome:
    """Whether all are above 0."""
    kept = list(found)
    return Outcome(every(kept), ", ".join(map(str, kept)))


def _explained(view: View, task: str, metric: str, least: float = -math.inf) -> dict[int, float]:
    """Seed → mean over the run of δ̂'s R² (`least` where it is below that)."""
    rows = view.select(_id(view, task, "synthetic"), metric)
    return {s: mean([max(least, r[5]) for r in rows if r[1] == s]) for s in sorted({r[1] for r in rows})}


@_finding("RC-1", "DNI solves more levels than truncated BPTT at T = 2", f"beyond nothing; {_BOTH}", ALL)
def _premise(view: View) -> Outcome:
    return _beyond(_gains(view, "synthetic").values())


@_finding(
    "RC-2",
    "A fixed random direction, as long as δ̂ of its own M, has most of DNI's gain",
    f"its gain is above half of δ̂'s, and that above 0; {_BOTH}",
    ALL,
)
def _fixed(view: View) -> Outcome:
    halves = {task: _share(view, task, "fixed", 0.5) for task in TASKS}
    holds = both(every(_gains(view, "synthetic").values()), every(halves.values()))
    return Outcome(
        holds, f"beyond nothing: {_told(_gains(view, 'fixed'))}; beyond half of δ̂'s: {_told(halves)}"
    )


@_finding("RC-3", "The wrong sign costs less than a level in the end, on average", _EQUAL, ALL)
def _sign(view: View) -> Outcome:
    return _equal(view, "negative")


@_finding("RC-4", "One vector for all, the mean of δ̂ over lanes, ends within a level of δ̂ on average", _EQUAL)
def _mean(view: View) -> Outcome:
    return _equal(view, "mean_lane")


@_finding("RC-5", "Another sequence's δ̂ in its place costs less than a level on average", _EQUAL)
def _lane(view: View) -> Outcome:
    return _equal(view, "other_lane")


@_finding(
    "RC-6",
    "A direction as long as δ̂ does harm when it is redrawn every 500 windows: it solves fewer levels than nothing",
    f"below nothing, and below the fixed direction; {_BOTH}",
)
def _persist(view: View) -> Outcome:
    lost, fixed = _gains(view, "nothing", "redrawn"), _gains(view, "fixed", "redrawn")
    return Outcome(every([*lost.values(), *fixed.values()]), f"nothing beyond it: {_told(lost)}")


@_finding(
    "RC-7", "At its own M's length fresh noise does less than a fixed direction", f"fixed beyond it; {_BOTH}"
)
def _noise(view: View) -> Outcome:
    fixed, none = _gains(view, "fixed", "noise"), _gains(view, "noise")
    return Outcome(
        every(fixed.values()), f"fixed beyond noise: {_told(fixed)}; noise beyond nothing: {_told(none)}"
    )


@_finding("RC-8", "A larger forget bias does not explain it", f"beyond a bias of 3 and of 5; {_BOTH}", VARIED)
def _forget(view: View) -> Outcome:
    return _beyond([_gain(view, t, "synthetic", f"nothing-forget{n}") for t in TASKS for n in (3, 5)])


@_finding(
    "RC-9",
    "The synthetic gradient that helps explains less than 5 % of the true gradient of the future",
    "R² on the true gradient, mean over the run: 95 % interval below 0.05; and δ̂ gains; both tasks",
    ALL,
)
def _explains(view: View) -> Outcome:
    gains = _gains(view, "synthetic")
    found = {t: paired(list(_explained(view, t, "future_r2").values())) for t in TASKS}
    above = [d.above(0.05) for d in found.values()]
    below = both(*(None if a is None else not a for a in above))
    return Outcome(both(every(gains.values()), below), f"R²: {_told(found)}")


@claims(
    "RC-10",
    "More could be predicted: a linear fit to frozen weights explains more, on sequences held out",
    place="Table 1 (ours, beside it)",
    paper="not asked",
    tolerance="R², mean over the run (below −1 counts as −1), offline beyond online; 95 % intervals, both tasks",
    finding=True,
    profiles=LONG,
    null=("chance",),  # two metrics of one arm: arms may be swapped
)
def _offline(view: View) -> Outcome:
    found = {}
    for task in TASKS:
        off, on = (_explained(view, task, f"future_{k}", -1.0) for k in ("offline_r2", "r2"))
        found[task] = paired([off[s] - on[s] for s in off])
    return Outcome(every(found.values()), f"offline beyond online: {_told(found)}")


@_finding("RC-11", "The true gradient of the next 24 steps solves more levels than δ̂", f"beyond it; {_BOTH}")
def _oracle(view: View) -> Outcome:
    return _beyond(_gains(view, "oracle", "synthetic").values())


@_finding("RC-12", "In full (factor 1) it solves fewer", f"factor 0.1 beyond factor 1; {_BOTH}", VARIED)
def _collapse(view: View) -> Outcome:
    return _beyond(_gains(view, "synthetic", "synthetic-factor1").values())


@_finding("RC-13", "From 0.03 to 0.3 the factor does not matter", f"both {_EQUAL}", VARIED)
def _factor(view: View) -> Outcome:
    return _equal(view, "synthetic-factor003", "synthetic-factor03")


@_finding(
    "RC-14", "Nor whether M's target is bootstrapped, or M has a hidden layer", f"both {_EQUAL}", VARIED
)
def _model(view: View) -> Outcome:
    return _equal(view, "synthetic-target0", "synthetic-linear")


@_finding(
    "RC-15",
    "The order does not hang on the threshold: at 0.05 and 0.3, too, δ̂ and the fixed direction gain",
    f"each beyond nothing at the same threshold; {_BOTH}",
    VARIED,
)
def _threshold(view: View) -> Outcome:
    cases = [(t, how, k) for t in TASKS for how in ("strict", "lax") for k in ("synthetic", "fixed")]
    return _beyond([_gain(view, t, f"{k}-{how}", f"nothing-{how}") for t, how, k in cases])


@_finding(
    "RC-16",
    "With four bits a symbol the fixed direction and the negative gain as well",
    f"δ̂, −δ̂ and the fixed direction beyond nothing; {_BOTH}",
    VARIED,
)
def _bits(view: View) -> Outcome:
    cases = [(t, k) for t in TASKS for k in ("synthetic", "negative", "fixed")]
    return _beyond([_gain(view, t, f"{k}-4bits", "nothing-4bits") for t, k in cases])


@_finding("RC-17", "At T = 3 DNI still solves more levels than truncated BPTT", f"beyond nothing; {_BOTH}")
def _three(view: View) -> Outcome:
    return _beyond(_gains(view, "synthetic", window=3).values())


@_finding(
    "RC-18",
    "At T = 3 its content counts: δ̂ solves more levels than the fixed direction and than −δ̂",
    f"δ̂ beyond each; {_BOTH}",
)
def _content(view: View) -> Outcome:
    return _beyond([_gain(view, t, "synthetic", k, 3) for k in ("fixed", "negative") for t in TASKS])


@_finding("RC-19", "A constant push saturates cells", f"share of |tanh c| > 0.9, beyond nothing; {_BOTH}")
def _latch(view: View) -> Outcome:
    return _beyond([_gain(view, t, "fixed", metric="cell_saturated") for t in TASKS])


@_finding("RC-20", "So does the synthetic gradient itself", f"share of |tanh c| > 0.9; {_BOTH}")
def _latch_sg(view: View) -> Outcome:
    return _beyond([_gain(view, t, "synthetic", metric="cell_saturated") for t in TASKS])


@_finding("RC-21", "BPTT lacks no other learning rate", f"δ̂ beyond it at 3e-4 and 3e-3; {_BOTH}", VARIED)
def _rate(view: View) -> Outcome:
    return _beyond([_gain(view, t, "synthetic", f"nothing-rate{k}") for t in TASKS for k in ("03", "3")])


@_finding("RC-22", "An M that never learns, scaled to one that does, solves as many levels", _EQUAL, VARIED)
def _untrained(view: View) -> Outcome:
    return _equal(view, "untrained")


@_finding("RC-23", "At 3 % of its size the fixed direction solves as many levels as δ̂", _EQUAL, VARIED)
def _weak(view: View) -> Outcome:
    return _equal(view, "fixed-weak")
