"""The README's generated parts, from the committed records: a picture, and the exhibits with their verdicts."""

from __future__ import annotations

import re
from pathlib import Path

from repro import exhibits
from repro.errors import RecordError, ReproError
from repro.files import write_text
from repro.paths import notebooks_dir, results_dir, root
from repro.record import stats
from repro.record.fresh import require_fresh, superseded
from repro.record.record import Record
from repro.record.store import best_profile, load, path_of
from repro.record.view import View
from repro.show import coverage
from repro.show.claims import AFTER, in_short
from repro.show.tables import markdown
from repro.spec import Exhibit

_HEAD = ("exhibit", "what", "record", "verdicts", "our number", "the paper's", "run it")


def headline(exhibit: Exhibit, record: Record) -> tuple[str, str]:
    """(our number, the paper's): those of the first claim that can be computed, else of the first reported arm."""
    for j in record.judgements(exhibit):
        if j.ours != "–":
            return j.ours, j.claim.paper
    view = View(record.rows, exhibit.arms)
    for arm in exhibit.arms:
        for metric, told in arm.reported.items():
            # one value a run: of many (layers, repetitions) none is the number
            if view.has(arm.id, metric) and len(view.by_index(arm.id, metric)) == 1:
                ours = stats.plus_minus(view.final(arm.id, metric))
                return f"{arm.label}: {ours} {exhibit.metric(metric).unit}", f"{told:g}"
    return "–", "–"


def data_text(record: Record) -> str:
    """Name of the data set, with a loud mark on a stand-in."""
    data = record.facts.get("data")
    if not data:
        return "none needed"
    return f"{data['name']} (STAND-IN)" if data["stand_in"] else str(data["name"])


def readme_block() -> str:
    """The index of exhibits: what, best profile, verdicts, our headline number beside the paper's, command."""
    rows = [_row(e) for e in exhibits.all_exhibits()]
    note = f"\n\n{AFTER}." if any("†" in row[3] for row in rows) else ""
    return markdown(_HEAD, rows, raw=True) + note


def _row(exhibit: Exhibit) -> tuple[str, ...]:
    there = (notebooks_dir() / f"{exhibit.id}.ipynb").exists()
    notebook = f"[{exhibit.id}](notebooks/{exhibit.id}.ipynb)" if there else exhibit.id
    what = f"{exhibit.title} ({exhibit.place})"
    profile = best_profile(exhibit)
    if profile is None:
        return (notebook, what, "none yet", "–", "–", "–", f"`repro run {exhibit.id}`")
    record = load(results_dir(), exhibit.id, profile)
    require_fresh(exhibit, record)
    link = f"[{profile}](results/{exhibit.id}/{profile}.json)"
    link += ", of an earlier plan" if superseded(exhibit, record) else ""
    command = f"`repro run {exhibit.id} --profile {profile}`"
    return (notebook, what, link, in_short(exhibit, record), *headline(exhibit, record), command)


def picture_block() -> str:
    """Markdown of the README's picture: the figure of the first exhibit that has one among the records."""
    for exhibit in exhibits.all_exhibits():
        profile = best_profile(exhibit)
        path = path_of(results_dir(), exhibit.id, profile).with_suffix(".svg") if profile else None
        if path and path.exists():
            return f"![{exhibit.title}](results/{exhibit.id}/{profile}.svg)"
    return "*(A picture appears here with the first committed record.)*"


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
    for name, made in (("exhibits", readme_block), ("picture", picture_block), ("coverage", coverage.block)):
        new = replace_block(new, name, made())
    if new != old and not check:
        write_text(path, new)
    return new == old
