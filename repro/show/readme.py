"""The README's generated parts, from the committed records: a gallery, and the exhibits with their verdicts."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from repro import exhibits
from repro.errors import RecordError, ReproError
from repro.files import write_text
from repro.paths import notebooks_dir, results_dir, root
from repro.record import stats
from repro.record.fresh import superseded
from repro.record.judge import Judgement, counted, summary
from repro.record.record import Record
from repro.record.standing import NO_NUMBERS, Standing, best_profile, standing
from repro.record.store import path_of, recorded
from repro.record.view import View
from repro.show.claims import AFTER, SIGNS
from repro.show.results import anchor, at_size, tally
from repro.show.tables import markdown
from repro.spec import Exhibit

_HEAD = ("exhibit", "what", "verdicts", "the first claim that holds, the first that fails")
GALLERY = (
    "dni/table2",
    "dni/table1",
    "sg/fig3",
    "sg/fig6",
    "meprop/fig4",
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
    """The index of recorded exhibits: what, where its claims stand, and what came out in a line."""
    there = [(e, standing(e)) for e in exhibits.all_exhibits() if recorded(e)]
    rows = [
        (_linked(e), f"{e.title}<br><sub>{e.place}</sub>", _told(e, s), "<br>".join(findings(e, s)))
        for e, s in there
    ]
    note = f"\n\n{AFTER}." if any("†" in row[2] for row in rows) else ""
    return markdown(_HEAD, rows, raw=True) + note


def _told(exhibit: Exhibit, stands: Sequence[Standing]) -> str:
    old = ", of an earlier plan" if any(superseded(exhibit, s.record) for s in stands) else ""
    return f"[{tally(exhibit, stands)}{old}](docs/results.md#{anchor(exhibit)})"


def _linked(exhibit: Exhibit) -> str:
    return f"[{exhibit.id}]({_notebook(exhibit)})" if _notebook(exhibit) else exhibit.id


def _notebook(exhibit: Exhibit) -> str:
    there = (notebooks_dir() / f"{exhibit.id}.ipynb").exists()
    return f"notebooks/{exhibit.id}.ipynb" if there else ""


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
    """Of the claims that are counted the first that holds and the first that fails, as they come, with their size."""
    own = {j.claim.id for j in counted([s.judgement for s in stands])}
    judged = [s for s in stands if s.judgement.claim.id in own and s.judgement.verdict != "open"]
    first: dict[bool, Standing] = {}
    for s in judged:
        first.setdefault(s.judgement.verdict == "not reproduced", s)
    told = [
        f"{SIGNS[s.judgement.verdict]} {s.judgement.claim.sentence}{at_size(exhibit, s).replace('`', '')}"
        for s in first.values()
    ]
    return told or [f"{SIGNS['open']} nothing is decided yet"]


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
    for name, made in (("exhibits", readme_block), ("gallery", gallery_block)):
        new = replace_block(new, name, made())
    if new != old and not check:
        write_text(path, new)
    return new == old
