"""Where a step's time goes, as shares of the dense forward and backward pass; gains of the linear maps against k."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.meprop.table2.spec import ADAGRAD_LINEAR, DENSE, HIDDEN, RUN, SPARSE, SWEEP, K
from repro.exhibits.meprop.table3.spec import TASKS
from repro.exhibits.meprop.times import FORWARD, LINEAR, UPDATE, WHOLE, middle
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Exhibit

PARTS = {"forward": "#9ecae1", "linear maps": "#3182bd", "rest of backward": "#08519c", "update": "#bdbdbd"}
BARS = {
    "dense": "dense",
    "rows-{}": "k rows each,\nin loops",
    "unified-{}": "k columns\nfor all",
    "mask-{}": "zeros\nmultiplied",
}


TWO = ("dense", "rows-{}")
"""What the tagger has of them."""
GAINS = {"linear\nmaps": (LINEAR,), "all of\nbackward": (WHOLE,), "forward +\nbackward": (FORWARD, WHOLE)}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Above the shares, ours full and the paper's pale; below the gains, the paper's hollow."""
    figure = Figure(figsize=(style.WIDE, 8.4), layout="constrained")
    axes = figure.subplots(2, len(RUN) + 1, width_ratios=(4, 4, 2.6))
    for task, (above, below) in zip((*RUN, "pos"), axes.T, strict=True):
        _shares(above, view, task)
        above.set_title(f"{TASKS[task]}, k = {K[task]} of {HIDDEN}{_batches(exhibit, record, task)}")
        (_gains if task in RUN else _tagger)(below, view, task)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(PARTS), fontsize=9)
    style.title(figure, exhibit, record)
    return figure


def _batches(exhibit: Exhibit, record: Record, task: str) -> str:
    """How large ours are, where they are not the paper's."""
    spec, arm = record.facts["spec"], exhibit.arm(f"{task}-dense")
    told = arm.params["batch"].value if "batch" in arm.params else exhibit.param("batch").value
    own = spec["arms"][arm.id]["params"] if arm.id in spec["arms"] else {}
    ours = {**spec["params"], **own}.get("batch", told)
    return "" if ours == told else f"\nin batches of {ours:,} (paper: {told:,})"


def _parts(view: View, arm: str) -> dict[str, float]:
    """Seconds by the names of `PARTS`; empty for an arm that has not all of them."""
    found = [middle(view, arm, m) for m in (FORWARD, LINEAR, WHOLE, UPDATE)]
    if None in found:
        return {}
    forward, linear, whole, update = (v or 0.0 for v in found)
    return dict(zip(PARTS, (forward, linear, whole - linear, update), strict=True))


def _shares(ax: Axes, view: View, task: str) -> None:
    arms = {
        f"{task}-{name.format(K[task])}": word for name, word in BARS.items() if task in RUN or name in TWO
    }
    base = _parts(view, f"{task}-dense")
    unit = base.get("forward", 0.0) + base.get("linear maps", 0.0) + base.get("rest of backward", 0.0)
    for x, arm in enumerate(arms):
        own = _parts(view, arm)
        panels.stacked(ax, x - 0.2, {name: v / unit for name, v in own.items()} if unit else {}, PARTS)
    told = {0: DENSE[task], 1: SPARSE[task]}
    its = DENSE[task][0] + DENSE[task][1]
    for x, (forward, whole, linear) in told.items():
        rest = max(whole - linear, 0.0)
        parts = dict(zip(PARTS, (forward / its, linear / its, rest / its), strict=False))
        panels.stacked(ax, x + 0.2, parts, PARTS, alpha=0.4)
        ax.text(x + 0.2, (forward + whole) / its, "paper", ha="center", va="bottom", fontsize=8)
    ax.set_xticks(range(len(arms)), list(arms.values()), fontsize=8)
    ax.set_xlabel("backward products")
    if task == RUN[0]:
        ax.set_ylabel("share of dense forward + backward")


def _gains(ax: Axes, view: View, task: str) -> None:
    ks = [k for k in SWEEP[task] if k < HIDDEN]
    rows = {k: middle(view, f"{task}-rows-{k}", LINEAR) for k in (*ks, HIDDEN)}
    bases = {
        "over the fastest dense products": (middle(view, f"{task}-dense", LINEAR), "-"),
        "over the same loops through all rows": (rows[HIDDEN], "--"),
    }
    for label, (base, line) in bases.items():
        made = {k: base / t for k, t in rows.items() if base and t and k < HIDDEN}
        if made:
            ax.plot(
                list(made),
                list(made.values()),
                "o",
                ls=line,
                color=style.colour("meProp"),
                label=f"ours, {label}",
            )
    told = {K[task]: DENSE[task][2] / SPARSE[task][2]}
    if task == "mnist":
        told[10] = ADAGRAD_LINEAR[task][0] / ADAGRAD_LINEAR[task][1]
    style.paper_points(ax, list(told), list(told.values()), "meProp", ls="", label="paper")
    ax.plot(ks, [HIDDEN / k for k in ks], color=style.colour("dense"), lw=1, ls=":", label="n / k")
    ax.axhline(1, color=style.colour("dense"), lw=1)
    ax.set(title="Backward of the linear maps: gain", ylabel="dense time / time")
    panels.doubling_axis(ax, ks, "k (rows of each example)")
    panels.plain_log(ax)
    panels.legend_below(ax, 1, -0.16, fontsize=8)


def _tagger(ax: Axes, view: View, task: str) -> None:
    told = dict(zip((FORWARD, WHOLE, LINEAR), zip(DENSE[task], SPARSE[task], strict=True), strict=True))
    cells = [[sum(told[m][i] for m in metrics) for i in (0, 1)] for metrics in GAINS.values()]
    dense, own = ([middle(view, f"{task}-{arm}", *m) for m in GAINS.values()] for arm in ("dense", "rows-5"))
    made = [a / b if a and b else None for a, b in zip(dense, own, strict=True)]
    panels.gains(ax, list(GAINS), made, [a / b for a, b in cells], "meProp")
