"""Plain-text tables, verdicts and times for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from repro.record.judge import Judgement
from repro.spec import Exhibit

MARKS = {"reproduced": "✓", "not reproduced": "✗", "open": "?"}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, with a rule below the header."""
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    rule = ["─" * w for w in widths]
    lines = [header, rule, *rows]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(x, widths, strict=True)).rstrip() for x in lines)


def verdict_table(exhibit: Exhibit, judgements: Sequence[Judgement]) -> str:
    """One line a claim: verdict, our numbers, the paper's; reasons for what is open."""
    if not judgements:
        return f"{exhibit.id} states no claims"
    rows = [
        (
            f"{MARKS[j.verdict]} {j.verdict}",
            j.claim.id,
            j.ours,
            j.claim.paper,
            j.reason if j.verdict == "open" else "",
        )
        for j in judgements
    ]
    return table(("verdict", "claim", "ours", "the paper's", "why open"), rows)


def minutes(seconds: float) -> str:
    """Seconds as "1:05" or "2:03:07"."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
