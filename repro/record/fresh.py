"""Whether a record is of today's spec: the same runs, whatever code made them and however they were grouped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from repro.errors import StaleRecordError
from repro.record.record import Record
from repro.record.run import Run, runs, runs_of_spec
from repro.spec import Exhibit


def superseded(exhibit: Exhibit, record: Record) -> str:
    """Why a record that says so itself is of an earlier plan, or an empty string: its rows are what they were.

    It is kept, and shown as such, until the runs of today's plan are there. A further change makes it stale again.
    """
    said = record.facts.get("superseded")
    return said if said and said == stale_because(exhibit, record) else ""


def limits(exhibit: Exhibit, record: Record) -> str:
    """What the record is not: "of an earlier plan", "1,060 runs missing"; empty where it is all that is planned."""
    missing = len(record.facts.get("missing") or ())
    said = ["of an earlier plan"] * bool(superseded(exhibit, record))
    return ", ".join([*said, *[f"{missing:,} runs missing"] * bool(missing)])


def require_fresh(exhibit: Exhibit, record: Record) -> None:
    """`StaleRecordError` with the first difference if the record was made from another spec than today's.

    One that says so itself is let pass.
    """
    why = stale_because(exhibit, record)
    if why and not superseded(exhibit, record):
        raise StaleRecordError(
            f"the {record.profile} record of {exhibit.id} is stale: {why}; make it again with "
            f"`repro run {exhibit.id} --profile {record.profile}` and commit it with `repro commit`"
        )


def stale_because(exhibit: Exhibit, record: Record) -> str:
    """Why the record's runs are not those of the exhibit's spec, or an empty string."""
    now = {r.name: r for r in runs(exhibit, exhibit.profile(record.profile))}
    then = {r.name: r for r in runs_of_spec(record.facts["spec"])}
    for name, run in now.items():  # a changed value first: it says more than changed runs
        if name in then and run.identity() != then[name].identity():
            return f"run {name} changed: {_difference(then[name], run)}"
    gone, new = [n for n in then if n not in now], [n for n in now if n not in then]
    return f"its runs changed (new: {_few(new)}; gone: {_few(gone)})" if gone or new else ""


def _difference(then: Run, now: Run) -> str:
    """The first difference of two runs, by name: "steps was 400, is 500"."""
    before, after = then.identity(), now.identity()
    flat = [{**d.pop("setting"), **d.pop("params"), **d} for d in (before, after)]
    for name in {**flat[0], **flat[1]}:
        was, is_ = (_shown(d, name) for d in flat)
        if was != is_:
            return f"{name} was {was}, is {is_}"
    return "a setting became a parameter"


def _shown(values: dict[str, Any], name: str) -> str:
    text = repr(values[name]) if name in values else "absent"
    return text if len(text) <= 80 else text[:77] + "…"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (", ".join(names[:3]) or "none") + more
