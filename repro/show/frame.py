"""A record in the hand: a tidy pandas DataFrame, and its curves or ends in anybody's axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from repro.record.fresh import limits
from repro.record.record import Record
from repro.record.view import View
from repro.show.numbers import spread_of
from repro.spec import Exhibit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


def frame(exhibit: Exhibit, record: Record) -> DataFrame:
    """A row a value: arm, label, series, seed, metric, step, index, value, unit.

    `attrs` holds where it comes from: exhibit, profile, paper, record's SHA-256, code, data, its limits (runs
    that are missing, an earlier plan), what each metric means, each arm's setting and the paper's numbers.
    """
    import pandas as pd

    arms = {a.id: a for a in exhibit.arms}
    metrics = {m.name: m for m in exhibit.metrics}
    columns = ["arm", "seed", "metric", "step", "index", "value"]
    made = pd.DataFrame(list(record.rows), columns=columns)
    made.insert(1, "label", [arms[a].label for a in made["arm"]])
    made.insert(2, "series", [arms[a].series for a in made["arm"]])
    made["unit"] = [metrics[m].unit for m in made["metric"]]
    f = record.facts
    made.attrs = {
        "exhibit": record.exhibit,
        "profile": record.profile,
        "paper": f"arXiv:{f['paper']['arxiv']}, {exhibit.place}",
        "sha256": record.sha256(),
        "commit": f["code"]["commit"],
        "data": str((f["data"] or {}).get("note") or "none"),
        "changed": list(f.get("custom") or []),
        "limits": limits(exhibit, record),
        "metrics": {m.name: m.doc for m in exhibit.metrics},
        "settings": {a.id: dict(a.setting) for a in exhibit.arms},
        "reported": {a.id: dict(a.reported) for a in exhibit.arms},
    }
    return made


def plot(
    exhibit: Exhibit,
    record: Record,
    metric: str | None = None,
    arms: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric (the first) of some arms (all that have it) into `ax` (a new one); returns the axes.

    Curves over steps, mean ± sd over seeds; where there is one step only, the values at the end, an arm a row.
    """
    from repro.show import panels, style

    chosen = exhibit.metric(metric or exhibit.metrics[0].name)
    view = View(record.rows, exhibit.arms)
    drawn = [exhibit.arm(a) for a in arms or [a.id for a in exhibit.arms]]
    drawn = [a for a in drawn if view.has(a.id, chosen.name)]
    ax = ax if ax is not None else style.canvas(1, (7.2, 4.4))[1][0]
    curves: dict[str, dict[int, list[float]]] = {a.id: view.curve(a.id, chosen.name) for a in drawn}
    label = f"{chosen.name} ({chosen.unit})" if chosen.unit else chosen.name
    if any(len(c) > 1 for c in curves.values()):
        for a in drawn:
            panels.band(ax, curves[a.id], style.colour(a.series), a.label)
        ax.set(xlabel="step", ylabel=label, title=exhibit.id)
        ax.legend(fontsize=8)
        return ax
    ends: list[Any] = [spread_of([v for values in curves[a.id].values() for v in values]) for a in drawn]
    ax.errorbar([e[0] for e in ends], range(len(drawn)), xerr=[e[1] for e in ends], fmt="o", capsize=3)
    ax.set_yticks(range(len(drawn)), [a.label for a in drawn])
    ax.set(xlabel=label, title=exhibit.id)
    return ax
