"""Training curves (as the paper's plot), a panel a method, and final error against depth (as its table)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, PercentFormatter

from repro.exhibits.dni.table2.spec import DEPTHS
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Arm, Exhibit

ERROR = "test_error"
DEEP_X = 7.2
"""Where the 21-layer nets stand on the depth axis, beyond a gap."""
LOOK = {
    "bprop": ("s", -0.06),
    "no_bprop": ("v", -0.03),
    "stale": ("^", 0.03),
    "dni": ("o", 0.0),
    "cdni": ("D", 0.06),
}
"""Marker of each rule, and its shift sideways, so that equal values of two stay visible."""
READ_AT = (0.2, 0.4, 0.58, 0.7, 1.0)
"""Fractions of the paper's 500k iterations at which its curves were read off v1's plot (± 0.1 points)."""
PAPER: dict[str, dict[int, tuple[float, ...]]] = {
    "DNI": {
        3: (2.4, 2.5, 2.2, 1.95, 1.9),
        4: (2.95, 2.9, 3.3, 2.15, 2.2),
        5: (3.8, 4.0, 3.9, 2.95, 3.4),
        6: (4.8, 5.3, 5.5, 4.7, 4.3),
    },
    "cDNI": {
        3: (2.05, 2.1, 2.1, 2.2, 2.2),
        4: (1.8, 1.9, 1.9, 1.85, 1.9),
        5: (1.8, 1.75, 1.8, 1.7, 1.7),
        6: (1.9, 2.0, 1.9, 1.6, 1.6),
    },
}
PAPER_BPROP = ((2.1, 2.0, 2.0, 1.8, 1.8), (2.3, 2.15, 2.1, 2.0, 2.0))
"""Lowest and highest of Bprop's four curves there: they cannot be told apart."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A panel of curves for Bprop, DNI and cDNI, and one of final errors for each net that has any."""
    nets: dict[tuple[str, str], list[Arm]] = {}
    for arm in exhibit.arms:
        nets.setdefault((arm.dataset or "mnist", arm.setting.get("net", "fcn")), []).append(arm)
    mnist = next(iter(nets.values()))
    shown = {n: arms for n, arms in nets.items() if arms is mnist or any(view.has(a.id, ERROR) for a in arms)}
    rows = -(-(3 + len(shown)) // 2)
    figure = Figure(figsize=(style.WIDE, 4.1 * rows + 0.8), layout="constrained")
    axes = list(figure.subplots(rows, 2).flat)
    for ax, series in zip(axes, ("Bprop", "DNI", "cDNI"), strict=False):
        _curves(ax, [a for a in mnist if a.series == series], view, series)
    usual, others = style.behind(record, view, view.arms(), ERROR)
    letters = dict(zip(dict.fromkeys(others.values()), "abcdefgh", strict=False))
    for ax, (net, arms) in zip(axes[3:], shown.items(), strict=False):
        _by_depth(ax, arms, view, {arm: letters[told] for arm, told in others.items()})
        name = f": {net[0].upper()}, {net[1].upper()}" if len(shown) > 1 else ""
        ax.set_title(f"At the end, by depth{name}")
    for ax in axes[3 + len(shown) :]:
        ax.remove()
    ours = "; ".join(
        [f"ours: mean ± sd over seeds, {usual}", *(f"{k}: {told}" for told, k in letters.items())]
    )
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _curves(ax: Axes, arms: Sequence[Arm], view: View, series: str) -> None:
    """Test error against the fraction of training, depth by shade; the paper's curve of the same net dashed."""
    told = PAPER.get(series, {})
    ends = []
    for arm in arms:
        if not view.has(arm.id, ERROR):
            continue
        curve, layers = view.curve(arm.id, ERROR), arm.setting["layers"]
        last = max(curve)
        drawn = {step / last: values for step, values in panels.thinned(curve).items()}
        panels.band(ax, drawn, _shade(arm), f"{layers} layers", ":" if _deep(arm) else "-")
        said = f"{layers} layers, dotted" if _deep(arm) else f"{layers} layers"
        ends.append((sum(curve[last]) / len(curve[last]), said, _shade(arm)))
    for layers, values in told.items():
        shade = style.RAMPS[series][layers - DEPTHS[0]]
        style.paper_points(ax, READ_AT, values, series, color=shade, ms=4.5, label=f"{layers}, paper")
        ends.append((values[-1], f"{layers}, paper", shade))
    if series == "Bprop":
        low, high = PAPER_BPROP
        ax.fill_between(
            READ_AT, low, high, fc="none", ec="#333333", ls="--", lw=1, label="paper, range of 3 to 6 layers"
        )
        ends.append(((low[-1] + high[-1]) / 2, "paper, 3 to 6", "#333333"))
    for cut in (0.6, 0.8):
        panels.apart(ax, cut)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set(
        title=f"{series}: training", xlabel="of all iterations (dotted: rate ÷ 10)", ylabel="test error (%)"
    )
    panels.percent_axis(ax)
    ax.set_ylim(top=min(ax.get_ylim()[1], 60))
    panels.labels_at_ends(ax, ends)


def _by_depth(ax: Axes, arms: Sequence[Arm], view: View, notes: Mapping[str, str]) -> None:
    """Final test error against depth, one line a method; the 21-layer nets apart at the right."""
    for rule, (marker, shift) in LOOK.items():
        for deep in (False, True):
            some = [a for a in arms if a.setting["rule"] == rule and _deep(a) is deep]
            panels.against(ax, view, some, {a.id: shift + _x(a) for a in some}, ERROR, notes, marker=marker)
    at = sorted({_x(a): str(a.setting["layers"]) for a in arms}.items())
    ax.xaxis.set_major_locator(FixedLocator([x for x, _ in at]))
    ax.set_xticklabels([name for _, name in at])
    ax.set_xlim(at[0][0] - 0.3, at[-1][0] + 0.4)
    if any(map(_deep, arms)):
        panels.apart(ax, 6.6)
    ax.set(xlabel="layers", ylabel="final test error (%)")
    panels.percent_axis(ax)
    panels.legend_below(ax, 3, fontsize=8)


def _deep(arm: Arm) -> bool:
    return arm.setting["layers"] not in DEPTHS


def _x(arm: Arm) -> float:
    return DEEP_X if _deep(arm) else float(arm.setting["layers"])


def _shade(arm: Arm) -> str:
    return "#333333" if _deep(arm) else style.RAMPS[arm.series][arm.setting["layers"] - DEPTHS[0]]
