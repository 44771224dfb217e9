"""Print results for people. Text from documents may be hostile, so control characters are escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable

from metadata.errors import MetadataError
from metadata.identify import Identification
from metadata.pins import Pin
from metadata.refresh import Update
from metadata.report import Report
from metadata.text import printable


def json_text(value: object, *, ascii_only: bool = True) -> None:
    """Print `value` as JSON; `ascii_only` escapes everything else, for values that come from documents."""
    print(json.dumps(value, indent=1, ensure_ascii=ascii_only))


def report(of: Report) -> None:
    """Print every check of a report, and how far its fields can be trusted."""
    print(f"{printable(of.name)}\n  {of.kind}: {printable(of.subject)}")
    for check in of.checks:
        print(f"  {check.status:<15} {check.name:<21} {printable(check.detail)}")
    for row in of.fields:
        print(f"    {row.trust:<12} {row.field:<37} {printable(row.detail)}")


def unusable(name: str, error: MetadataError) -> None:
    """Print that a document could not be used, and why."""
    print(f"{printable(name)}\n  unusable: {printable(str(error))}")


def summary(codes: list[int]) -> None:
    """Print how many documents passed, failed or were unusable, from their exit codes."""
    words = ((0, "passed"), (1, "failed a check"), (2, "unusable"))
    counts = [f"{codes.count(code)} {word}" for code, word in words if code in codes]
    print(f"{len(codes)} document{'s' * (len(codes) != 1)}: {', '.join(counts)}")


def identification(found: Identification) -> None:
    """Print what a document is, with the evidence."""
    sentence = {
        "pinned": f"this is the pinned paper {found.paper}",
        "not the pinned paper": f"this claims to be the pinned paper {found.paper}, and is not",
        "none": "this is about none of the pinned papers",
    }[found.verdict]
    print(f"{printable(found.name)}: {sentence}")
    for fact in found.facts:
        print(f"  {fact.weight:<9} {fact.about:<16} {printable(fact.detail)}")


def pins(of: Iterable[Pin]) -> None:
    """Print the pins, one block each."""
    for p in of:
        print(f"{p.arxiv} ({p.short}), {p.trust}\n  {p.title}\n  {', '.join(p.authors)}\n  {p.venue}")
        print(f"  pith: {p.pith or 'none'}\n  doi: {p.doi}\n  date: {p.date}, of {p.date_of}")


def update(fetched: Update) -> None:
    """Print how a fetched document differs from the committed one."""
    how = "differs" if fetched.difference else "says the same as the committed one"
    print(f"{fetched.name}: verified, {how}")
    for line in fetched.difference:
        print(f"  {printable(line)}")
