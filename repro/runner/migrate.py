"""Carry records of schema 1, whose spec was a list of pieces, over to schema 2, whose spec is a list of runs.

`python -m repro.runner.migrate` does it for all that lie in `results/`. Nothing is trained: a record is carried over
only where each of today's runs is among its pieces with the same setting, parameters, seed and data set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from repro.errors import StaleRecordError
from repro.paths import results_dir
from repro.record.judge import judge
from repro.record.record import SCHEMA, Record, csv_rows, verdicts
from repro.record.run import Run, digest, plain, runs, spec_of
from repro.record.store import path_of, save
from repro.record.view import Row
from repro.runner.registered import registered
from repro.spec import PROFILES, Exhibit

KEPT = (
    *("exhibit", "profile", "paper", "custom", "data", "fingerprints", "notes", "csv", "code"),
    *("environment", "created"),
)


def carry_over(exhibit: Exhibit, old: Mapping[str, Any], rows: tuple[Row, ...]) -> Record:
    """The record of schema 2 with the rows of one of schema 1; `StaleRecordError` if the runs are not the same."""
    made = runs(exhibit, exhibit.profile(old["profile"]))
    known = _runs_of_pieces(old["spec"]["pieces"])
    for run in made:
        _require_same(run, known)
    gone = known.keys() - {(r.arm, r.seed) for r in made}
    if gone or old["missing"]:
        lost = [f"{arm}/{seed}" for arm, seed in sorted(gone)] or [m["piece"] for m in old["missing"]]
        raise StaleRecordError(
            f"{', '.join(lost)} {'is in the record alone' if gone else 'is missing in the record'}"
        )
    spec = spec_of(made)
    facts: dict[str, Any] = {k: old[k] for k in KEPT}
    facts |= {
        "schema": SCHEMA,
        "spec": spec,
        "spec_sha256": digest(spec),
        "missing": [],
        "claims": registered(exhibit),
        "timing": {k: old["timing"][k] for k in ("wall_s", "peak_memory_mb")},
        "carried": {"schema": 1, "spec_sha256": old["spec_sha256"]},
    }
    facts["verdicts"] = verdicts(judge(exhibit, facts, rows))
    return Record(facts, rows)


def _runs_of_pieces(pieces: list[dict[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    """(arm, seed) → settings, parameters and data set as schema 1 says them."""
    return {
        (arm["id"], seed): {"settings": arm["settings"], "params": p["params"], "dataset": p["dataset"]}
        for p in pieces
        for arm in p["arms"]
        for seed in p["seeds"]
    }


def _require_same(run: Run, known: Mapping[tuple[str, int], dict[str, Any]]) -> None:
    """`StaleRecordError` unless the run is known; parameters that its arm does not have are no part of it now."""
    old = known.get((run.arm, run.seed))
    if old is None:
        raise StaleRecordError(f"run {run.name} is not in the record")
    now = {**plain(dict(run.setting)), **plain(dict(run.params)), "dataset": run.dataset}
    then = {**old["params"], **old["settings"], "dataset": old["dataset"]}
    for name, value in now.items():
        if then.get(name) != value:
            raise StaleRecordError(f"run {run.name}: {name} was {then.get(name)!r}, is {value!r}")


def main() -> None:
    """Carry over what lies in `results/`, and say what was done."""
    from repro.exhibits import all_exhibits

    for exhibit in all_exhibits():
        for profile in PROFILES:
            path: Path = path_of(results_dir(), exhibit.id, profile)
            if not path.exists():
                continue
            old = json.loads(path.read_text(encoding="utf-8"))
            if old["schema"] != 1:
                continue
            rows = csv_rows(path.with_suffix(".csv").read_text(encoding="utf-8"), path.name)
            made = carry_over(exhibit, old, rows)
            same = made.facts["verdicts"] == old["verdicts"]
            save(made, results_dir())
            print(f"{exhibit.id} {profile}: carried over{'' if same else ', VERDICTS DIFFER'}")


if __name__ == "__main__":
    main()
