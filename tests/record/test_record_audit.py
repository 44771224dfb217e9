"""What `repro check` and `repro commit` find out about a record, and what must not be committed."""

import hashlib
import json
import math
import re
from dataclasses import replace

import pytest
from tiny_exhibit import EXHIBIT

from repro.errors import RecordError
from repro.record import audit
from repro.record.record import Record, csv_text
from repro.record.store import load, save
from repro.spec import Metric


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f["verdicts"]["faster"].update(verdict="not reproduced"), "verdict on faster: stored not"),
        (
            lambda f: f["verdicts"]["faster"].update(ours="99"),
            r"stored reproduced \(99\), computed reproduced",
        ),
        (lambda f: f["verdicts"].update(invented={"verdict": "reproduced", "ours": "1"}), "on invented"),
        (lambda f: f["verdicts"].clear(), "stored nothing, computed reproduced"),
        (lambda f: f["csv"].update(rows=3), "csv: 16 rows, the JSON says 3"),
        (lambda f: f["paper"].update(arxiv="1706.06197v4"), "arxiv is '1706.06197v4'"),
        (lambda f: f["missing"].append({"run": "arm-4/0", "why": ""}), "rows of unknown 1 runs"),
        (
            lambda f: f.update(data={"asked": "mnist", "name": "mnist", "stand_in": False, "files": {}}),
            "data",
        ),
    ],
)
def test_tampering_that_fits_the_schema_is_found(record, change, words):
    facts = json.loads(json.dumps(record.facts))
    change(facts)
    found = audit.problems(EXHIBIT, Record(facts, record.rows))
    assert re.search(words, " ".join(found)), found


def test_rows_that_are_lacking_are_found(record):
    rows = tuple(r for r in record.rows if r[:2] != ("arm-2", 1))
    found = audit.problems(EXHIBIT, Record(record.facts, rows))
    assert any("no rows of 1 runs, such as arm-2/1" in f for f in found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"custom": ["steps"]}, "changed steps: run it without --set"),
        ({"missing": [{"run": "arm-4/0", "why": "x"}]}, r"lacks 1 runs \(arm-4/0\)"),
        ({"code": {"commit": "abc", "dirty": True}}, "uncommitted changes: commit them and run it again "),
        ({"code": {"commit": "unknown", "dirty": True}}, "nothing tells the commit: run it again in a clone"),
        (
            {"profile": "cpu", "data": {"stand_in": True, "note": "stand-in: x", "asked": "mnist"}},
            "fetch mnist",
        ),
    ],
)
def test_what_must_not_be_committed(record, changes, words):
    clean = {**record.facts, "code": {**record.facts["code"], "dirty": False}}
    audit.refuse_for_results(EXHIBIT, Record(clean, record.rows))
    with pytest.raises(RecordError, match=words):
        audit.refuse_for_results(EXHIBIT, Record({**clean, **changes}, record.rows))


def test_values_that_are_not_finite_must_not_be_committed(record):
    clean = {**record.facts, "code": {**record.facts["code"], "dirty": False}}
    rows = ((*record.rows[0][:5], math.nan), *record.rows[1:])
    with pytest.raises(RecordError, match="not finite, such as height of arm arm-4"):
        audit.refuse_for_results(EXHIBIT, Record(clean, rows))


def test_values_of_a_metric_that_may_diverge_are_committed(record, places):
    clean = {**record.facts, "code": {**record.facts["code"], "dirty": False}}
    diverging = replace(
        EXHIBIT, metrics=(*EXHIBIT.metrics, Metric("loss", "nats", "may diverge", may_diverge=True))
    )
    rows = (*record.rows, ("arm-4", 0, "loss", 60, "", math.inf))
    with pytest.raises(RecordError, match="loss of arm arm-4"):
        audit.refuse_for_results(
            replace(EXHIBIT, metrics=(*EXHIBIT.metrics, Metric("loss", "nats", ""))), Record(clean, rows)
        )
    facts = {
        **clean,
        "csv": {
            "sha256": hashlib.sha256(csv_text(rows).encode()).hexdigest(),
            "rows": len(rows),
            "finite": False,
        },
    }
    save(Record(facts, rows), places / "results")
    loaded = load(places / "results", "meprop/tiny", "quick")
    audit.refuse_for_results(diverging, loaded)
    assert audit.problems(diverging, loaded) == [] and loaded.rows == rows


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f, r: (f, [*r, r[0]]), "rows are there twice"),
        (
            lambda f, r: (f, [*r, (*r[0][:2], "speed", *r[0][3:])]),
            "1 rows that its exhibit does not keep, such as speed: repro commit",
        ),
        (
            lambda f, r: ({**f, "missing": [{"run": "arm-9/0", "why": ""}]}, r),
            "arm-9/0 is no run of the spec",
        ),
        (lambda f, r: ({**f, "csv": {**f["csv"], "finite": False}}, r), "not finite is wrong"),
    ],
)
def test_a_forgery_that_costs_nothing_to_see_is_seen(record, change, words):
    facts, rows = change(dict(record.facts), list(record.rows))
    assert any(words in p for p in audit.problems(EXHIBIT, Record(facts, tuple(rows))))
