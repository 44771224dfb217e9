"""Our numbers beside the paper's, as tables, from what there is in a record."""

from __future__ import annotations

from collections.abc import Sequence

from repro.record import stats
from repro.record.view import View
from repro.show.tables import Table
from repro.spec import Arm, Exhibit, Layout


def spread_of(values: Sequence[float]) -> tuple[float, float, int]:
    """(mean, sd, n); one value has no spread, and gets none shown: 0."""
    return stats.mean(values), stats.sd(values) if len(values) > 1 else 0.0, len(values)


def percentiles(view: View, arm: str, metric: str) -> tuple[float, float, float]:
    """(median, 10th, 90th percentile) of all values of an arm."""
    values = sorted(row[5] for row in view.select(arm, metric))
    last = len(values) - 1
    return stats.median(values), values[round(0.1 * last)], values[round(0.9 * last)]


def pivot(exhibit: Exhibit, view: View, layout: Layout) -> Table:
    """Rows × series, each cell "ours ± sd (paper)", and of how many seeds, where that is not the same for all."""
    series = list(dict.fromkeys(a.series for a in exhibit.arms))
    counts = {a: len(view.final(a, layout.metric)) for a in view.arms() if view.has(a, layout.metric)}
    told = counts if len({*counts.values()}) > 1 else {}
    cells = {(_row(a, layout), a.series): _cell(a, view, layout, told.get(a.id)) for a in exhibit.arms}
    names = list(dict.fromkeys(_row(a, layout) for a in exhibit.arms))
    rows = [(n, *(cells.get((n, s), "–") for s in series)) for n in names]
    metric = exhibit.metric(layout.metric)
    n = "n" if told else f"n = {max(counts.values(), default=0)}"
    caption = f"{metric.name} ({metric.unit}): ours ± sd over {n} seeds; the paper's number in brackets"
    return Table((", ".join(layout.row), *series), rows, caption)


def _row(arm: Arm, layout: Layout) -> str:
    own = {"dataset": arm.dataset} if arm.dataset else {}
    values = {**layout.defaults, **own, **arm.setting}
    return " ".join(str(values[s]) for s in layout.row) or arm.label


def _cell(arm: Arm, view: View, layout: Layout, seeds: int | None) -> str:
    d, told = layout.digits, arm.reported.get(layout.metric)
    paper = "" if told is None else f" ({told:.{d}f})" if d > 2 else f" ({told:g})"
    if not view.has(arm.id, layout.metric):
        return f"not run{paper}"
    mean, sd, n = spread_of(view.final(arm.id, layout.metric))
    of = f", n = {seeds}" if seeds else ""
    return f"{mean:z.{d}f}{f' ± {sd:.{d}f}' if n > 1 else ''}{paper}{of}"


def timing(exhibit: Exhibit, view: View) -> Table:
    """Median and p10 to p90 of the repetitions, and the gain over each arm's own baseline, ours and the paper's.

    A number that the record or the paper does not have is "–".
    """
    metric, rows = exhibit.metrics[0], []
    for arm in (a for a in exhibit.arms if view.has(a.id, metric.name)):
        middle, low, high = percentiles(view, arm.id, metric.name)
        told = arm.reported.get(metric.name)
        dense = _baseline(exhibit, arm)
        base = percentiles(view, dense.id, metric.name)[0] if view.has(dense.id, metric.name) else None
        gains = _gain(base, middle), _gain(dense.reported.get(metric.name), told)
        paper = "–" if told is None else f"{told:g}"
        ours = f"{_three(middle)} ({_three(low)} to {_three(high)})"
        rows.append((arm.label, ours, gains[0], paper, gains[1]))
    header = ("", f"ours, {metric.unit}: median (p10 to p90)", "gain", f"paper, {metric.unit}", "gain")
    caption = (
        "gain: over the dense products of the same setting, the paper's from its rounded times; these are of its own "
        "device and sizes"
    )
    return Table(header, rows, caption)


def _three(value: float) -> str:
    """To three digits: 0.0628, 2.93, 2,930."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 1000 else f"{value:.3g}"


def _baseline(exhibit: Exhibit, arm: Arm) -> Arm:
    """The first arm whose setting is a part of this one's: the dense products in its layout and precision."""
    return next(a for a in exhibit.arms if a.setting.items() <= arm.setting.items())


def _gain(base: float | None, value: float | None) -> str:
    return f"{base / value:.1f}x" if base and value else "–"


def plain(exhibit: Exhibit, view: View) -> Table:
    """One line an arm and metric: how many values, mean and range, the paper's number if any."""
    rows = []
    for arm in exhibit.arms:
        for metric in (m.name for m in exhibit.metrics if view.has(arm.id, m.name)):
            v = [r[5] for r in view.select(arm.id, metric)]
            told = f"{arm.reported[metric]:g}" if metric in arm.reported else "–"
            text = f"{stats.mean(v):.4g} ({min(v):.4g} to {max(v):.4g})"
            rows.append((arm.label, metric, str(len(v)), text, told))
    return Table(("arm", "metric", "values", "mean (range)", "paper"), rows)
