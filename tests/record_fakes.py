"""Records with invented numbers near the paper's: for tests of figures, tables and notebooks. Found from the spec."""

from __future__ import annotations

import importlib
import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from repro.exhibits import all_exhibits
from repro.record import stats
from repro.record.judge import judge
from repro.record.record import SCHEMA, Record, csv_facts, verdicts
from repro.record.run import arms_of, digest, runs, spec_of
from repro.record.store import load, recorded, save
from repro.record.view import Row, View
from repro.runner.registered import registered
from repro.spec import Exhibit

RESULTS = Path(__file__).resolve().parents[1] / "results"
DATA = {"asked": "mnist", "name": "mnist", "note": "MNIST (invented)", "stand_in": False, "files": {}}
STAND_IN = {**DATA, "name": "digits", "note": "stand-in: scikit-learn digits, not MNIST", "stand_in": True}


def rows_of(exhibit: Exhibit, profile: str) -> list[Row]:
    """Rows of the kind that the exhibit has."""
    return {"analytic": true_rows, "timing": timing_rows, "training": training_rows}[exhibit.kind](
        exhibit, profile
    )


def without(view: View, arm: str, seed: int | None = None) -> View:
    """A view less an arm, or less one of its runs; the other rows are shared, so thousands cost little."""
    made = view.anew()
    made._where, made._by = {}, {}
    for (its, metric), rows in view._by.items():
        left = rows if its != arm else [r for r in rows if seed not in (None, r[1])]
        if left:
            made._by[its, metric] = left
    return made


@cache
def _files_of(profile: str, stand_in: bool) -> dict[str, bytes]:
    """Path below a results folder → content, of an invented record of every exhibit."""
    with TemporaryDirectory() as folder:
        for e in all_exhibits():
            save(fake_record(e, profile, rows_of(e, profile), STAND_IN if stand_in else DATA), Path(folder))
        made = [p for p in Path(folder).rglob("*") if p.is_file()]
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in made}


def save_all(results: Path, profile: str, stand_in: bool = False) -> None:
    """An invented record of every exhibit in `results`; made once a process."""
    for name, content in _files_of(profile, stand_in).items():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_bytes(content)


def training_rows(exhibit: Exhibit, profile: str) -> list[Row]:
    """Three evaluations a run of the first metric, that settle near the paper's number (or its usual ones)."""
    rng, metric = random.Random(0), exhibit.metrics[0].name
    told = [a.reported[metric] for a in exhibit.arms if metric in a.reported] or [1.0]
    level, noise = stats.median(told), 0.002 * (max(told) - min(told) or 1.0)
    rows: list[Row] = []
    for run in runs(exhibit, exhibit.profile(profile)):
        end = exhibit.arm(run.arm).reported.get(metric, level)
        for step, factor in ((100, 0.02), (200, 0.01), (300, 0.0)):
            rows.append((run.arm, run.seed, metric, step, "", end * (1 + factor) + rng.gauss(0, noise)))
    return rows


def timing_rows(exhibit: Exhibit, profile: str) -> list[Row]:
    """Twenty repetitions an arm, some 3 % apart, at a third of the paper's times."""
    rng, metric = random.Random(0), exhibit.metrics[0].name
    return [
        (a.id, 0, metric, 0, str(i), a.reported.get(metric, 1.0) / 3 * rng.uniform(0.97, 1.06))
        for a in arms_of(exhibit, exhibit.profile(profile))
        for i in range(20)
    ]


_TRUE: dict[str, list[Row]] = {}


def true_rows(exhibit: Exhibit, profile: str) -> list[Row]:
    """The real rows: those of a committed record of the same runs, else made, once for all that ask for the same."""
    from repro.train.given import Given
    from repro.train.loop import Context

    made = runs(exhibit, exhibit.profile(profile))
    same = exhibit.id + digest(spec_of(made))
    for kept in recorded(exhibit, RESULTS) if same not in _TRUE else ():
        record = load(RESULTS, exhibit.id, kept)
        if exhibit.id + record.facts["spec_sha256"] == same:
            _TRUE[same] = list(record.rows)
    if same not in _TRUE:
        work = importlib.import_module(f"{exhibit.trained_by}.work").work
        _TRUE[same] = [(made[r].arm, made[r].seed, *row) for r, *row in work(Given(made), Context()).rows]
    return list(_TRUE[same])


def fake_record(
    exhibit: Exhibit, profile: str, rows: list[Row], data: dict[str, Any] | None = None
) -> Record:
    """A record that passes every check of `repro.record`, around invented rows."""
    spec = spec_of(runs(exhibit, exhibit.profile(profile)))
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "exhibit": exhibit.id,
        "profile": profile,
        "paper": {"arxiv": "1706.06197v5", "title": "A title", "pith": None, "trust": "curated"},
        "spec": spec,
        "spec_sha256": digest(spec),
        "custom": [],
        "data": data,
        "missing": [],
        "fingerprints": {},
        "notes": {},
        "csv": csv_facts(rows),
        "claims": registered(exhibit),
        "code": {"commit": "0" * 40, "dirty": False, "modules": {"repro.train.fcn": "0" * 64}},
        "environment": [
            {"device": "a CPU", "kind": "cpu", "threads": 1, "torch": "2.13.0", "python": "3.11.0"}
        ],
        "timing": {"wall_s": 12.3, "runs": {}, "peak_memory_mb": 100},
        "created": "2026-01-01T00:00:00Z",
    }
    facts["verdicts"] = verdicts(judge(exhibit, facts, rows))
    return Record(facts, tuple(rows))
