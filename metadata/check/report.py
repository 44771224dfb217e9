"""What a verification says: named checks, how far each field can be trusted, and what nobody interpreted."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["verified", "failed", "not verifiable", "absent"]
# What each of them means: docs/metadata.md.
Trust = Literal["signed", "hash signed", "derived", "corroborated", "stated", "curated", "absent"]


@dataclass(frozen=True)
class Check:
    """One check by name, with its result and one sentence: what was compared, or why it cannot be."""

    name: str
    status: Status
    detail: str


Checks = tuple[Check, ...]


@dataclass(frozen=True)
class FieldTrust:
    """How far one field of a document can be trusted, and why."""

    field: str
    trust: Trust
    detail: str


@dataclass(frozen=True)
class Report:
    """The checks of one document. `subject` is the arXiv id with version it is about, or its title.

    `warnings` are what the document says and no check interprets: corrections, revocations, withdrawals.
    """

    name: str
    kind: str
    sha256: str
    subject: str
    checks: Checks
    fields: tuple[FieldTrust, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> Checks:
        """The checks that failed; empty for a document that may be used."""
        return tuple(c for c in self.checks if c.status == "failed")

    @property
    def exit_code(self) -> int:
        """1: a check failed; 3: about none of the pinned papers; 4: cannot tell; 0: passed."""
        about = next((c.status for c in self.checks if c.name in ("identity", "pin")), "absent")
        return 1 if self.failed else {"verified": 0, "absent": 3}.get(about, 4)

    def to_json(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {**asdict(self), "exit_code": self.exit_code}


def hold(name: str, what: str, problems: Iterable[str] = (), *, absent: str = "", unshown: str = "") -> Check:
    """Return the check that fails for `problems` (sentences that say got and expected), else holds: `what` says so.

    Without problems it is `absent`, or not verifiable (`unshown`), where one of these says why.
    """
    said = list(problems)
    if said:
        more = [f"{len(said) - 5} more"] if len(said) > 5 else []
        return Check(name, "failed", "; ".join([*said[:5], *more]))
    if absent:
        return Check(name, "absent", absent)
    return Check(name, "not verifiable", unshown) if unshown else Check(name, "verified", what)


def compare(name: str, what: str, got: object, expected: object) -> Check:
    """Return the check that `got` equals `expected`; `what` says in words what was compared."""
    return hold(name, what, differing({what: (got, expected)}))


def differing(pairs: Mapping[str, tuple[object, object]]) -> list[str]:
    """Return one sentence for each pair of what was got and what was expected that are not equal."""
    return [f"{what}: got {got}, expected {want}" for what, (got, want) in pairs.items() if got != want]
