"""Everything that `repro check` and `repro commit` ask of a record beyond its schema and checksums."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metadata.pins import pin
from repro.errors import RecordError
from repro.record.fresh import stale_because, superseded
from repro.record.record import Record, data_facts, data_sets, done_names, finite, held, run_names, verdicts
from repro.spec import Exhibit
from repro.tree import UNKNOWN

GROWS = ("cpu", "paper")
"""Profiles whose records are committed run by run: what decides most comes first, the rest takes hours or days."""


def problems(exhibit: Exhibit, record: Record) -> list[str]:
    """What is wrong with a record that loaded without error; an empty list if nothing is."""
    stale = stale_because(exhibit, record)
    if stale and not superseded(exhibit, record):
        return [f"stale: {stale}"]
    return [
        *_paper(exhibit, record),
        *_metrics(exhibit, record),
        *_rows(record),
        *_data(record),
        *_verdicts(exhibit, record),
    ]


def refuse_for_results(exhibit: Exhibit, record: Record) -> None:
    """`RecordError` if the record must not be committed: unfinished, changed by hand, or of unknown code."""
    name = f"the {record.profile} record of {exhibit.id}"
    facts = record.facts
    if facts["custom"]:
        raise RecordError(f"{name} was made with changed {', '.join(facts['custom'])}: run it without --set")
    if facts["missing"] and record.profile not in GROWS:
        lacking = ", ".join(m["run"] for m in facts["missing"][:3])
        raise RecordError(f"{name} lacks {len(facts['missing'])} runs ({lacking}): run it again to get them")
    for data in data_sets(facts):
        if data["stand_in"] and record.profile in ("cpu", "paper"):
            raise RecordError(
                f"{name} was made from a {data['note']}: fetch {data['asked']} and run it again"
            )
    if facts["code"]["dirty"]:
        unknown = (
            "where nothing tells the commit: run it again in a clone, or in a copy with `repro pack --stamp`"
        )
        changed = "from a working tree with uncommitted changes: commit them and run it again"
        why = unknown if facts["code"]["commit"] == UNKNOWN else changed
        raise RecordError(f"{name} was made {why} (finished runs are taken from the cache)")
    may_diverge = {m.name for m in exhibit.metrics if m.may_diverge}
    for arm, _, metric, *_, value in record.rows:
        if not math.isfinite(value) and metric not in may_diverge:
            raise RecordError(
                f"{name} holds values that are not finite, such as {metric} of arm {arm}: find out why; if "
                "divergence belongs to the result, its Metric says may_diverge=True"
            )


def _paper(exhibit: Exhibit, record: Record) -> Iterator[str]:
    paper, said = pin(exhibit.paper), record.facts["paper"]
    for key in ("arxiv", "title", "pith", "trust"):
        if said.get(key) != getattr(paper, key):
            yield f"paper: {key} is {said.get(key)!r}, the pinned paper's is {getattr(paper, key)!r}"


def _metrics(exhibit: Exhibit, record: Record) -> Iterator[str]:
    belong = set(held(exhibit, record.rows))
    odd = [r for r in record.rows if r not in belong]
    if odd:
        yield (
            f"{len(odd)} rows that its exhibit does not keep, such as {min(r[2] for r in odd)}: "
            f"repro commit {exhibit.id} --profile {record.profile} --from results leaves them out"
        )


def _rows(record: Record) -> Iterator[str]:
    """The rows are those of the spec's runs: all that are not said to be missing, and no others."""
    runs = set(done_names(record.facts))
    there = {f"{r[0]}/{r[1]}" for r in record.rows}
    for what, odd in (("no rows of", runs - there), ("rows of unknown", there - runs)):
        if odd:
            yield f"{what} {len(odd)} runs, such as {min(odd)}"
    keys = {r[:5] for r in record.rows}
    if len(keys) < len(record.rows):
        yield f"{len(record.rows) - len(keys)} rows are there twice"
    strange = {m["run"] for m in record.facts["missing"]} - set(run_names(record.facts))
    if strange:
        yield f"missing: {min(strange)} is no run of the spec"
    if record.facts["csv"].get("finite") != finite(record.rows):
        yield "csv: what the JSON says of values that are not finite is wrong"
    if record.facts["csv"]["rows"] != len(record.rows):
        yield f"csv: {len(record.rows)} rows, the JSON says {record.facts['csv']['rows']}"


def _data(record: Record) -> Iterator[str]:
    """The data are those that the spec asks for, with the published checksums."""
    from repro.data import catalogue

    sets, known = data_sets(record.facts), catalogue()
    lost = {m["run"] for m in record.facts["missing"]}
    arms = record.facts["spec"]["arms"].items()
    asked = {own["dataset"] for a, own in arms if any(f"{a}/{s}" not in lost for s in own["seeds"])} - {None}
    there = [data["asked"] for data in sets]
    if sorted(there) != sorted(asked):
        made_for, wanted = (", ".join(sorted(names)) or "none" for names in (there, asked))
        yield f"data: made for {made_for}, the spec asks for {wanted}"
    if record.facts.get("data") != data_facts(sets):
        yield "data: what is said of all its data sets is not what is said of each"
    for data in sets:
        if data["name"] not in known:
            yield f"data: unknown data set {data['name']!r}"
        elif data["files"] != known[data["name"]].sums:
            yield f"data: the checksums of {data['name']} are not the published ones"
        if data["stand_in"] != (data["name"] != data["asked"]):
            yield f"data: {data['name']} in place of {data['asked']}, but stand_in is {data['stand_in']}"


def _verdicts(exhibit: Exhibit, record: Record) -> Iterator[str]:
    stored, now = record.facts["verdicts"], verdicts(record.judgements(exhibit))
    for claim in (c for c in {**stored, **now} if stored.get(c) != now.get(c)):
        yield (
            f"verdict on {claim}: stored {_said(stored.get(claim))}, computed {_said(now.get(claim))}; "
            "if the claim changed on purpose: "
            f"repro commit {exhibit.id} --profile {record.profile} --from results"
        )


def _said(verdict: dict[str, str] | None) -> str:
    return f"{verdict['verdict']} ({verdict['ours']})" if verdict else "nothing"
