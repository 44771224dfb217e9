"""The wiring of each rule, as in Figure 1, and below it the clock of the step from whose log it is drawn."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.sg.schematics.claims import exact, seen, size, ticks, told
from repro.record.record import Record
from repro.record.view import MissingData, View
from repro.show import style
from repro.spec import Exhibit

COLUMNS = 3
TRUE, SYNTHETIC, FIXED = "#029e73", "#0173b2", "#de8f05"
"""Green and blue as in the paper's picture; fixed feedback, which it does not have, in orange."""
FORWARD, WAIT = "#555555", "#d9d9d9"
Point = tuple[float, float]


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Two panels a rule: who gives what to whom; what happens at each tick."""
    rows = -(-len(exhibit.arms) // COLUMNS)
    figure = Figure(figsize=(style.WIDE, 4.4 * rows + 0.6), layout="constrained")
    axes = figure.subplots(2 * rows, COLUMNS, squeeze=False, height_ratios=(0.8, 1) * rows)
    for ax in axes.flat[:]:
        ax.set_axis_off()
    for n, arm in enumerate(exhibit.arms):
        at, below = (axes[2 * (n // COLUMNS) + down, n % COLUMNS] for down in (0, 1))
        try:
            _wiring(at, view, arm.id)
            _clock(below, view, arm.id, n % COLUMNS == 0)
        except MissingData:
            continue
        at.set_title(arm.label, fontsize=12)
    for ax in [ax for ax in axes.flat if not ax.has_data()]:
        ax.remove()
    figure.legend(handles=_key(), loc="outside lower center", ncols=3)
    style.title(figure, exhibit, record)
    return figure


def _gives(view: View, arm: str) -> dict[int, str]:
    """Layer → the colour of what it learns from: true, of an SG (its own or one above), or of fixed feedback."""
    true, sgs = exact(view, arm), told(view, arm)
    learns = seen(view, arm, "off")
    return {i: TRUE if i in true else SYNTHETIC if sgs and i <= max(sgs) else FIXED for i in learns}


def _arrow(ax: Axes, start: Point, end: Point, colour: str, bend: float = 0.0, **line: Any) -> None:
    look: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
    look |= {"color": colour, "connectionstyle": f"arc3,rad={bend}"} | line
    ax.annotate("", end, start, arrowprops=look)


def _wiring(ax: Axes, view: View, arm: str) -> None:
    """Layers from left to right, gradients below, an SG above the output it is told. Only what was found is drawn."""
    n, colours, sgs = size(view, arm), _gives(view, arm), told(view, arm)
    edge = {w: seen(view, arm, "edge", w) for w in ("above", "error", "h", "label")}
    targets = ticks(view, arm, "target")
    ax.set(xlim=(-0.4, n + 1.5), ylim=(-1.75, 2.6), xlabel="layers, then the loss", ylabel="")
    ax.plot([0.3, n + 0.7], [0, 0], color=FORWARD, lw=1.1, zorder=1)
    ax.plot([i - 0.4 for i in range(1, n + 2)], [0] * (n + 1), ">", color=FORWARD, ms=4.5)
    look: dict[str, Any] = {"mfc": "white", "mec": FORWARD, "mew": 1.3}
    ax.plot(range(1, n + 1), [0] * n, "s", ms=15, **look)
    ax.plot([n + 1], [0], "o", ms=16, **look)
    words: dict[float, str] = {0.1: "x", **{i: str(i) for i in range(1, n + 1)}, n + 1: "L"}
    for x, word in words.items():
        ax.text(x, -0.02, word, ha="center", va="center", fontsize=10)
    ax.text(n + 1, 1.1, "y", ha="center", va="center", fontsize=11, style="italic")
    _arrow(ax, (n + 1, 0.85), (n + 1, 0.38), FORWARD, lw=1.1)
    for i, colour in colours.items():
        if i not in sgs and edge["above"].get(i):
            _arrow(ax, (i + 0.92, -0.32), (i + 0.12, -0.32), colour, -0.45)
        if edge["error"].get(i):
            _arrow(ax, (n + 1, -0.4), (i, -0.36), colour, -0.33)
    for i in sgs:
        enters = bool(edge["above"].get(i))
        _sg(ax, i, bool(edge["label"].get(i)))
        if enters or i in targets:
            line = "-" if enters else ":"
            _arrow(ax, (i + 1, 0.34), (i + 0.7, 1.05), colours.get(i + 1, TRUE), 0.35, ls=line)


def _sg(ax: Axes, i: int, label: bool) -> None:
    """An SG on the output of layer i: what it is told and whom it tells."""
    ax.plot([i + 0.5], [1.25], "s", ms=19, mfc="white", mec=SYNTHETIC, mew=1.3)
    ax.text(i + 0.5, 1.23, "SG", ha="center", va="center", fontsize=9)
    ax.text(i + 0.5, -0.4, "h", ha="center", va="center", fontsize=11, style="italic")
    _arrow(ax, (i + 0.5, 0.05), (i + 0.5, 0.98), FORWARD, lw=1.1)
    _arrow(ax, (i + 0.3, 1.05), (i, 0.34), SYNTHETIC, 0.35)
    if label:
        ax.text(i + 0.5, 2.3, "y", ha="center", va="center", fontsize=11, style="italic")
        _arrow(ax, (i + 0.5, 2.08), (i + 0.5, 1.54), FORWARD, lw=1.1)


def _clock(ax: Axes, view: View, arm: str, first: bool) -> None:
    """Ticks to the right, layers upwards; arrows from the layer or the SG from which a layer learns."""
    n, colours, sgs = size(view, arm), _gives(view, arm), told(view, arm)
    forward, update, target = (ticks(view, arm, kind) for kind in ("forward", "update", "target"))
    waits = seen(view, arm, "waits")
    ax.set_axis_on()
    ready = {i: t - 0.5 for i, t in update.items() if waits.get(i)}
    ax.hlines(
        [*ready], [t - waits[i] for i, t in ready.items()], [*ready.values()], color=WAIT, lw=9, zorder=1
    )
    ax.scatter([*forward.values()], [*forward], 90, FORWARD, marker="s", zorder=3)
    shades = [colours.get(i, FIXED) for i in update]
    ax.scatter([*update.values()], [*update], 90, shades, marker="s", zorder=3)
    rims = [colours.get(i + 1, TRUE) for i in target]
    ax.scatter(
        [*target.values()], [*target], 38, "none", marker="D", edgecolors=rims, linewidths=1.4, zorder=3
    )
    ax.axvline(n + 0.5, color="#a00000", lw=1, ls="--", zorder=0)
    above = seen(view, arm, "edge", "above")
    for i, t in update.items():
        if above.get(i) and i + 1 in update:
            _arrow(ax, (update[i + 1] + 0.12, i + 0.72), (t - 0.12, i + 0.28), colours[i], lw=1.1)
        if i in sgs and forward.get(i, t) < t:
            _arrow(ax, (forward[i] + 0.22, i), (t - 0.22, i), SYNTHETIC, lw=1.1)
    last = max(update.values(), default=0)
    ax.set(xlim=(0.3, 2 * n + 0.7), ylim=(0.4, n + 0.6))
    ax.set_xticks([1, n, 2 * n])
    ax.set_yticks(range(1, n + 1), None if first else [])
    ax.set_ylabel("layer" if first else "")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(f"tick; all have updated after {last:g}, waited {sum(waits.values()):g}", fontsize=9)


def _key() -> list[Line2D]:
    """What the marks mean."""

    def mark(colour: str, label: str, marker: str = "s", **more: Any) -> Line2D:
        return Line2D([], [], color=colour, marker=marker, ms=8, ls="", label=label, **more)

    return [
        mark(FORWARD, "forward pass"),
        mark(TRUE, "learns from the true gradient"),
        mark(SYNTHETIC, "learns from a synthetic one"),
        mark(FIXED, "learns through fixed feedback"),
        mark(WAIT, "ready, and waits"),
        mark(TRUE, "target of an SG arrives", "D", mfc="none", mew=1.4),
        Line2D([], [], color=TRUE, ls=":", label="target, which goes no further"),
        Line2D([], [], color=TRUE, label="target; its L_SG enters the net"),
        Line2D([], [], color="#a00000", ls="--", lw=1, label="the loss is known"),
    ]
