"""What all figures share: colours by series name, titles that say what was measured on which data, marks."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.record.judge import counted
from repro.record.record import Record
from repro.record.view import View
from repro.show.kinds import KINDS
from repro.show.numbers import spread_of
from repro.show.words import threads
from repro.spec import Exhibit


def _seaborn() -> Any:
    """Its palette and theme, without scipy's statistics: half of the seconds before a first picture, and not used.

    Whoever imports seaborn later gets all of it.
    """
    slow = [name for name in ("scipy.stats", "scipy.cluster") if name not in sys.modules]
    if "seaborn" in sys.modules or not slow:
        return importlib.import_module("seaborn")
    sys.modules.update(dict.fromkeys(slow))  # type: ignore[arg-type]  # as if they were not installed
    try:
        return importlib.import_module("seaborn")
    finally:
        for name in [n for n in sys.modules if n in slow or n.partition(".")[0] == "seaborn"]:
            del sys.modules[name]


sns = _seaborn()
_CB = sns.color_palette("colorblind").as_hex()
COLOURS: Mapping[str, str] = {
    "MLP": "#4d4d4d",
    "LSTM": "#4d4d4d",
    "meProp top-k": _CB[0],
    "meProp unified": _CB[3],
    "meProp random-k": _CB[1],
    "MLP with h = k": _CB[2],
    "LSTM with h = k": _CB[2],
    "Bprop": "#7f7f7f",
    "DNI": _CB[0],
    "cDNI": _CB[3],
    "DNI, small classifier": "#1a1a1a",
    "DNI, linear": _CB[9],
    "No Bprop": _CB[4],
    "stale gradients": _CB[5],
    "dense": "#4d4d4d",
    "meProp": _CB[0],
    "MSE": _CB[0],
    "log loss": _CB[1],
    "SG": _CB[3],
    "SG*": _CB[0],
    "DFA": _CB[2],
    "FA": _CB[0],
    "Kickback": _CB[4],
    "SG + prop": "#5b2a86",
    "∂L_SG/∂h alone": _CB[6],
    "hidden layers frozen": "#1a1a1a",
    "BPTT": "#7f7f7f",
    "DNI + Aux": _CB[2],
    "nothing (truncated BPTT)": "#7f7f7f",
    "δ̂ (DNI)": _CB[0],
    "−δ̂": _CB[1],
    "δ̂ of another lane": _CB[2],
    "δ̂ of the neighbouring lane": _CB[9],
    "mean of δ̂ over lanes": _CB[4],
    "a fixed random direction": _CB[3],
    "a random direction, redrawn": _CB[5],
    "Gaussian noise": _CB[6],
    "true gradient": "#1a1a1a",
    "an M that learns nothing": "#7a0019",
    "δ̂ of another stream": _CB[2],
    "δ̂ of another example": _CB[2],
    "mean of δ̂ over the batch": _CB[4],
    "nothing below the SG": "#4d4d4d",
    "a fixed map of h and y": _CB[5],
    "a fixed vector a label": _CB[0],
}
"""One colour a series, the same in every figure; a colour-blind palette and greys for the baselines."""

RAMPS: Mapping[str, tuple[str, ...]] = {
    "DNI": ("#08306b", "#2171b5", "#1d91a0", "#41ab5d"),
    "cDNI": ("#a50f15", "#de2d26", "#f46d1b", "#e8b000"),
    "Bprop": ("#9a9a9a", "#777777", "#555555", "#2b2b2b"),
}
"""Depth by shade, as in the paper: DNI blue to green, cDNI red to yellow, Bprop grey."""

PAPER = "paper"
WIDE, SMALLEST = 10.0, 8.0
"""Inches and points: a picture of this width, in a notebook in a window of 900 pixels, has letters of 8 pixels."""


@cache
def _theme() -> dict[str, Any]:
    return {**sns.plotting_context("notebook", font_scale=0.85), **sns.axes_style("ticks")}


@contextmanager
def only(settings: Mapping[str, Any]) -> Iterator[None]:
    """These settings over matplotlib's own, whatever the user's are: a figure must not hang on somebody's machine."""
    with mpl.rc_context():
        mpl.style.use("default")
        values: Any = settings
        mpl.rcParams.update(values)
        yield


def rc() -> dict[str, Any]:
    """Settings under which figures are drawn: seaborn's, with a font that matplotlib itself brings."""
    return {
        **_theme(),
        "font.family": ["sans-serif"],
        "font.sans-serif": ["DejaVu Sans"],
        "axes.grid": True,
        "grid.color": "#e6e6e6",
        "grid.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "figure.dpi": 100,
        "axes.formatter.use_mathtext": False,
    }


def colour(series: str) -> str:
    """The colour of a series; a light brown for one that has none yet."""
    return COLOURS.get(series, "#b07d62")


def canvas(columns: int, size: tuple[float, float], **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure of `columns` axes side by side. No pyplot: a notebook must not show it a second time."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False, **options)[0]
    return figure, list(axes)


def title(figure: Figure, exhibit: Exhibit, record: Record) -> None:
    """Exhibit, place in the pinned paper, profile; below it the data, in red when it is a stand-in."""
    data = record.facts.get("data") or {}
    stand_in = bool(data.get("stand_in") or (data and record.profile == "smoke"))
    head = f"{exhibit.id} – {exhibit.place} of arXiv:{record.facts['paper']['arxiv']}"
    lines = [head, data_note(exhibit, record), *undecided(exhibit, record)]
    figure.suptitle("\n".join(lines), fontsize=10.5, color="#a00000" if stand_in or lines[2:] else "black")


def undecided(exhibit: Exhibit, record: Record) -> list[str]:
    """A picture may be looked at without its table: it says itself when no claim is decided on its numbers."""
    judged = record.judgements(exhibit)
    if {j.verdict for j in counted(judged)} != {"open"}:
        return []
    if {j.verdict for j in judged} != {"open"}:
        return ["No claim of the paper's is decided here: all of them are open on this record"]
    return ["Nothing is decided here: every claim is open on this record"]


def data_note(exhibit: Exhibit, record: Record) -> str:
    """Profile and data in one line, as it stands in every figure's title; a timing also names its device."""
    data, kind = record.facts.get("data") or {}, KINDS[exhibit.kind]
    note = str(data.get("note") or kind.data)
    if kind.machine:
        machine = record.facts["environment"][0]
        note += f" · {machine['device']}, {threads(machine)}"
    custom = record.facts.get("custom") or []
    changed = f" · changed: {', '.join(custom)}" if custom else ""
    return f"profile {record.profile} · {note}{changed}"


def spread(view: View, arm: str, metric: str) -> tuple[float, float, int]:
    """(mean, sd, n) over seeds of the final values; one alone has no spread, and gets none drawn."""
    return spread_of(view.final(arm, metric))


def seeds_text(view: View, arms: Iterable[str], metric: str) -> str:
    """ "n = 3" or "n = 3 to 5": how many seeds stand behind the error bars of these arms."""
    counts = sorted({len(view.final(a, metric)) for a in arms if view.has(a, metric)})
    if not counts:
        return "n = 0"
    return f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"


def behind(record: Record, view: View, arms: Iterable[str], metric: str) -> tuple[str, dict[str, str]]:
    """What stands behind most arms, "n = 3 on NVIDIA H200", and of each other arm what stands behind that.

    The device is told only where the record is of several.
    """
    machines = record.facts["environment"]
    device = {run: m["device"] for m in machines for run in m.get("runs", ())} if len(machines) > 1 else {}
    found = {}
    for arm in (a for a in arms if view.has(a, metric)):
        seeds = view.by_seed(arm, metric)
        where = ", ".join(sorted({device[f"{arm}/{s}"] for s in seeds if f"{arm}/{s}" in device}))
        found[arm] = f"n = {len(seeds)}" + (f" on {where}" if where else "")
    usual = max(dict.fromkeys(found.values()), key=[*found.values()].count, default="n = 0")
    return usual, {arm: told for arm, told in found.items() if told != usual}


def our_points(
    ax: Axes, x: Sequence[float], points: Sequence[tuple[float, float, int]], series: str, **style: Any
) -> None:
    """Our means with ± sd bars, filled markers, a solid line."""
    if x:
        look: dict[str, Any] = {"color": colour(series), "marker": "o", "ms": 5, "lw": 1.6, "capsize": 3}
        means, sds = [p[0] for p in points], [p[1] for p in points]
        ax.errorbar(x, means, yerr=sds, label=series, zorder=3, **{**look, **style})


def paper_points(ax: Axes, x: Sequence[float], y: Sequence[float], series: str, **style: Any) -> None:
    """The paper's numbers: hollow markers, a dashed line, the same colour."""
    if x:
        look: dict[str, Any] = {"color": colour(series), "marker": "o", "ms": 6.5, "lw": 1, "ls": "--"}
        ax.plot(x, y, mfc="none", alpha=0.85, zorder=2, **{**look, **style})


def key(ours: str) -> list[Line2D]:
    """Legend handles that explain filled and hollow marks, whatever the colour."""
    return [
        Line2D([], [], color="#333333", marker="o", ms=5, lw=1.6, label=ours),
        Line2D([], [], color="#333333", marker="o", ms=6.5, lw=1, ls="--", mfc="none", label=PAPER),
    ]
