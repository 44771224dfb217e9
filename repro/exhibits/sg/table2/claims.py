"""Claims of Understanding SG's Table 2, and what counts as reproducing them. They need no data set.

A seed is a data set: intervals are over data sets, paired where two cells share them. T2-2 to T2-4 hang on the rate
and are judged at the paper's; what other rates and targets give are findings of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.sg.table2.arms import RATES, REPORTED
from repro.record.stats import Difference, both, every, mean, paired, unpaired
from repro.record.view import View

DATA = tuple((data, dim) for data in ("linear", "noisy", "random") for dim in (2, 100))
LINEAR2, LINEAR100, NOISY2, NOISY100, RANDOM2, RANDOM100 = DATA
LARGE = (LINEAR2, LINEAR100, NOISY100)
KNOWN = {("linear", "log"): 0.25, ("noisy", "log"): 0.6, ("linear", "mse"): 0.2, ("noisy", "mse"): 0.2}
"""Below it backpropagation has learned; a net that knows nothing has 0.69 and 0.25, whatever the labels."""
Cell = tuple[str, int]

claims = Claims()
_table = partial(claims, place="Table 2, section 4", stand_in_ok=True)
_settled = partial(
    _table, given="with rates that drop at 60 and 80 % of the steps, which the paper does not mention"
)
_rated = partial(
    _table,
    profiles=("paper",),
    elsewhere="it hangs on the rate and is judged at the paper's 3e-5 (T2-7 and T2-8 say what others give)",
    given="with targets of the mean loss, a scale that the paper does not state",
)
_stopped = partial(
    _settled,
    profiles=("paper",),
    elsewhere="so since cpu had read not reproduced: it hangs on the stop, at 1e-2 some 700 steps give the paper's",
)
_ours = partial(_table, paper="one rate, 3e-5; the target's scale is not stated", finding=True)


def _log(
    view: View, cell: Cell, deep: bool = False, rate: float | None = None, target: str | None = None
) -> str:
    """The cell's arm; in float64 where the record was to have that."""
    of = {"data": cell[0], "dim": cell[1], "deep": deep, "loss": "log", "rate": rate, "target": target}
    exact = view.where(**of, precision="float64")
    return exact[0] if exact else view.arm(**of)


def _unlearned(view: View, *cells: Cell, loss: str = "log") -> str:
    """Whether backpropagation itself has not learned labels that can be learned: then no gap means anything."""
    arms = ((d, _log(view, (d, k)) if loss == "log" else f"{d}{k}-shallow-{loss}") for d, k in cells)
    known = [view.mean(arm, "loss_bp") < KNOWN[data, loss] for data, arm in arms]
    return "" if all(known) else "backpropagation itself has not learned"


def _gap(view: View, arm: str) -> Difference:
    """The gap to backpropagation over data sets."""
    return paired(view.final(arm, "gap"))


def _paper(cell: Cell, deep: bool = False) -> float:
    return REPORTED[*cell, deep][1]


def _told(gaps: dict[Cell, float]) -> str:
    return ", ".join(f"{data}{dim} {g:.5f}" for (data, dim), g in gaps.items())


def _means(view: View, *cells: Cell) -> dict[Cell, float]:
    """The mean log-loss gaps of shallow models."""
    return {c: view.mean(_log(view, c), "gap") for c in cells}


def _gate(view: View) -> str:
    """Log loss leaves a gap on separable data, or there is no difference to MSE and random labels to speak of."""
    large = min(_means(view, LINEAR2, LINEAR100).values())
    small = "" if large > 1e-3 else f"no gap on separable data either: {large:.5f}"
    return small or _unlearned(view, *LARGE)


def _large(view: View) -> bool | None:
    """Whether the three large gaps are above 1e-3, in the paper's order."""
    gaps = [view.final(_log(view, c), "gap") for c in (LINEAR100, LINEAR2, NOISY100)]
    return both(every((paired(g) for g in gaps), 1e-3), every(unpaired(a, b) for a, b in pairwise(gaps)))


def _sizes(view: View, factor: float) -> tuple[bool, str]:
    g = _means(view, *LARGE)
    told = (f"{data}{dim} {v:.4f} (×{v / _paper((data, dim)):.2f})" for (data, dim), v in g.items())
    return all(1 / factor <= v / _paper(c) <= factor for c, v in g.items()), ", ".join(told)


@partial(_settled, null=GATED)(
    "T2-1",
    "Under MSE the SG reaches the same loss as backpropagation, shallow and deep",
    paper="every MSE cell ≤ 0.00004",
    tolerance="every gap 0 within 1e-4 (TOST); size: mean |gap| ≤ 5e-5, the paper's largest but for rounding",
)
def _mse(view: View) -> Outcome:
    shallow, deep = (view.where(loss="mse", deep=deep, rate=None) for deep in (False, True))
    cells = view.those_run(shallow, "gap", len(DATA)) + view.those_run(deep, "gap", 0)
    size = {c: mean([abs(g) for g in view.final(c, "gap")]) for c in cells}  # signs must not cancel
    worst = max(cells, key=lambda c: size[c])
    equal = both(*(_gap(view, c).within(1e-4) for c in cells))
    told = f"largest of {len(cells)} MSE gaps {size[worst]:.1e} ({worst})"
    return Outcome(equal, told, size[worst] <= 5e-5, _gate(view) or _unlearned(view, *LARGE, loss="mse"))


@_rated(
    "T2-2",
    "Under log loss it fails on separable data: linear100 > linear2 ≫ noisy100 > noisy2",
    paper="0.08554 > 0.03842 ≫ 0.00442 > 0.00036",
    tolerance="each larger than the next; size: linear2 4 to 20 times noisy100 (paper: 8.7)",
)
def _order(view: View) -> Outcome:
    order = (LINEAR100, LINEAR2, NOISY100, NOISY2)
    gaps = [view.final(_log(view, c), "gap") for c in order]
    g = _means(view, *order)
    size = 4 * g[NOISY100] <= g[LINEAR2] <= 20 * g[NOISY100]
    falls = every(unpaired(a, b) for a, b in pairwise(gaps))
    return Outcome(falls, _told(g), size, _unlearned(view, *order))


@_rated(
    "T2-3",
    "The sizes of the three large log-loss gaps",
    paper="0.03842, 0.08554, 0.00442",
    tolerance="each above 1e-3, linear100 above linear2 above noisy100; size: within a factor 1.5 of the paper's",
)
def _three_sizes(view: View) -> Outcome:
    size, told = _sizes(view, 1.5)
    return Outcome(_large(view), told, size, _unlearned(view, *LARGE))


@_rated(
    "T2-4",
    "With random labels the gap disappears",
    paper="shallow 0.00000 and 0.00003, deep 0.00000 and 0.00004",
    tolerance="0 within 1e-4 (TOST), shallow and deep; size: each mean at most 5e-5",
)
def _random(view: View) -> Outcome:
    cells = {
        f"{c[0]}{c[1]}{' deep' * deep}": _log(view, c, deep)
        for c in (RANDOM2, RANDOM100)
        for deep in (False, True)
    }
    gaps = {name: _gap(view, arm) for name, arm in cells.items()}
    told = ", ".join(f"{name} {g.mean:.5f}" for name, g in gaps.items())
    equal = both(*(g.within(1e-4) for g in gaps.values()))
    return Outcome(equal, told, all(abs(g.mean) <= 5e-5 for g in gaps.values()), _gate(view))


@_settled(
    "T2-5",
    "On noisy data the deep model's log-loss gap is smaller than the shallow one's",
    paper="noisy100 0.00293 against 0.00442: a third less (noisy2: T2-6)",
    tolerance="noisy100: smaller, paired by data set; size: by 17 to 68 % (half to twice the paper's)",
    profiles=("cpu", "paper"),
)
def _deep(view: View) -> Outcome:
    shallow, deep = _log(view, NOISY100), _log(view, NOISY100, deep=True)
    less, (s, d) = paired(view.paired(shallow, deep, "gap")), (view.mean(a, "gap") for a in (shallow, deep))
    told, size = f"noisy100 {d:.5f} deep, {s:.5f} shallow", 0.17 * s <= s - d <= 0.68 * s
    return Outcome(both(less.above(), _gap(view, deep).above()), told, size, _unlearned(view, NOISY100))


@_stopped(
    "T2-6",
    "On noisy2 too the shallow model converges to another solution under log loss, the deep one does not",
    paper="0.00036 (bold) against 0.00000",
    tolerance="above 1e-4, above random2, and above the deep model; size: within a factor 2 of the paper's",
)
def _noisy2(view: View) -> Outcome:
    arms = shallow, random, deep = _log(view, NOISY2), _log(view, RANDOM2), _log(view, NOISY2, deep=True)
    more = unpaired(*(view.final(a, "gap") for a in (shallow, random)))
    holds = both(
        _gap(view, shallow).above(1e-4), more.above(), paired(view.paired(shallow, deep, "gap")).above()
    )
    s, r, d = (view.mean(a, "gap") for a in arms)
    told, size = f"shallow {s:.5f}, deep {d:.5f}, random2 {r:.5f}", 0.5 <= s / _paper(NOISY2) <= 2
    return Outcome(holds, told, size, _unlearned(view, NOISY2))


@_ours(
    "T2-7",
    "At 333 times the paper's rate, with targets of the mean loss, the three large log-loss gaps are the paper's",
    tolerance="linear2, linear100 and noisy100 within a factor 1.5",
    profiles=("cpu",),
)
def _at_high_rate(view: View) -> Outcome:
    size, told = _sizes(view, 1.5)
    return Outcome(both(_large(view), size), told, gate=_unlearned(view, *LARGE))


@_ours(
    "T2-8",
    "Rate and target decide linear2's gap: it falls with the rate, and with targets of each sample's own loss",
    tolerance="smaller at each smaller rate (mean loss) and with samples' targets at 1e-2; the ends 2 times apart",
    profiles=("cpu",),
)
def _depends(view: View) -> Outcome:
    batch = [_log(view, LINEAR2, rate=rate, target="batch") for rate in RATES]
    sample = _log(view, LINEAR2, rate=RATES[0], target="sample")
    pairs = [*pairwise(batch), (batch[0], sample)]
    falls = every(paired(view.paired(a, b, "gap")) for a, b in pairs)
    twice = view.mean(batch[0], "gap") > 2 * view.mean(batch[-1], "gap")
    told = [f"{rate:g} {view.mean(arm, 'gap'):.4f}" for rate, arm in zip(RATES, batch, strict=True)]
    told.append(f"{RATES[0]:g} with each sample's {view.mean(sample, 'gap'):.4f}")
    return Outcome(both(falls, twice), ", ".join(told), gate=_unlearned(view, LINEAR2))


@partial(_ours, null=GATED, paper="suggests this SG for log loss, and runs none")(
    "T2-9",
    "SG(h, y) = d σ(hA) + yB + C, which can be exact, closes the log-loss gap that the linear SG leaves",
    tolerance="smaller on linear2, linear100 and noisy100, paired by data set; size: at most a tenth of each is left",
)
def _shaped(view: View) -> Outcome:
    return _closed(view, LARGE)


def _closed(view: View, cells: Sequence[Cell], **linear: Any) -> Outcome:
    """What the shaped SG leaves, in size, of the gap of the linear one with this setting, cell by cell."""
    shape = {"shape": "sigmoid", "target": linear.get("target", "batch")}
    pairs = {c: (_log(view, c, **linear), view.arm(data=c[0], dim=c[1], **shape)) for c in cells}
    less = every(paired(view.paired(*pair, "gap")) for pair in pairs.values())
    gaps = {c: view.mean(straight, "gap") for c, (straight, _) in pairs.items()}
    left = {c: mean([abs(g) for g in view.final(shaped, "gap")]) for c, (_, shaped) in pairs.items()}
    size = all(left[c] <= 0.1 * gaps[c] for c in pairs)
    ours = ", ".join(f"{data}{dim} {left[data, dim]:.5f} of {g:.5f}" for (data, dim), g in gaps.items())
    return Outcome(less, ours, size, _gate(view))


@partial(_ours, null=GATED)(
    "T2-10",
    "With targets of each sample's own loss it closes the gap that the linear SG leaves on linear100 and noisy100",
    tolerance="as T2-9, on these two (linear2 has no gap to close there)",
    profiles=("cpu",),
    given="added when a reader had seen 4 % left on linear100 after 2,000 steps",
)
def _sampled(view: View) -> Outcome:
    return _closed(view, (LINEAR100, NOISY100), rate=RATES[0], target="sample")
