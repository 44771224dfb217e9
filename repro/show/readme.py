"""The README's generated parts, from the committed records: a gallery, and the exhibits with their verdicts."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from repro import exhibits
from repro.errors import RecordError, ReproError
from repro.files import write_text
from repro.paths import notebooks_dir, results_dir, root
from repro.record import stats
from repro.record.fresh import require_fresh, superseded
from repro.record.judge import Judgement, counted, planned_of, summary
from repro.record.reads import Noted
from repro.record.record import Record
from repro.record.standing import NO_NUMBERS, Standing, best_profile, standing
from repro.record.store import load, path_of, recorded
from repro.record.view import View
from repro.show import coverage
from repro.show.claims import AFTER, SIGNS, judged_late
from repro.show.tables import markdown
from repro.spec import Exhibit

_HEAD = ("exhibit", "what", "verdicts", "our number", "the paper's")
GALLERY = (
    "dni/table2",
    "dni/table1",
    "sg/fig3",
    "sg/fig4",
    "meprop/fig4",
    "sg/fig6",
    "sg/table2",
    "meprop/table7",
)
"""Exhibits in the order in which they are shown first; the README has room for the first five with a record."""
SHOWN = 5


def headline(
    exhibit: Exhibit, record: Record, judgements: Sequence[Judgement] | None = None
) -> tuple[str, str]:
    """(our number, the paper's): of the first claim that is decided, else can be computed, else of a reported arm.

    `judgements`: the record's own unless given.
    """
    told = record.judgements(exhibit) if judgements is None else judgements
    for j in sorted(told, key=lambda j: j.verdict == "open"):
        if j.ours != NO_NUMBERS:
            return j.ours, j.claim.paper
    view = View(record.rows, exhibit.arms)
    for arm in exhibit.arms:
        for metric, reported in arm.reported.items():
            # one value a run: of many (layers, repetitions) none is the number
            if view.has(arm.id, metric) and len(view.by_index(arm.id, metric)) == 1:
                ours = stats.plus_minus(view.final(arm.id, metric))
                return f"{arm.label}: {ours} {exhibit.metric(metric).unit}", f"{reported:g}"
    return "–", "–"


def data_text(record: Record) -> str:
    """Name of the data set, with a loud mark on a stand-in."""
    data = record.facts.get("data")
    if not data:
        return "none needed"
    return f"{data['name']} (STAND-IN)" if data["stand_in"] else str(data["name"])


def readme_block() -> str:
    """The index of recorded exhibits: what, where each claim stands, our headline number beside the paper's."""
    rows = [_row(e) for e in exhibits.all_exhibits() if recorded(e)]
    note = f"\n\n{AFTER}." if any("†" in row[2] for row in rows) else ""
    return markdown(_HEAD, rows, raw=True) + note


def _row(exhibit: Exhibit) -> tuple[str, ...]:
    found, best = standing(exhibit), _fresh(exhibit, best_profile(exhibit) or "")
    used = {s.record.profile: s.record for s in found if s.judgement.ours != NO_NUMBERS} or {
        best.profile: best
    }
    links = "; ".join(_link(exhibit, used[p]) for p in recorded(exhibit) if p in used)
    decided = sorted(
        found, key=lambda s: s.judgement.verdict == "open"
    )  # `headline`'s order: the paper's is beside it
    told = next((s for s in decided if s.judgement.ours != NO_NUMBERS), None)
    ours, paper = headline(exhibit, best, [s.judgement for s in decided])
    said = ours if told is None else with_unit(exhibit, told.record, told.judgement)
    if told is not None and told.judgement.verdict == "open":
        said += f" (open: {told.judgement.reason})"
    if told is not None and len(used) > 1:
        said += f" (at `{told.record.profile}`)"
    numbers = (said, paper)
    title = f"{exhibit.title} ({exhibit.place})"
    return (_linked(exhibit), title, f"{tally(exhibit, found)} ({links})", *numbers)


def with_unit(exhibit: Exhibit, record: Record, judgement: Judgement) -> str:
    """A claim's own numbers; behind them, if they say neither, the unit of the first metric that its test reads.

    The metric of the table of its runs, which gates read too, only if it is the only one; without a unit its name.
    """
    view = Noted(record.rows, exhibit.arms, planned_of(record.facts))
    with suppress(Exception):  # what it had read until then counts
        judgement.claim.test(view)
    if not view.metrics:
        return judgement.ours
    table = exhibits.get(exhibit.runs_of).table if exhibit.runs_of else exhibit.table
    metric = exhibit.metric(min(view.metrics, key=lambda name: table is not None and name == table.metric))
    name = metric.name.replace("_", " ")
    units = {re.escape(m.unit) for m in exhibit.metrics if m.unit} | {"points", r"\d[\d.]*x"}  # 1.8x: a ratio
    said = [rf"(?<!\w)(?:{unit})(?!\w)" for unit in units] + [w for w in name.split() if len(w) > 4]
    if any(re.search(word, judgement.ours) for word in said):
        return judgement.ours
    return f"{judgement.ours} ({metric.unit or name})"


def _link(exhibit: Exhibit, record: Record) -> str:
    link = f"[{record.profile}](results/{exhibit.id}/{record.profile}.json)"
    return link + (", of an earlier plan" if superseded(exhibit, record) else "")


def _fresh(exhibit: Exhibit, profile: str) -> Record:
    record = load(results_dir(), exhibit.id, profile)
    require_fresh(exhibit, record)
    return record


def _linked(exhibit: Exhibit) -> str:
    return f"[{exhibit.id}]({_notebook(exhibit)})" if _notebook(exhibit) else exhibit.id


def _notebook(exhibit: Exhibit) -> str:
    there = (notebooks_dir() / f"{exhibit.id}.ipynb").exists()
    return f"notebooks/{exhibit.id}.ipynb" if there else ""


def tally(exhibit: Exhibit, stands: Sequence[Standing]) -> str:
    """ "✅ 2 🟡 3 ❌ 4 ⚪ 7", and how many were judged after the fact; findings where there is nothing else."""
    own = counted([s.judgement for s in stands])
    found = Counter(j.verdict for j in own)
    shown = {j.claim.id for j in own}
    late = sum(s.judgement.claim.id in shown & judged_late(exhibit, s.record) for s in stands)
    told = " ".join(f"{SIGNS[v]} {found[v]}" for v in SIGNS if found[v]) or "no claims yet"
    told = ("ours: " if any(j.claim.finding for j in own) else "") + told
    return told + (f" ({late} †)" if late else "")


def gallery_block() -> str:
    """Thumbnails in a row: the picture, the verdicts, the first claim that is decided and the first that fails."""
    there = [(exhibits.get(i), best_profile(exhibits.get(i))) for i in GALLERY if i in exhibits.ids()]
    cells = [_cell(e, profile) for e, profile in there if profile and _picture(e, profile)][:SHOWN]
    if not cells:
        return "*(Pictures appear here with the first committed records.)*"
    legend = " · ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items())
    late = f" · {AFTER}" if any("†" in c for c in cells) else ""
    return "\n".join(['<table><tr valign="top">', *cells, "</tr></table>", "", legend + late])


def _picture(exhibit: Exhibit, profile: str) -> str:
    path = path_of(results_dir(), exhibit.id, profile).with_suffix(".svg")
    return f"results/{exhibit.id}/{profile}.svg" if path.exists() else ""


def _cell(exhibit: Exhibit, profile: str) -> str:
    stands = standing(exhibit)
    told = "<br>".join(html.escape(line) for line in findings(exhibit, stands))
    alt = html.escape(f"{exhibit.title}: {summary([s.judgement for s in stands]) or 'no claims yet'}")
    picture = _picture(exhibit, profile)
    page = _notebook(exhibit) or picture
    width = 100 // SHOWN
    return (
        f'<td width="{width}%"><a href="{page}"><img src="{picture}" alt="{alt}"></a><br>'
        f'<a href="{page}">{exhibit.id}</a> · {tally(exhibit, stands)}<br><sub>{told}</sub></td>'
    )


def findings(exhibit: Exhibit, stands: Sequence[Standing]) -> list[str]:
    """The first of the paper's claims that is decided, whichever way, and the first that fails, with their size."""
    judged = [s for s in stands if not s.judgement.claim.finding]
    decided = next((s for s in judged if s.judgement.verdict != "open"), None)
    fails = next((s for s in judged if s.judgement.verdict == "not reproduced"), None)
    told = [
        f"{SIGNS[s.judgement.verdict]} {s.judgement.claim.sentence}{coverage.at_size(exhibit, s).replace('`', '')}"
        for s in (decided, fails)
        if s
    ]
    return list(dict.fromkeys(told)) or [f"{SIGNS['open']} nothing is decided yet"]


def replace_block(text: str, name: str, content: str) -> str:
    """`text` with what stands between `<!-- name:begin -->` and `<!-- name:end -->` replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    if len(pattern.findall(text)) != 1:
        raise RecordError(f"README.md needs {begin} … {end} exactly once: restore them")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text)


def update_readme(check: bool, path: Path | None = None) -> bool:
    """Whether the README's generated parts were up to date; unless `check`, they are now."""
    path = path or root() / "README.md"
    try:
        old = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReproError(f"no {path.name} in {path.parent}: restore it from git") from None
    new = old
    for name, made in (("exhibits", readme_block), ("gallery", gallery_block), ("coverage", coverage.block)):
        new = replace_block(new, name, made())
    if new != old and not check:
        write_text(path, new)
    return new == old
