"""What a verification says: named checks, and how far each field of a document can be trusted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["verified", "failed", "not verifiable", "absent"]
Trust = Literal["signed", "hash signed", "derived", "corroborated", "stated", "curated", "absent"]

TRUST_MEANING: dict[Trust, str] = {
    "signed": "the registry's signature covers the value",
    "hash signed": "the signature covers a hash of it, up to letter case and white space",
    "derived": "follows from signed or curated values by a public rule",
    "corroborated": "two documents, neither signed for it, agree",
    "stated": "stands in one document, unsigned",
    "curated": "entered by hand, with its source",
    "absent": "in no document",
}


@dataclass(frozen=True)
class Check:
    """One check by name, with its result and one sentence: what was compared, or why it cannot be."""

    name: str
    status: Status
    detail: str


@dataclass(frozen=True)
class FieldTrust:
    """How far one field of a document can be trusted (`TRUST_MEANING`), and why."""

    field: str
    trust: Trust
    detail: str


@dataclass(frozen=True)
class Report:
    """The checks of one document. `subject` is the arXiv id with version it is about, or what it claims."""

    name: str
    kind: str
    sha256: str
    subject: str
    checks: tuple[Check, ...]
    fields: tuple[FieldTrust, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed; empty for a document that may be used."""
        return tuple(c for c in self.checks if c.status == "failed")

    def status(self, name: str) -> Status:
        """Return the result of the check called `name` (`absent` if there is none)."""
        return next((c.status for c in self.checks if c.name == name), "absent")

    def to_json(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def compare(name: str, what: str, got: object, expected: object) -> Check:
    """Return the check that `got` equals `expected`; `what` says in words what was compared."""
    if got == expected:
        return Check(name, "verified", what)
    return Check(name, "failed", f"{what}: got {got}, expected {expected}")


def all_hold(name: str, what: str, problems: list[str]) -> Check:
    """Return the check that holds if there are no `problems` (sentences that say got and expected)."""
    return Check(name, "failed", "; ".join(problems)) if problems else Check(name, "verified", what)
