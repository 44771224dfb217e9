"""Findings of the control, registered before it ran: what DNI's gain on recurrent nets needs, and what it does not.

All compare numbers of levels solved, seed by seed (same initial weights, same data until levels part). `T = 2` and 32
units unless said. A gain is what an arm solves beyond "nothing", truncated BPTT with everything else equal.
"""

from __future__ import annotations

from functools import partial

from repro.exhibits.dni.rnn_control.spec import TASKS, name
from repro.record.stats import Difference, both, every, mean, paired
from repro.record.view import View
from repro.spec import Claims, Outcome

MARGIN = 1.0
"""Levels that count as equal: the smallest step there is."""
claims = Claims()
_finding = partial(
    claims, place="beside Table 1", paper="not asked", finding=True, profiles=("quick", "cpu", "paper")
)
_DECIDED = "95 % intervals of differences paired by seed, both tasks"


def _id(view: View, task: str, what: str, window: int = 2) -> str:
    """The arm at the smallest width that this record was to have."""
    widths = (32, 64, 256)
    there = [w for w in widths if view.where(task=task, window=window, width=w, inject="nothing")]
    return name(task, window, there[0] if there else 32, what)


def _gain(view: View, task: str, what: str, base: str = "nothing", window: int = 2) -> Difference:
    """Levels of an arm beyond those of another, paired by seed."""
    ids = (_id(view, task, what, window), _id(view, task, base, window))
    return paired(view.paired(*ids, "levels"))


def _gains(view: View, what: str, base: str = "nothing", window: int = 2) -> dict[str, Difference]:
    return {task: _gain(view, task, what, base, window) for task in TASKS}


def _told(found: dict[str, Difference]) -> str:
    return ", ".join(f"{TASKS[task]} {d}" for task, d in found.items())


def _equal(view: View, what: str, window: int = 2) -> Outcome:
    """δ̂ gains more than the margin and `what` is within the margin of it."""
    apart, gains = _gains(view, what, "synthetic", window), _gains(view, "synthetic", window=window)
    answers = [d.within(MARGIN) for d in apart.values()]
    return Outcome(both(every(gains.values(), MARGIN), *answers), f"beside δ̂: {_told(apart)}")


def _share(view: View, task: str, what: str, share: float) -> Difference:
    """Levels of `what` beyond nothing, minus a share of δ̂'s, seed by seed."""
    of_arm, of_sg, of_none = (
        view.by_seed(_id(view, task, k), "levels") for k in (what, "synthetic", "nothing")
    )
    seeds = of_arm.keys() & of_sg.keys() & of_none.keys()
    return paired([of_arm[s] - of_none[s] - share * (of_sg[s] - of_none[s]) for s in sorted(seeds)])


@_finding(
    "RC-1", "DNI solves more levels than truncated BPTT at T = 2", tolerance=f"δ̂ beyond nothing; {_DECIDED}"
)
def _premise(view: View) -> Outcome:
    gains = _gains(view, "synthetic")
    return Outcome(every(gains.values()), _told(gains))


@_finding(
    "RC-2",
    "A fixed random direction of δ̂'s size, the same for all sequences for ever, has most of DNI's gain",
    tolerance=f"its gain is above half of δ̂'s, and that above 0; {_DECIDED}",
)
def _fixed(view: View) -> Outcome:
    halves = {task: _share(view, task, "fixed", 0.5) for task in TASKS}
    holds = both(every(_gains(view, "synthetic").values()), every(halves.values()))
    return Outcome(
        holds, f"beyond nothing: {_told(_gains(view, 'fixed'))}; beyond half of δ̂'s: {_told(halves)}"
    )


@_finding(
    "RC-3",
    "The sign of the synthetic gradient does not matter: its negative solves as many levels",
    tolerance=f"within one level of δ̂ (TOST), which gains more than one; {_DECIDED}",
)
def _sign(view: View) -> Outcome:
    return _equal(view, "negative")


@_finding(
    "RC-4",
    "That it is this sequence's does not matter: its mean over lanes solves as many levels",
    tolerance=f"within one level of δ̂ (TOST), which gains more than one; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _mean(view: View) -> Outcome:
    return _equal(view, "mean_lane")


@_finding(
    "RC-5",
    "Nor does another sequence's in its place cost a level",
    tolerance=f"within one level of δ̂ (TOST), which gains more than one; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _lane(view: View) -> Outcome:
    return _equal(view, "other_lane")


@_finding(
    "RC-6",
    "It must persist: a direction redrawn every 500 windows solves fewer levels than nothing does",
    tolerance=f"below nothing, and below the fixed direction; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _persist(view: View) -> Outcome:
    lost, fixed = _gains(view, "nothing", "redrawn"), _gains(view, "fixed", "redrawn")
    return Outcome(every([*lost.values(), *fixed.values()]), f"nothing beyond it: {_told(lost)}")


@_finding(
    "RC-7",
    "Noise of the same size, fresh for each lane and window, does less than the fixed direction",
    tolerance=f"fixed beyond noise; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _noise(view: View) -> Outcome:
    fixed = _gains(view, "fixed", "noise")
    return Outcome(
        every(fixed.values()),
        f"fixed beyond noise: {_told(fixed)}; noise beyond nothing: {_told(_gains(view, 'noise'))}",
    )


@_finding(
    "RC-8",
    "A larger forget bias does not explain it",
    tolerance=f"δ̂ beyond nothing with a forget bias of 3 and of 5; {_DECIDED}",
    profiles=("cpu",),
)
def _forget(view: View) -> Outcome:
    found = [_gain(view, t, "synthetic", f"nothing-forget{n}") for t in TASKS for n in (3, 5)]
    return Outcome(every(found), "δ̂ beyond it: " + ", ".join(map(str, found)))


@_finding(
    "RC-9",
    "The synthetic gradient that helps explains less than 5 % of the true gradient of the future",
    tolerance="R² on the true gradient, mean over the run: 95 % interval below 0.05; and δ̂ gains; both tasks",
)
def _explains(view: View) -> Outcome:
    gains, found = _gains(view, "synthetic"), {}
    for task in TASKS:
        rows = view.select(_id(view, task, "synthetic"), "future_r2")
        seeds = sorted({r[1] for r in rows})
        found[task] = paired([mean([r[5] for r in rows if r[1] == s]) for s in seeds])
    below = [None if d.above(0.05) is None else not d.above(0.05) for d in found.values()]
    return Outcome(
        both(every(gains.values()), *below), f"R² {', '.join(f'{TASKS[t]} {d}' for t, d in found.items())}"
    )


@_finding(
    "RC-10",
    "More than that could be predicted: a linear fit to frozen weights explains more, on sequences held out",
    tolerance="mean over the run of R² (below 0 counts as 0), offline beyond online; 95 % intervals, both tasks",
    profiles=("cpu", "paper"),
)
def _offline(view: View) -> Outcome:
    found = {}
    for task in TASKS:
        arm, means = _id(view, task, "synthetic"), []
        for metric in ("future_offline_r2", "future_r2"):
            rows = view.select(arm, metric)
            means.append({s: mean([max(0.0, r[5]) for r in rows if r[1] == s]) for s in {r[1] for r in rows}})
        found[task] = paired([means[0][s] - means[1][s] for s in sorted(means[0])])
    return Outcome(every(found.values()), f"offline beyond online: {_told(found)}")


@_finding(
    "RC-11",
    "Right content does matter: the true gradient of the next 24 steps solves more levels than δ̂",
    tolerance=f"oracle beyond δ̂; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _oracle(view: View) -> Outcome:
    full, weak = _gains(view, "oracle", "synthetic"), _gains(view, "oracle-weak", "synthetic")
    return Outcome(every(full.values()), f"beyond δ̂: {_told(full)}; times 0.1: {_told(weak)}")


@_finding(
    "RC-12",
    "In full (factor 1) the synthetic gradient destroys learning",
    tolerance=f"factor 0.1 beyond factor 1; {_DECIDED}",
    profiles=("cpu",),
)
def _collapse(view: View) -> Outcome:
    found = _gains(view, "synthetic", "synthetic-factor1")
    return Outcome(every(found.values()), f"factor 0.1 beyond 1: {_told(found)}")


@_finding(
    "RC-13",
    "From 0.03 to 0.3 the factor does not matter",
    tolerance=f"each within one level of 0.1 (TOST), which gains more than one; {_DECIDED}",
    profiles=("cpu",),
)
def _factor(view: View) -> Outcome:
    found = [_equal(view, f"synthetic-factor{k}") for k in ("003", "03")]
    return Outcome(both(*(o.holds for o in found)), "; ".join(o.ours for o in found))


@_finding(
    "RC-14",
    "Nor does it matter whether M's target is bootstrapped, or M has a hidden layer",
    tolerance=f"target factor 0 and a linear M within one level (TOST) of δ̂, which gains more than one; {_DECIDED}",
    profiles=("cpu",),
)
def _model(view: View) -> Outcome:
    found = [_equal(view, f"synthetic-{k}") for k in ("target0", "linear")]
    return Outcome(both(*(o.holds for o in found)), "; ".join(o.ours for o in found))


@_finding(
    "RC-15",
    "The order does not hang on the threshold: at 0.05 and 0.3, too, δ̂ and the fixed direction gain",
    tolerance=f"each beyond nothing at the same threshold; {_DECIDED}",
    profiles=("cpu",),
)
def _threshold(view: View) -> Outcome:
    found = [
        _gain(view, t, f"{k}-{how}", f"nothing-{how}")
        for t in TASKS for how in ("strict", "lax") for k in ("synthetic", "fixed")
    ]  # fmt: skip
    return Outcome(every(found), "beyond nothing: " + ", ".join(map(str, found)))


@_finding(
    "RC-16",
    "With four bits a symbol the fixed direction and the negative gain as well",
    tolerance=f"δ̂, −δ̂ and the fixed direction beyond nothing; {_DECIDED}",
    profiles=("cpu",),
)
def _bits(view: View) -> Outcome:
    found = [
        _gain(view, t, f"{k}-4bits", "nothing-4bits")
        for t in TASKS
        for k in ("synthetic", "negative", "fixed")
    ]
    return Outcome(every(found), "beyond nothing: " + ", ".join(map(str, found)))


@_finding(
    "RC-17",
    "At T = 3 DNI still solves more levels than truncated BPTT",
    tolerance=f"δ̂ beyond nothing; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _three(view: View) -> Outcome:
    gains = _gains(view, "synthetic", window=3)
    return Outcome(every(gains.values()), _told(gains))


@_finding(
    "RC-18",
    "At T = 3 its content counts: δ̂ solves more levels than the fixed direction and than −δ̂",
    tolerance=f"δ̂ beyond each; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _content(view: View) -> Outcome:
    found = {k: _gains(view, "synthetic", k, window=3) for k in ("fixed", "negative")}
    said = "; ".join(f"beyond {k}: {_told(d)}" for k, d in found.items())
    return Outcome(every([d for own in found.values() for d in own.values()]), said)


@_finding(
    "RC-19",
    "A constant push drives cells apart from 0 and saturates them: more of |tanh c| above 0.9 than with nothing",
    tolerance=f"at the end, the fixed direction beyond nothing; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _latch(view: View) -> Outcome:
    found = {}
    for task in TASKS:
        ids = (_id(view, task, "fixed"), _id(view, task, "nothing"))
        found[task] = paired(view.paired(*ids, "cell_saturated"))
    return Outcome(every(found.values()), f"fixed beyond nothing: {_told(found)}")


@_finding(
    "RC-20",
    "So does the synthetic gradient itself",
    tolerance=f"at the end, δ̂ beyond nothing in the share of |tanh c| above 0.9; {_DECIDED}",
    profiles=("cpu", "paper"),
)
def _latch_sg(view: View) -> Outcome:
    found = {}
    for task in TASKS:
        ids = (_id(view, task, "synthetic"), _id(view, task, "nothing"))
        found[task] = paired(view.paired(*ids, "cell_saturated"))
    return Outcome(every(found.values()), f"δ̂ beyond nothing: {_told(found)}")
