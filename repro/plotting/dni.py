"""Figures of Decoupled Neural Interfaces (arXiv:1608.05343v2)."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from repro import stats
from repro.claims import View
from repro.plotting import style
from repro.record import Record
from repro.spec import Arm, Exhibit

ERROR = "test_error"
Group = tuple[str, str]
MNIST_FCN: Group = ("mnist", "fcn")
DEPTHS = (3, 4, 5, 6)
DEEP_X = 7.2
"""Where the 21-layer nets stand on the depth axis, beyond a gap."""
MARKERS = {"bprop": "s", "no_bprop": "v", "stale": "^", "dni": "o", "cdni": "D"}
SHIFT = {"bprop": -0.06, "no_bprop": -0.03, "stale": 0.03, "dni": 0.0, "cdni": 0.06}
"""Sideways, so that equal values of two methods stay visible."""


def draw_table2(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Training curves (as the paper's plot) and final error against depth (as its table), a panel a net."""
    groups: dict[Group, list[Arm]] = {}
    for arm in exhibit.arms:
        groups.setdefault(_group(arm), []).append(arm)
    shown = [g for g, arms in groups.items() if g == MNIST_FCN or any(view.has(a.id, ERROR) for a in arms)]
    widths = (1.25, *[1.0] * len(shown))
    figure, axes = style.canvas(len(widths), (6.7 + 5.3 * len(shown), 5.6), width_ratios=widths)
    curves(groups[MNIST_FCN], view, axes[0])
    for ax, group in zip(axes[1:], shown, strict=True):
        final_by_depth(groups[group], view, ax)
        name = f": {group[0].upper()}, {group[1].upper()}" if len(shown) > 1 else ""
        ax.set_title(f"At the end{name}")
    seeds = style.seeds_text(view, view.arms(), ERROR)
    ours = f"ours: mean ± sd over seeds, {seeds}"
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _group(arm: Arm) -> Group:
    return arm.settings.get("dataset", "mnist"), arm.settings.get("net", "fcn")


def curves(arms: list[Arm], view: View, ax: Axes) -> Axes:
    """Test error along training of DNI, cDNI and Bprop, depth by shade; the paper's final values apart."""
    ends = []
    for arm in arms:
        ramp = style.RAMPS.get(arm.series)
        depth = arm.settings["layers"]
        if ramp is None or not view.has(arm.id, ERROR):
            continue
        deep = depth not in DEPTHS
        colour = ramp[-1] if deep else ramp[depth - 3]
        curve = view.curve(arm.id, ERROR)
        ends.append(max(curve))
        _band(ax, curve, colour, f"{arm.series} {depth}", ":" if deep else "-")
    logarithmic = len(set(ends)) > 1  # a few long curves would squeeze the others
    last = max(ends, default=1)
    drawn = [a for a in arms if view.has(a.id, ERROR)]
    _paper_ends(ax, drawn, last * (1.35 if logarithmic else 1.08), last)
    ax.set_xscale("log" if logarithmic else "linear")
    ax.set(title="Training", xlabel="iterations", ylabel="test error (%)")
    _percent_log(ax)
    ax.legend(ncols=4, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return ax


def _band(ax: Axes, curve: dict[int, list[float]], colour: str, label: str, line: str) -> None:
    x = list(curve)
    mean, sd = [stats.mean(v) for v in curve.values()], [stats.sd(v) for v in curve.values()]
    ax.plot(x, mean, color=colour, lw=1.5, ls=line, label=label)
    low = [max(m - s, m / 3) for m, s in zip(mean, sd, strict=True)]
    ax.fill_between(x, low, [m + s for m, s in zip(mean, sd, strict=True)], color=colour, alpha=0.15, lw=0)


def _paper_ends(ax: Axes, arms: list[Arm], x: float, last: float) -> None:
    """The paper's final values of the nets that are drawn, in a strip of their own: its runs are longer."""
    ax.axvline((x * last) ** 0.5, color="#999999", lw=0.8, ls=(0, (1, 3)))
    ax.annotate(
        "paper,\nat 500k", (x, 1), xycoords=("data", "axes fraction"), ha="center", va="top", fontsize=7
    )
    for arm in arms:
        ramp, depth = style.RAMPS.get(arm.series), arm.settings["layers"]
        if ramp and depth in DEPTHS and ERROR in arm.reported:
            style.paper_points(ax, [x], [arm.reported[ERROR]], arm.series, color=ramp[depth - 3], ms=5, ls="")


def final_by_depth(arms: list[Arm], view: View, ax: Axes) -> Axes:
    """Final test error against depth, one line a method; the 21-layer nets apart at the right."""
    for rule, marker in MARKERS.items():
        own = [a for a in arms if a.settings["rule"] == rule]
        for some in ([a for a in own if _depth(a) in DEPTHS], [a for a in own if _depth(a) not in DEPTHS]):
            _method(ax, view, some, marker)
    _depth_axis(ax, sorted({_depth(a) for a in arms}))
    ax.set(xlabel="layers", ylabel="final test error (%)")
    _percent_log(ax)
    handles, labels = ax.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    ax.legend(
        unique.values(), unique.keys(), fontsize=8, loc="upper center", ncols=5, bbox_to_anchor=(0.5, -0.14)
    )
    return ax


def _depth_axis(ax: Axes, depths: list[int]) -> None:
    at = [d if d in DEPTHS else DEEP_X for d in depths]
    ax.xaxis.set_major_locator(FixedLocator(at))
    ax.set_xticklabels(map(str, depths))
    ax.set_xlim(at[0] - 0.3, at[-1] + 0.4)
    if DEEP_X in at:
        ax.axvline(6.6, color="#999999", lw=0.8, ls=(0, (1, 3)))


def _depth(arm: Arm) -> int:
    return int(arm.settings["layers"])


def _method(ax: Axes, view: View, arms: list[Arm], marker: str) -> None:
    if not arms:
        return
    shift = SHIFT[arms[0].settings["rule"]]
    x = {a.id: shift + (_depth(a) if _depth(a) in DEPTHS else DEEP_X) for a in arms}
    here = [a for a in arms if view.has(a.id, ERROR)]
    told = [a for a in arms if ERROR in a.reported]
    points = [style.spread(view, a.id, ERROR) for a in here]
    style.our_points(ax, [x[a.id] for a in here], points, arms[0].series, marker=marker)
    numbers = [a.reported[ERROR] for a in told]
    label = "_" if here else arms[0].series  # in the legend once, also when ours is not there
    style.paper_points(ax, [x[a.id] for a in told], numbers, arms[0].series, marker=marker, label=label)


def _percent_log(ax: Axes) -> None:
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(FixedLocator([0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 60, 90]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
