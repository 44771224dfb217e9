"""Checks of a pith record's history: counters, event ids, snapshot hashes and the order of dates."""

from __future__ import annotations

import re
from datetime import datetime

from metadata.pith_types import Counters, PithRecord
from metadata.report import Check, all_hold

_EVENT_ID = re.compile(r"sha256:[0-9a-f]{64}")
# Hash of every empty list in both records known; what is hashed is not published.
EMPTY_LIST = "258153158e38e3291e3d48162225fcdb2d5a3ed65a07baac614ab91432fd4f57"
_BUNDLE = "a bundle has no counters"


def history_checks(record: PithRecord) -> list[Check]:
    """Return the checks of the record's events. None of this is signed."""
    return [
        event_counters(record),
        equivocation_counters(record.counters),
        event_ids(record),
        snapshot_hashes(record),
        dates(record),
    ]


def event_counters(record: PithRecord) -> Check:
    """Check the stated event counts against the lists, and that every event shown is an applied one."""
    counters = record.counters
    if counters is None:
        return Check("event_counters", "absent", _BUNDLE)
    applied, shown = counters.applied_ids, [e.event_id for e in record.events if e.event_id]
    sums = {
        "event_count": (counters.events, counters.valid + counters.invalid),
        "valid_event_count": (counters.valid, len(applied)),
        "invalid_event_count": (counters.invalid, counters.listed_invalid),
        "distinct applied event ids": (len(set(applied)), len(applied)),
        "distinct events": (len(set(shown)), len(shown)),
    }
    problems = [f"{what}: got {got}, expected {want}" for what, (got, want) in sums.items() if got != want]
    problems += [f"event {i} is shown but not among the applied ones" for i in shown if i not in applied]
    hidden = len(set(applied) - set(shown))
    if hidden and not problems:
        return Check(
            "event_counters", "not verifiable", f"{hidden} of {len(applied)} applied events are not shown"
        )
    return all_hold("event_counters", f"{counters.events} events, as listed", problems)


def equivocation_counters(counters: Counters | None) -> Check:
    """Check that the count of equivocations is that of the list, and zero."""
    if counters is None:
        return Check("equivocation_counters", "absent", _BUNDLE)
    problems = []
    if counters.equivocations != counters.listed_equivocations:
        problems.append(f"got {counters.equivocations}, expected {counters.listed_equivocations} as listed")
    if counters.equivocations or counters.listed_equivocations:
        problems.append("the registry signed contradicting events for this record; expected none")
    return all_hold("equivocation_counters", "none stated, none listed", problems)


def event_ids(record: PithRecord) -> Check:
    """Check the form of the event ids; what they are a hash of is not published."""
    shown = [(e.place, e.event_id) for e in record.events if e.event_id is not None]
    applied = record.counters.applied_ids if record.counters else ()
    shown += [(f"applied_event_ids[{i}]", event_id) for i, event_id in enumerate(applied)]
    problems = [
        f"{place}: got {i}, expected 'sha256:' and 64 hex digits"
        for place, i in shown
        if not _EVENT_ID.fullmatch(i)
    ]
    if problems:
        return all_hold("event_ids", "", problems)
    if not shown:
        return Check("event_ids", "absent", "the file shows no event ids")
    return Check(
        "event_ids", "not verifiable", "form is right; the hashed bytes are not in the file, nor published"
    )


def snapshot_hashes(record: PithRecord) -> Check:
    """Check that empty lists share one hash, and no other list has it; what is hashed is not published."""
    if not record.snapshots:
        return Check("snapshot_hashes", "absent", "no graph snapshot in the file")
    hashes = [pair for snapshot in record.snapshots for pair in snapshot.hashes]
    empty = {value for count, value in hashes if count == 0}
    problems = [f"empty lists have {len(empty)} different hashes, expected one"] if len(empty) > 1 else []
    if any(count and value == EMPTY_LIST for count, value in hashes):
        problems.append("a list stated as filled has the hash of the empty one")
    if problems:
        return all_hold("snapshot_hashes", "", problems)
    why = "equal for all empty lists; the hashed bytes are not published"
    return Check("snapshot_hashes", "not verifiable", why)


def dates(record: PithRecord) -> Check:
    """Check that paper, computation, signature, events and aliases come in order; no clock is asked."""
    receipt, submitted = record.receipt, record.record.submitted_at
    first = receipt.first_computed_at.replace(microsecond=0)  # events have whole seconds
    steps = [
        ("first_computed_at", receipt.first_computed_at, "submitted_at", submitted),
        ("signed_at", receipt.signed_at, "first_computed_at", receipt.first_computed_at),
        ("last_reissued_at", receipt.last_reissued_at, "first_computed_at", receipt.first_computed_at),
        *((e.place, e.created_at, "first_computed_at", first) for e in record.events if e.created_at),
        *((f"alias {a.kind}", a.created_at, "submitted_at", submitted) for a in record.aliases),
    ]
    problems = [_late(*step) for step in steps if step[1] < step[3]]
    return all_hold("dates", "submitted, computed, signed, recorded: in this order", problems)


def _late(name: str, when: datetime, before: str, earlier: datetime) -> str:
    return f"{name} is {when.isoformat()}, before {before} {earlier.isoformat()}"
