"""Four errors of the synthetic gradient over training, a line a position."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from repro.exhibits.dni.fidelity import COSINE, DISTANCE, ERROR, SIGN
from repro.exhibits.dni.fig11.figure import SHADES
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Exhibit

HIGHEST = 2.5
"""Of the relative error: the first steps of a model may be hundreds of times too long."""
PANELS = {
    DISTANCE: ("L2 error", "‖δ̂ − δ‖ of an image", 0.0),
    ERROR: ("Relative error (ours)", f"Σ‖δ̂ − δ‖² / Σ‖δ‖² (cut at {HIGHEST})", 1.0),
    COSINE: ("Cosine", "of δ̂ and δ, mean over images", 0.0),
    SIGN: ("Sign error", "dimensions with the wrong sign (%)", 50.0),
}
"""Metric → title, axis, what a perfect δ̂ (L2), δ̂ = 0 or a coin would give: dotted."""
Line = tuple[str, int, str, str, str]
"""arm, layer, label, colour, line style."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """DNI's positions in shades, cDNI's dashed, the net with a small classifier dotted."""
    lines: list[Line] = []
    for arm in exhibit.arms:
        rule, after = arm.setting["rule"], arm.setting.get("after", 0)
        if "classifier" in arm.setting:
            lines.append((arm.id, after, f"{arm.series}, after layer {after}", style.colour(arm.series), ":"))
        elif rule in ("dni", "cdni"):
            lines.append(line(arm.id, rule, after))
    return errors(exhibit, record, view, lines)


def line(arm: str, rule: str, layer: int) -> Line:
    """How a layer's synthetic gradient is drawn."""
    label = f"{'cDNI' if rule == 'cdni' else 'DNI'}, after layer {layer}"
    return arm, layer, label, SHADES[layer - 1], "--" if rule == "cdni" else "-"


def errors(exhibit: Exhibit, record: Record, view: View, lines: list[Line]) -> Figure:
    """The four panels; steps are logarithmic, since much happens in the first of them."""
    figure = Figure(figsize=(style.WIDE, 7.4), layout="constrained")
    axes = [*figure.subplots(2, 2).flat]
    there = [own for own in lines if view.has(own[0], DISTANCE)]
    for ax, (metric, (title, label, level)) in zip(axes, PANELS.items(), strict=True):
        for arm, layer, name, colour, style_of in there:
            if curve := _curve(view, arm, metric, layer):
                panels.band(ax, curve, colour, name, style_of)
        ax.axhline(level, color="#333333", lw=0.8, ls=(0, (1, 3)))
        ax.set_xscale("symlog", linthresh=1)
        ax.set_xlim(left=0)
        ax.set(title=title, xlabel="steps (logarithmic)", ylabel=label)
    axes[1].set_ylim(0, min(axes[1].get_ylim()[1], HIGHEST))
    handles, labels = axes[0].get_legend_handles_labels()
    seeds = style.seeds_text(view, [own[0] for own in there], "test_error")
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=5,
        fontsize=8,
        title=f"ours: mean ± sd over seeds, {seeds}; of the paper's curves no number is known",
        title_fontsize=8,
    )
    style.title(figure, exhibit, record)
    return figure


def _curve(view: View, arm: str, metric: str, layer: int) -> Mapping[int, list[float]]:
    """step → a value a seed."""
    found: dict[int, list[float]] = {}
    if not view.has(arm, metric):
        return found
    rows = (r for r in view.select(arm, metric) if r[4] == str(layer))
    for _, _, _, step, _, value in sorted(rows, key=lambda r: r[3]):
        found.setdefault(step, []).append(value)
    return found
