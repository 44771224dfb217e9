"""Claims as they are registered: a record keeps the digest of each as it stood when the record was made."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from repro.claim import Claim
from repro.errors import ExhibitError, ReproError
from repro.exhibits import get, ids, package_of
from repro.record.reads import Noted, Probe, arms_read
from repro.record.run import digest
from repro.record.view import MissingData, Row
from repro.runner.code import test_of
from repro.runner.source import locate
from repro.spec import Exhibit

NOT_PLANNED = "0" * 64
"""In the place of the digest of a claim that was not there when the runs were planned."""
PROBED = (0, 1, 2)
"""Seeds of the made-up rows."""


def registered(exhibit: Exhibit) -> dict[str, str]:
    """Claim's id → digest of its words, its place, its tolerance, its conditions, and its test."""
    return {claim.id: _one(claim) for claim in exhibit.claims}


def registered_together(exhibit: Exhibit) -> dict[str, dict[str, str]]:
    """Exhibit's id → its `registered`, for this one and all others that show the runs which it shows.

    One that does not import is passed over, unless it may be one of them: then `ExhibitError`.
    """
    beside, broken = list[Exhibit](), dict[str, ReproError]()
    for other in ids():
        try:
            beside += [e for e in (get(other),) if e.trained_by == exhibit.trained_by and e.id != exhibit.id]
        except ReproError as e:
            broken[other] = e
    family = [*beside, exhibit]
    for other, why in broken.items():
        if other != exhibit.id and _may_show(other, family):
            raise ExhibitError(
                f"{why}; it names {exhibit.id}, whose runs it may show: mend it first"
            ) from why
    return {e.id: registered(e) for e in family}


def _may_show(other: str, family: Sequence[Exhibit]) -> bool:
    """Whether the spec of `other`, which does not import, names one of these as that whose runs it shows."""
    path = locate(f"{package_of(other)}.spec")
    text = path.read_text(encoding="utf-8", errors="replace") if path else ""
    names = [*(e.package for e in family), *(e.id for e in family if "runs_of" in text)]
    return any(re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w-])", text) for name in filter(None, names))


def as_planned(
    exhibit: Exhibit, results: Mapping[str, Mapping[str, Any]], rows: Sequence[Row]
) -> dict[str, str]:
    """Claim's id → its digest when the runs that it reads were planned: today's only if it was that of each of them.

    Runs that an exhibit with other runs planned say nothing of these claims; those of which it shows the same as
    others were planned without them, where they do not name it.
    """
    beside = registered_together(exhibit).keys()
    today = registered(exhibit)
    found = dict(today)
    for claim in exhibit.claims:
        read = reads(claim, exhibit, rows)
        for name, result in results.items():
            planned = result.get("registered", {})
            if beside & planned.keys() and name.rpartition("/")[0] in read:
                then = planned.get(exhibit.id, {}).get(claim.id, NOT_PLANNED)
                found[claim.id] = found[claim.id] if then == today[claim.id] else then
    return found


def reads(claim: Claim, exhibit: Exhibit, rows: Sequence[Row]) -> Collection[str]:
    """The arms that the claim reads in a record, or would if all were there; all of them if that is not known."""
    view = Noted(rows, exhibit.arms)
    every = {a.id for a in exhibit.arms}
    planned = {(arm, s) for arm in every for s in PROBED}
    try:
        claim.test(view)
    except MissingData:
        made_up = Probe(exhibit.arms, planned, random.Random(0))
    except Exception:
        return every
    else:
        return view.of or every
    try:
        claim.test(made_up)
    except Exception:  # of made-up rows it makes nothing either
        return every
    return {*view.of} | arms_read(claim, exhibit.arms, planned)


def _one(claim: Claim) -> str:
    words = (claim.text, claim.place, claim.paper, claim.tolerance, claim.given)
    conditions = (claim.profiles, claim.stand_in_ok, claim.finding)
    return digest([*words, *conditions, test_of(claim.test)])
