"""What there is of the three papers: every figure and table with data, done or not yet, with its result."""

from __future__ import annotations

from repro import exhibits
from repro.record.judge import counted
from repro.record.standing import Standing, standing
from repro.record.store import recorded
from repro.show.claims import judged_late
from repro.show.tables import markdown
from repro.spec import Exhibit

NOT_YET: dict[str, tuple[str, str]] = {}
"""Figures and tables with data that no folder of `repro/exhibits/` describes: id → place, content. No schematics."""


def block() -> str:
    """Markdown of the table, paper by paper."""
    made = {e.id: (e.id, e.place, e.title, result(e)) for e in exhibits.all_exhibits()}
    later = {i: (i, place, what, "not yet") for i, (place, what) in NOT_YET.items()}
    own = [e for e in exhibits.all_exhibits() if not _theirs(e)]
    done = sum(bool(recorded(e)) for e in exhibits.all_exhibits() if e not in own)
    theirs = len(made) + len(later) - len(own)
    rows = [
        r
        for paper in exhibits.PAPERS
        for r in (*made.values(), *later.values())
        if r[0].startswith(f"{paper}/")
    ]
    told = f"{done} of {theirs} figures and tables have a record; {len(own)} more exhibits are ours or of theory."
    return f"{told}\n\n{markdown(('exhibit', 'in the paper', 'what', 'result'), rows)}"


def _theirs(exhibit: Exhibit) -> bool:
    """Whether it is a figure or a table of the paper, not a section's theory, nor a control of ours beside one."""
    return "ours" not in exhibit.place and any(kind in exhibit.place for kind in ("Figure", "Table"))


def at_size(exhibit: Exhibit, stands: Standing) -> str:
    """ " at `cpu`": where a verdict comes from runs of another size than the paper's."""
    there = stands.record.profile
    return "" if there == "paper" or exhibit.kind == "analytic" else f" at `{there}`"


def result(exhibit: Exhibit) -> str:
    """What came out, in a sentence: what holds, what fails, how much is open."""
    if not recorded(exhibit):
        return "described, no record yet"
    stands = standing(exhibit)
    judged = counted([s.judgement for s in stands])
    late = {s.judgement.claim.id for s in stands if s.judgement.claim.id in judged_late(exhibit, s.record)}
    words = {"reproduced": "Holds", "direction only": "Holds in direction", "not reproduced": "FAILS"}
    if any(j.claim.finding for j in judged):
        words = {"reproduced": "Findings of ours. They hold", "not reproduced": "They do not"}
    size = {s.judgement.claim.id: at_size(exhibit, s) for s in stands}
    said: dict[tuple[str, str], list[str]] = {}
    for j in sorted((j for j in judged if j.verdict in words), key=lambda j: list(words).index(j.verdict)):
        told = j.claim.sentence + " †" * (j.claim.id in late)
        said.setdefault((words[j.verdict], size[j.claim.id]), []).append(told)
    parts = [f"{word}{at}: {'; '.join(texts)}." for (word, at), texts in said.items()]
    waiting = sum(j.verdict == "open" for j in judged)
    return " ".join([*parts, *([f"{waiting} open."] if waiting else [])])
