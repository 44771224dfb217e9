"""Put the results of runs together as a record that explains itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from metadata.pins import pin
from repro.data.settle import note
from repro.errors import RunError
from repro.record.judge import judge
from repro.record.parts import distinct, machines, notes
from repro.record.record import SCHEMA, Record, csv_facts, data_facts, held, in_order, verdicts
from repro.record.run import Run, digest, spec_of
from repro.record.view import Row
from repro.runner.registered import as_planned
from repro.spec import Exhibit
from repro.tree import git_state

NOT_RUN = "not run yet"
"""Why a record lacks a run that was not asked for."""

_log = logging.getLogger("repro.runner")

Results = Mapping[str, Mapping[str, Any]]


def make_record(
    exhibit: Exhibit,
    profile: str,
    made: Sequence[Run],
    results: Results,
    failures: Mapping[str, str],
    custom: Sequence[str] = (),
) -> Record:
    """The record of the runs `made` from `results` by run name; those without one are said to be missing."""
    done = {r.name: results[r.name] for r in made if r.name in results}
    rows = _rows(exhibit, made, done)
    for why in _misspelt(exhibit, done):
        _log.warning("%s", why)
    spec, paper = spec_of(tuple(made)), pin(exhibit.paper)
    lost = [r.name for r in made if r.name not in done]
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "exhibit": exhibit.id,
        "profile": profile,
        "paper": {"arxiv": paper.arxiv, "title": paper.title, "pith": paper.pith, "trust": paper.trust},
        "spec": spec,
        "spec_sha256": digest(spec),
        "custom": list(custom),
        "data": _data(exhibit, done),
        "missing": [{"run": name, "why": failures.get(name, NOT_RUN)} for name in lost],
        "fingerprints": {n: d["meta"]["fingerprints"] for n, d in done.items() if d["meta"]["fingerprints"]},
        "notes": notes({r.arm: done[r.name]["meta"]["info"] for r in made if r.name in done}),
        "csv": csv_facts(rows),
        "claims": as_planned(exhibit, done, rows),
        **_provenance(done),
    }
    facts["verdicts"] = verdicts(judge(exhibit, facts, rows))
    return Record(facts, tuple(rows))


def _rows(exhibit: Exhibit, made: Sequence[Run], done: Results) -> list[Row]:
    there = (r for r in made if r.name in done)
    rows = held(exhibit, [(r.arm, r.seed, *own) for r in there for own in done[r.name]["rows"]])
    return in_order(exhibit, rows)


def _misspelt(exhibit: Exhibit, done: Results) -> Iterator[str]:
    """Metrics of the spec that no run measured, each beside one of nearly its name that was measured instead."""
    measured = {row[0] for d in done.values() for row in d["rows"]}
    named = [m.name for m in exhibit.metrics]
    for name in (n for n in named if n not in measured):
        for near in get_close_matches(name, sorted(measured.difference(named)), n=1, cutoff=0.8):
            yield (
                f"{exhibit.id}: the spec's metric {name} was not measured, and {near}, which was, is no metric of "
                "the spec, so that the record does not hold it: is one of the two misspelt?"
            )


def _data(exhibit: Exhibit, done: Results) -> Any:
    """The data sets that the runs used, each once; a set that some got and others did not is an error.

    Their notes are today's: one that was reworded is no other data.
    """
    sets = distinct([{**d["data"], "note": ""} for d in done.values() if d["data"]])
    for asked in {s["asked"] for s in sets}:
        used = [s["name"] for s in sets if s["asked"] == asked]
        if len(used) > 1:
            sums = "" if len({*used}) > 1 else ", with other checksums"
            raise RunError(
                f"the runs of {exhibit.id} that asked for {asked} used different data "
                f"({' and '.join(used)}{sums}): fetch the data and rerun"
            )
    return data_facts([{**s, "note": note(s["name"], s["asked"])} for s in sets])


def _provenance(done: Results) -> dict[str, Any]:
    """Code, machines and times: what differs between two runs of the same numbers."""
    commit, dirty = git_state()
    metas = [d["meta"] for d in done.values()]
    code: dict[str, Any] = {
        "commit": commit,
        "dirty": dirty,
        "modules": {k: v for d in done.values() for k, v in d["code"].items()},
    }
    adopted = distinct([a["code_sha256"] for d in done.values() for a in d.get("adopted", ())])
    if adopted:
        code |= {"adopted": adopted, "sha256": distinct([d["code_sha256"] for d in done.values()])}
    return {
        "code": code,
        "environment": machines({name: d["meta"]["environment"] for name, d in done.items()}),
        "timing": {
            "wall_s": round(sum(m["wall_s"] for m in metas), 1),
            "runs": {name: round(d["meta"]["wall_s"], 2) for name, d in done.items()},
            "peak_memory_mb": round(max(m["peak_memory_mb"] for m in metas)),
        },
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
