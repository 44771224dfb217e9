"""Training curves (as the paper's plot) and final error against depth (as its table)."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

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


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A panel of MNIST's curves, and a panel of final errors for each net that has any."""
    nets: dict[tuple[str, str], list[Arm]] = {}
    for arm in exhibit.arms:
        nets.setdefault((arm.dataset or "mnist", arm.setting.get("net", "fcn")), []).append(arm)
    mnist = next(iter(nets.values()))
    shown = {
        net: arms for net, arms in nets.items() if arms is mnist or any(view.has(a.id, ERROR) for a in arms)
    }
    widths = (1.25, *[1.0] * len(shown))
    figure, axes = style.canvas(len(widths), (6.7 + 5.3 * len(shown), 5.6), width_ratios=widths)
    _curves(axes[0], mnist, view)
    for ax, (net, arms) in zip(axes[1:], shown.items(), strict=True):
        _by_depth(ax, arms, view)
        name = f": {net[0].upper()}, {net[1].upper()}" if len(shown) > 1 else ""
        ax.set_title(f"At the end{name}")
    ours = f"ours: mean ± sd over seeds, {style.seeds_text(view, view.arms(), ERROR)}"
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _curves(ax: Axes, arms: Sequence[Arm], view: View) -> None:
    """Test error along training of DNI, cDNI and Bprop, depth by shade; the paper's final values apart."""
    drawn = [a for a in arms if a.series in style.RAMPS and view.has(a.id, ERROR)]
    lengths = {a.id: max(view.curve(a.id, ERROR)) for a in drawn}
    for arm in drawn:
        line, name = (":" if _deep(arm) else "-"), f"{arm.series} {arm.setting['layers']}"
        panels.band(ax, view.curve(arm.id, ERROR), _shade(arm), name, line)
    logarithmic = len({*lengths.values()}) > 1  # a few long curves would squeeze the others
    last = max(lengths.values(), default=1)
    _papers_ends(ax, drawn, last * (1.35 if logarithmic else 1.08), last)
    ax.set_xscale("log" if logarithmic else "linear")
    ax.set(title="Training", xlabel="iterations", ylabel="test error (%)")
    panels.percent_axis(ax)
    panels.legend_below(ax, 4, fontsize=8)


def _papers_ends(ax: Axes, arms: Sequence[Arm], x: float, last: float) -> None:
    """The paper's final values of the nets that are drawn, in a strip of their own: its runs are longer."""
    panels.apart(ax, (x * last) ** 0.5)
    place = ("data", "axes fraction")
    ax.annotate("paper,\nat 500k", (x, 1), xycoords=place, ha="center", va="top", fontsize=7)
    for arm in (a for a in arms if not _deep(a) and ERROR in a.reported):
        style.paper_points(ax, [x], [arm.reported[ERROR]], arm.series, color=_shade(arm), ms=5, ls="")


def _by_depth(ax: Axes, arms: Sequence[Arm], view: View) -> None:
    """Final test error against depth, one line a method; the 21-layer nets apart at the right."""
    for rule, (marker, shift) in LOOK.items():
        for deep in (False, True):
            some = [a for a in arms if a.setting["rule"] == rule and _deep(a) is deep]
            panels.against(ax, view, some, {a.id: shift + _x(a) for a in some}, ERROR, marker=marker)
    at = sorted({_x(a): str(a.setting["layers"]) for a in arms}.items())
    ax.xaxis.set_major_locator(FixedLocator([x for x, _ in at]))
    ax.set_xticklabels([name for _, name in at])
    ax.set_xlim(at[0][0] - 0.3, at[-1][0] + 0.4)
    if any(map(_deep, arms)):
        panels.apart(ax, 6.6)
    ax.set(xlabel="layers", ylabel="final test error (%)")
    panels.percent_axis(ax)
    panels.legend_below(ax, 5, fontsize=8)


def _deep(arm: Arm) -> bool:
    return arm.setting["layers"] not in DEPTHS


def _x(arm: Arm) -> float:
    return DEEP_X if _deep(arm) else float(arm.setting["layers"])


def _shade(arm: Arm) -> str:
    ramp = style.RAMPS[arm.series]
    return ramp[-1] if _deep(arm) else ramp[arm.setting["layers"] - DEPTHS[0]]
