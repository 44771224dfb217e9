"""docs/results.md: every figure and table of the three papers, each claim with our numbers and the paper's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

from repro import exhibits
from repro.paths import notebooks_dir
from repro.record.fresh import superseded
from repro.record.judge import counted, planned_of
from repro.record.reads import Noted
from repro.record.record import Record
from repro.record.standing import NO_NUMBERS, Standing, standing
from repro.record.store import recorded
from repro.show.claims import AFTER, SIGNS, judged_late, why
from repro.show.tables import escaped, markdown
from repro.spec import Exhibit

NOT_YET: dict[str, tuple[str, str]] = {}
"""Figures and tables with data that no folder of `repro/exhibits/` describes: id → place, content. No schematics."""
TITLES = {
    "dni": "Decoupled Neural Interfaces using Synthetic Gradients (arXiv:1608.05343v2)",
    "sg": "Understanding Synthetic Gradients and DNIs (arXiv:1703.00522v1)",
    "meprop": "meProp: Sparsified Back Propagation (arXiv:1706.06197v5)",
}
_HEAD = ("", "claim", "ours", "the paper's", "accepted; why it is open")
_INTRO = f"""\
Each claim has its verdict from the biggest record that has its numbers and can assess it: at `paper` or, of what is
computed and not trained, exact, where nothing else is said, else at the profile named. Words: see
[reading.md](reading.md#words).
{" · ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items())} · {AFTER}.
What stands in square brackets behind a claim was learned with its record or after it. Pictures, deviations and the
method are in the notebooks."""


def page() -> str:
    """The whole page, paper by paper; `StaleRecordError` for a record of another spec than today's."""
    parts = ["# Results", counted_up(), _INTRO]
    for paper in exhibits.PAPERS:
        parts.append(f"## {TITLES[paper]}")
        for exhibit in (e for e in exhibits.all_exhibits() if e.id.startswith(f"{paper}/")):
            parts += _section(exhibit)
        later = {i: told for i, told in NOT_YET.items() if i.startswith(f"{paper}/")}
        parts += [f"### {i}: {what}\n\n{place} · not yet" for i, (place, what) in later.items()]
    return "\n\n".join(parts) + "\n"


def counted_up() -> str:
    """ "31 of 31 figures and tables have a record; 4 more exhibits are ours or of theory." """
    theirs = [e for e in exhibits.all_exhibits() if _theirs(e)]
    done = sum(bool(recorded(e)) for e in theirs)
    more = len(exhibits.ids()) - len(theirs)
    told = f"{done} of {len(theirs) + len(NOT_YET)} figures and tables of the three papers have a record"
    return f"{told}; {more} more exhibits are ours or of theory."


def _theirs(exhibit: Exhibit) -> bool:
    """Whether it is a figure or a table of the paper, not a section's theory, nor a control of ours beside one."""
    return "ours" not in exhibit.place and any(kind in exhibit.place for kind in ("Figure", "Table"))


def _section(exhibit: Exhibit) -> Iterator[str]:
    there = (notebooks_dir() / f"{exhibit.id}.ipynb").exists()
    name = f"[{exhibit.id}](../notebooks/{exhibit.id}.ipynb)" if there else exhibit.id
    yield f'<a id="{anchor(exhibit)}"></a>\n\n### {name}: {exhibit.title}'
    found = standing(exhibit)
    if not found:
        yield f"{exhibit.place} · described, no record yet"
        return
    yield f"{exhibit.place} · {tally(exhibit, found)} · {links(exhibit, found, '../')}"
    late = {p: judged_late(exhibit, r) for p, r in {s.record.profile: s.record for s in found}.items()}
    yield markdown(_HEAD, [_row(exhibit, s, late[s.record.profile]) for s in found], raw=True)


def anchor(exhibit: Exhibit) -> str:
    """Where an exhibit begins on the page, as the end of a link."""
    return exhibit.id.replace("/", "-")


def _row(exhibit: Exhibit, stands: Standing, late: set[str]) -> tuple[str, ...]:
    j = stands.judgement
    sign = f"{SIGNS[j.verdict]} {j.claim.id}{' (ours)' * j.claim.finding}{' †' * (j.claim.id in late)}"
    ours = with_unit(exhibit, stands)
    text = f"{escaped(j.claim.sentence)}{at_size(exhibit, stands)}"
    return (sign, text, *(escaped(told) for told in (ours, j.claim.paper, why(j))))


def at_size(exhibit: Exhibit, stands: Standing) -> str:
    """ " at `cpu`": where a verdict comes from runs of another size than the paper's."""
    there = stands.record.profile
    return "" if there == "paper" or exhibit.kind == "analytic" else f" at `{there}`"


def tally(exhibit: Exhibit, stands: Sequence[Standing]) -> str:
    """ "✅ 2 🟡 3 ❌ 4 ⚪ 7", and how many were judged after the fact; findings where there is nothing else."""
    own = counted([s.judgement for s in stands])
    found = Counter(j.verdict for j in own)
    shown = {j.claim.id for j in own}
    late = sum(s.judgement.claim.id in shown & judged_late(exhibit, s.record) for s in stands)
    told = " ".join(f"{SIGNS[v]} {found[v]}" for v in SIGNS if found[v]) or "no claims yet"
    told = ("ours: " if any(j.claim.finding for j in own) else "") + told
    return told + (f" ({late} †)" if late else "")


def links(exhibit: Exhibit, stands: Sequence[Standing], up: str = "") -> str:
    """The records that these claims stand on; `up` leads from the page to the repository's root."""
    used = {s.record.profile: s.record for s in stands if s.judgement.ours != NO_NUMBERS}
    used = used or {stands[-1].record.profile: stands[-1].record}
    return "; ".join(_link(exhibit, used[p], up) for p in recorded(exhibit) if p in used)


def _link(exhibit: Exhibit, record: Record, up: str) -> str:
    link = f"[{record.profile}]({up}results/{exhibit.id}/{record.profile}.json)"
    return link + (", of an earlier plan" if superseded(exhibit, record) else "")


def with_unit(exhibit: Exhibit, stands: Standing) -> str:
    """A claim's own numbers; behind them, if they say neither, the unit of the first metric that its test reads.

    The metric of the table of its runs, which gates read too, only if it is the only one; without a unit its name.
    """
    judgement = stands.judgement
    view = Noted(stands.record.rows, exhibit.arms, planned_of(stands.record.facts))
    with suppress(Exception):  # what it had read until then counts
        judgement.claim.test(view)
    if not view.metrics or judgement.ours == NO_NUMBERS:
        return judgement.ours
    table = exhibits.get(exhibit.runs_of).table if exhibit.runs_of else exhibit.table
    metric = exhibit.metric(min(view.metrics, key=lambda name: table is not None and name == table.metric))
    name = metric.name.replace("_", " ")
    units = {re.escape(m.unit) for m in exhibit.metrics if m.unit} | {"points", r"\d[\d.]*x"}  # 1.8x: a ratio
    said = [rf"(?<!\w)(?:{unit})(?!\w)" for unit in units] + [w for w in name.split() if len(w) > 4]
    said += [r"\]x", r"\d%", "times as", "R²", r"\bk = "]  # other ratios, shares, and what is no amount
    if any(re.search(word, judgement.ours) for word in said):
        return judgement.ours
    return f"{judgement.ours} ({metric.unit or name})"
