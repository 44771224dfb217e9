"""Records with invented numbers near the paper's: for tests of figures, tables and notebooks."""

from __future__ import annotations

import hashlib
import random
from typing import Any

from repro.claims import Row, judge
from repro.piece import arms_of, digest, pieces, spec_of
from repro.record import Record, csv_text, verdicts
from repro.spec import Exhibit

DATA = {"asked": "mnist", "name": "mnist", "note": "MNIST (invented)", "stand_in": False, "files": {}}
STAND_IN = {**DATA, "name": "digits", "note": "stand-in: scikit-learn digits, not MNIST", "stand_in": True}


def training_rows(
    exhibit: Exhibit, profile: str, metric: str, noise: float = 0.05, level: float = 2.0
) -> list[Row]:
    """Three evaluations a run that settle near the paper's number (near `level` where it gives none)."""
    rng = random.Random(0)
    rows: list[Row] = []
    chosen = exhibit.profile(profile)
    for arm in arms_of(exhibit, chosen):
        end = arm.reported.get(metric, level)
        for seed in chosen.seeds:
            for step, factor in ((100, 0.02), (200, 0.01), (300, 0.0)):
                value = end * (1 + factor) + rng.gauss(0, noise)
                rows.append((arm.id, seed, metric, step, "", value))
    return rows


def timing_rows(exhibit: Exhibit) -> list[Row]:
    """Twenty repetitions an arm, some 3 % apart, at a third of the paper's times."""
    rng = random.Random(0)
    metric = "backward_ms"
    return [
        (a.id, 0, metric, 0, str(i), a.reported[metric] / 3 * rng.uniform(0.97, 1.06))
        for a in exhibit.arms
        for i in range(20)
    ]


def analytic_rows(exhibit: Exhibit, profile: str) -> list[Row]:
    """The true rows: they cost nothing."""
    from repro.train.critical_point import run
    from repro.train.loop import Context

    return [r for p in pieces(exhibit, exhibit.profile(profile)) for r in run(p, Context()).rows]


def rows_of(exhibit: Exhibit, profile: str) -> list[Row]:
    """Rows of the kind that the exhibit has."""
    if exhibit.kind == "analytic":
        return analytic_rows(exhibit, profile)
    if exhibit.kind == "timing":
        return timing_rows(exhibit)
    metric = exhibit.metrics[0].name
    noise, level = {"gap": (1e-4, 0.0), "test_accuracy": (0.05, 96.0)}.get(metric, (0.05, 2.0))
    return training_rows(exhibit, profile, metric, noise, level)


def fake_record(
    exhibit: Exhibit, profile: str, rows: list[Row], data: dict[str, Any] | None = None
) -> Record:
    """A record that passes every check of `repro.record`, around invented rows."""
    made = pieces(exhibit, exhibit.profile(profile))
    spec = spec_of(made)
    text = csv_text(rows)
    facts: dict[str, Any] = {
        "schema": 1,
        "exhibit": exhibit.id,
        "profile": profile,
        "paper": {"arxiv": "1706.06197v5", "title": "A title", "pith": None, "trust": "curated"},
        "spec": spec,
        "spec_sha256": digest(spec),
        "custom": [],
        "data": data,
        "seeds": sorted({s for p in made for s in p.seeds}),
        "missing": [],
        "fingerprints": {},
        "notes": {},
        "csv": {"sha256": hashlib.sha256(text.encode()).hexdigest(), "rows": len(rows), "finite": True},
        "code": {"commit": "0" * 40, "dirty": False, "modules": {"repro.train.fcn": "0" * 64}},
        "environment": [
            {"device": "a CPU", "kind": "cpu", "threads": 1, "torch": "2.13.0", "python": "3.11.0"}
        ],
        "timing": {"wall_s": 12.3, "pieces": {p.name: 1.0 for p in made}, "peak_memory_mb": 100},
        "created": "2026-01-01T00:00:00Z",
    }
    facts["verdicts"] = verdicts(judge(exhibit, facts, rows))
    return Record(facts, tuple(rows))
