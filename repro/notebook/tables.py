"""The tables of a notebook, from spec and record alone. Plain text in, plain text out; no pandas needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from repro import stats
from repro.claims import Judgement, View, summary
from repro.notebook.arguments import as_text
from repro.notebook.display import Table
from repro.piece import arms_of
from repro.record import Record
from repro.spec import Arm, Exhibit


@dataclass(frozen=True)
class Layout:
    """A table like the paper's: which settings of an arm (or its label) are its row, how many digits.

    `defaults`: values of settings that an arm leaves out.
    """

    metric: str
    row: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    digits: int = 2


LAYOUTS: Mapping[str, Layout] = {
    "dni/table2": Layout("test_error", ("dataset", "net", "layers"), {"dataset": "mnist", "net": "fcn"}),
    "meprop/fig4": Layout("test_accuracy", ("percent",), {"percent": "all"}),
    "sg/table2": Layout("gap", digits=5),
}
"""Exhibits whose results are a table rows × series; the others get one line an arm."""


def specification(exhibit: Exhibit, profile: str, pieces: Sequence[Mapping[str, Any]]) -> Table:
    """Every hyper-parameter: the value that the pieces used, the paper's, where it stands, why ours differs."""
    rows = []
    for p in exhibit.params:
        assumed = p.source.startswith("assumed")
        here = "; ".join(_why(exhibit, profile, p.name))
        source = f"{p.source}; here: {here}" if here else p.source
        paper = "not stated" if assumed else as_text(p.value)
        rows.append((p.name, _used(p.name, pieces), paper, source, p.doc))
    return Table(("parameter", "used", "paper", "source", "meaning"), rows, _size(exhibit, profile))


def _used(name: str, pieces: Sequence[Mapping[str, Any]]) -> str:
    """The first piece's value of a parameter and, where other arms have another, theirs."""
    arms: dict[str, dict[str, None]] = {}  # value → the arms that use it, each once, in order
    for piece in pieces:
        value = as_text(piece["params"][name])
        arms.setdefault(value, {}).update(dict.fromkeys(a["id"] for a in piece["arms"]))
    (first, _), *others = arms.items()
    return "; ".join([first, *(f"{', '.join(own)}: {value}" for value, own in others)])


def _why(exhibit: Exhibit, profile: str, name: str) -> Iterator[str]:
    """The profile's reasons for its value of a parameter, and for those of single arms (each reason once).

    An arm's own value in the paper is told with its place, unless the profile has another.
    """
    chosen = exhibit.profile(profile)
    reasons: dict[str, list[str]] = {}
    if name in chosen.overrides:
        yield chosen.overrides[name].why
    else:
        for a in arms_of(exhibit, chosen):
            if name in a.params and name not in chosen.arm_overrides.get(a.id, {}):
                reasons.setdefault(a.params[name].why, []).append(a.id)
    for arm, overrides in chosen.arm_overrides.items():
        if name in overrides:
            reasons.setdefault(overrides[name].why, []).append(arm)
    yield from (f"{', '.join(arms)}: {why}" for why, arms in reasons.items())


def _size(exhibit: Exhibit, profile: str) -> str:
    """The profile in one line: data, seeds, arms, budget."""
    chosen = exhibit.profile(profile)
    arms = (
        f"{len(chosen.arms)} of {len(exhibit.arms)} arms" if chosen.arms else f"all {len(exhibit.arms)} arms"
    )
    used = dict.fromkeys(a.settings.get("dataset", chosen.dataset) for a in arms_of(exhibit, chosen))
    data = ", ".join(filter(None, used)) or "none"
    allowed = f" (stand-in allowed: {chosen.stand_in})" if chosen.stand_in else ""
    more = ", more for some arms" if chosen.more_seeds else ""
    seeds = ", ".join(map(str, chosen.seeds)) + more
    return f"profile {profile}: data set {data}{allowed}; seeds {seeds}; {arms}; budget: {chosen.budget}"


def numbers(exhibit: Exhibit, record: Record) -> Table:
    """Our numbers beside the paper's, in the form that suits the exhibit's kind."""
    view = View(record.rows)
    if exhibit.id in LAYOUTS:
        return pivot(exhibit, view, LAYOUTS[exhibit.id])
    if exhibit.kind == "timing":
        return timing(exhibit, view)
    return plain(exhibit, view)


def pivot(exhibit: Exhibit, view: View, layout: Layout) -> Table:
    """Rows × series, each cell "ours ± sd (paper)"."""
    series = list(dict.fromkeys(a.series for a in exhibit.arms))
    cells: dict[tuple[str, str], str] = {}
    for arm in exhibit.arms:
        cells[_row(arm, layout), arm.series] = _cell(arm, view, layout)
    names = list(dict.fromkeys(_row(a, layout) for a in exhibit.arms))
    rows = [(n, *(cells.get((n, s), "–") for s in series)) for n in names]
    metric = exhibit.metric(layout.metric)
    counts = sorted({len(view.final(a, layout.metric)) for a in view.arms() if view.has(a, layout.metric)})
    n = " or ".join(map(str, counts)) or "0"
    caption = f"{metric.name} ({metric.unit}): ours ± sd over n = {n} seeds; the paper's number in brackets"
    return Table((", ".join(layout.row), *series), rows, caption)


def _row(arm: Arm, layout: Layout) -> str:
    values = {**layout.defaults, **arm.settings}
    return " ".join(str(values[s]) for s in layout.row) or arm.label


def _cell(arm: Arm, view: View, layout: Layout) -> str:
    d, told = layout.digits, arm.reported.get(layout.metric)
    paper = "" if told is None else f" ({told:.{d}f})" if d > 2 else f" ({told:g})"
    if not view.has(arm.id, layout.metric):
        return f"not run{paper}"
    values = view.final(arm.id, layout.metric)
    spread = f" ± {stats.sd(values):.{d}f}" if len(values) > 1 else ""
    return f"{stats.mean(values):z.{d}f}{spread}{paper}"


def timing(exhibit: Exhibit, view: View) -> Table:
    """Median and p10 to p90 of the repetitions, and the gain over the first arm, ours and the paper's."""
    metric, first = exhibit.metrics[0].name, exhibit.arms[0]
    rows = []
    for arm in exhibit.arms:
        if not view.has(arm.id, metric):
            continue
        ms, base = sorted(r[5] for r in view.select(arm.id, metric)), view.select(first.id, metric)
        low, high = ms[round(0.1 * (len(ms) - 1))], ms[round(0.9 * (len(ms) - 1))]
        gain = stats.median([r[5] for r in base]) / stats.median(ms)
        told = first.reported[metric] / arm.reported[metric]
        ours = f"{stats.median(ms):.3g} ({low:.3g} to {high:.3g})"
        rows.append((arm.label, ours, f"{gain:.1f}x", f"{arm.reported[metric]:g}", f"{told:.1f}x"))
    unit = exhibit.metrics[0].unit
    header = ("", f"ours, {unit}: median (p10 to p90)", "gain", f"paper, {unit}", "gain")
    return Table(header, rows, f"gain over {first.label}; the paper's times are of its own device and sizes")


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


def claims(judgements: list[Judgement]) -> Table:
    """Each claim with the paper's numbers, ours, the verdict and the tolerance or the reason."""
    rows = [
        (j.claim.id, f"{j.claim.text} ({j.claim.place})", j.claim.paper, j.ours, j.verdict, j.reason)
        for j in judgements
    ]
    header = ("id", "claim", "paper", "ours", "verdict", "tolerance, or why it is open")
    return Table(header, rows, summary(judgements) if judgements else "no claims yet")


def deviations(exhibit: Exhibit) -> Table:
    """The numbered differences from the paper."""
    rows = [(str(d.number), d.what, d.paper, d.ours, d.why, d.effect) for d in exhibit.deviations]
    return Table(("nr", "what", "paper", "ours", "why", "effect"), rows, "" if rows else "none known")


def provenance(record: Record) -> Table:
    """Where the numbers come from: paper, record, code, machine, time."""
    f = record.facts
    paper, code = f["paper"], f["code"]
    machines = [f"{e['device']}, {e['threads']} thread(s), torch {e['torch']}" for e in f["environment"]]
    dirty = " with uncommitted changes" if code["dirty"] else ""
    rows = [
        ("paper", f"arXiv:{paper['arxiv']}, {paper['title']} (identity: {paper['trust']})"),
        ("record", f"{record.exhibit} at {record.profile}, SHA-256 {record.sha256()}"),
        ("spec", f"SHA-256 {f['spec_sha256']}"),
        ("data", str((f["data"] or {}).get("note") or "none")),
        ("seeds", ", ".join(map(str, f["seeds"]))),
        ("code", f"commit {code['commit']}{dirty}, {len(code['modules'])} modules with digests"),
        ("device", "; ".join(dict.fromkeys(machines))),
        ("time", f"{f['timing']['wall_s']} s of computing, peak {f['timing']['peak_memory_mb']} MB"),
        ("made", f["created"]),
        ("missing", ", ".join(m["piece"] for m in f["missing"]) or "nothing"),
    ]
    return Table(("", ""), rows)
