"""Results as lines for people. Text from documents may be hostile: whoever prints them escapes control characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from metadata.pins import Pin

if TYPE_CHECKING:
    from metadata.check import Identification, Report
    from metadata.errors import MetadataError
    from metadata.pins.refresh import Update

_SHOWN = ("title", "authors", "proceedings", "date", "submitted", "doi", "pith", "primary_cat", "license")
_CITED = ("title", "authors", "proceedings", "doi", "pith")
_OUTCOMES = {
    0: "passed", 3: "about none of the pinned papers", 4: "cannot be told", 1: "failed a check", 2: "unusable"
}  # fmt: skip


def report(of: Report) -> Iterator[str]:
    """Yield every check of a report, every warning, and how far its fields can be trusted."""
    yield of.name
    yield f"  {of.kind}: {of.subject}"
    for check in of.checks:
        yield f"  {check.status:<15} {check.name:<21} {check.detail}"
    for warning in of.warnings:
        yield f"  {'warning':<15} {'not interpreted':<21} {warning}"
    for row in of.fields:
        yield f"    {row.trust:<12} {row.field:<37} {row.detail}"


def unusable(name: str, error: MetadataError) -> Iterator[str]:
    """Yield that a document could not be used, and why."""
    yield from (name, f"  unusable: {error}")


def summary(codes: list[int]) -> str:
    """Return how many documents passed, failed, or were something else, from their exit codes."""
    counts = [f"{codes.count(code)} {words}" for code, words in _OUTCOMES.items() if code in codes]
    return f"{len(codes)} document{'s' * (len(codes) != 1)}: {', '.join(counts)}"


def identification(found: Identification) -> Iterator[str]:
    """Yield what a document is, the evidence, and what would settle it."""
    yield f"{found.name}: {found.sentence}"
    for fact in found.facts:
        yield f"  {fact.weight:<9} {fact.about:<16} {fact.detail}"
    for what in found.settle:
        yield f"  {'to settle':<26} {what}"


def pins(of: Iterable[Pin]) -> Iterator[str]:
    """Yield the pins, one block each, with the trust and the sources of each field."""
    for pin in of:
        yield f"{pin.arxiv} ({pin.short}), {pin.trust}: {'a' if pin.pith else 'no'} signed record behind its id"
        for field in _SHOWN:
            value, why = getattr(pin, field), pin.why(field)
            shown = {
                "authors": ", ".join(pin.authors),
                "proceedings": pin.venue,
                "date": f"{pin.date}, of {pin.date_of}",
            }
            text = shown.get(field, value) or "none"
            yield f"  {field:<12} {why.trust:<12} {text}"
            yield f"  {'':<25} {', '.join((why.source, *why.also))}"


def cited(pin: Pin) -> str:
    """Return the trust in each field that a citation shows, in one line."""
    return f"{pin.arxiv}: " + ", ".join(f"{field} {pin.why(field).trust}" for field in _CITED)


def update(fetched: Update) -> Iterator[str]:
    """Yield how a fetched document differs from the committed one, and its warnings."""
    yield f"{fetched.name}: verified, {'differs' if fetched.difference else 'says the same as the committed one'}"
    yield from (f"  warning: not interpreted: {warning}" for warning in fetched.warnings)
    yield from (f"  {line}" for line in fetched.difference)
