"""The README's generated parts, from the committed records: a picture, and the exhibits with their verdicts."""

from __future__ import annotations

import os
import re
from pathlib import Path

from repro import exhibits, stats
from repro.claims import View, summary
from repro.errors import RecordError, ReproError
from repro.notebook.arguments import best_profile
from repro.paths import notebooks_dir, results_dir, root
from repro.record import Record, load, path_of, require_fresh
from repro.spec import Exhibit

PICTURES = ("meprop/fig4", "dni/table2", "sg/fig6")
"""Whose picture the README shows: the first that has one."""
_HEAD = "| exhibit | what | record | verdicts | our number | the paper's | run it |\n|---|---|---|---|---|---|---|"


def headline(exhibit: Exhibit, record: Record) -> tuple[str, str]:
    """(our number, the paper's): those of the first claim that can be computed, else of the first reported arm."""
    for j in record.judgements(exhibit):
        if j.ours != "–":
            return j.ours, j.claim.paper
    view = View(record.rows)
    for arm in exhibit.arms:
        for metric, told in arm.reported.items():
            # one value a run: of many (layers, repetitions) none is the number
            if view.has(arm.id, metric) and len(view.by_index(arm.id, metric)) == 1:
                ours = stats.plus_minus(view.final(arm.id, metric))
                return f"{arm.label}: {ours} {exhibit.metric(metric).unit}", f"{told:g}"
    return "–", "–"


def verdict_text(exhibit: Exhibit, record: Record) -> str:
    """ "5 of 6 reproduced, 1 open"."""
    judgements = record.judgements(exhibit)
    return summary(judgements) if judgements else "no claims yet"


def data_text(record: Record) -> str:
    """Name of the data set, with a loud mark on a stand-in."""
    data = record.facts.get("data")
    if not data:
        return "none needed"
    return f"{data['name']} (STAND-IN)" if data["stand_in"] else str(data["name"])


def readme_block() -> str:
    """The index of exhibits: what, best profile, verdicts, our headline number beside the paper's, command."""
    return "\n".join([_HEAD, *(_line(e) for e in exhibits.all_exhibits())])


def _line(exhibit: Exhibit) -> str:
    there = (notebooks_dir() / f"{exhibit.id}.ipynb").exists()
    notebook = f"[{exhibit.id}](notebooks/{exhibit.id}.ipynb)" if there else exhibit.id
    what = f"{exhibit.title} ({exhibit.place})"
    profile = best_profile(exhibit)
    if profile is None:
        cells = (notebook, what, "none yet", "–", "–", "–", f"`repro run {exhibit.id}`")
    else:
        record = load(results_dir(), exhibit.id, profile)
        require_fresh(exhibit, record)
        ours, paper = headline(exhibit, record)
        link = f"[{profile}](results/{exhibit.id}/{profile}.json)"
        command = f"`repro run {exhibit.id} --profile {profile}`"
        cells = (notebook, what, link, verdict_text(exhibit, record), ours, paper, command)
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def picture_block() -> str:
    """Markdown of the README's picture: the figure of the first exhibit that has one among the records."""
    for exhibit_id in PICTURES:
        exhibit = exhibits.get(exhibit_id)
        profile = best_profile(exhibit)
        path = path_of(results_dir(), exhibit_id, profile).with_suffix(".svg") if profile else None
        if path and path.exists():
            return f"![{exhibit.title}](results/{exhibit_id}/{profile}.svg)"
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
    new = replace_block(replace_block(old, "exhibits", readme_block()), "picture", picture_block())
    if new != old and not check:
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(new, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    return new == old
