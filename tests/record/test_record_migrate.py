"""Records of schema 1 are carried over where they hold the same runs, and refused by name where they do not."""

import hashlib
import json

import pytest
from tiny_exhibit import EXHIBIT

import repro.exhibits
from repro.errors import RecordError, StaleRecordError
from repro.record.audit import problems
from repro.record.fresh import stale_because
from repro.record.record import csv_text
from repro.record.run import digest
from repro.record.store import load
from repro.runner import migrate

PIECE = {
    "exhibit": "meprop/tiny",
    "profile": "quick",
    "work": "tiny_work:run",
    "seeds": [0, 1],
    "params": {"steps": 60, "rate": 0.01, "pause": 0.0, "fail": "", "how": "raise"},
    "dataset": None,
    "stand_in": None,
}


@pytest.fixture
def old(record):
    """The facts of a record as schema 1 said them: a piece an arm, with both seeds."""
    pieces = [
        {**PIECE, "name": f"{a.id}/0-1", "arms": [{"id": a.id, "settings": dict(a.setting)}]}
        for a in EXHIBIT.arms
    ]
    facts = {k: v for k, v in record.facts.items() if k not in ("claims", "spec", "spec_sha256")}
    spec = {"pieces": pieces}
    timing = {"wall_s": 12.0, "pieces": {p["name"]: 3.0 for p in pieces}, "peak_memory_mb": 100}
    new = {"schema": 1, "seeds": [0, 1], "spec": spec, "spec_sha256": digest(spec), "timing": timing}
    return json.loads(json.dumps({**facts, **new}))


def test_what_holds_the_same_runs_is_carried_over(record, old):
    made = migrate.carry_over(EXHIBIT, old, record.rows)
    assert made.facts["schema"] == 2 and made.facts["spec"] == record.facts["spec"]
    assert stale_because(EXHIBIT, made) == "" and problems(EXHIBIT, made) == []
    assert made.facts["carried"] == {"schema": 1, "spec_sha256": old["spec_sha256"]}
    assert (
        made.facts["verdicts"] == record.facts["verdicts"] and made.facts["claims"] == record.facts["claims"]
    )
    assert made.facts["timing"] == {"wall_s": 12.0, "peak_memory_mb": 100}
    assert made.rows == record.rows and made.facts["csv"] == record.facts["csv"]


def test_what_an_arm_no_longer_has_is_no_part_of_it(record, old):
    for piece in old["spec"]["pieces"]:
        piece["params"]["unused"] = 5
    assert migrate.carry_over(EXHIBIT, old, record.rows).facts["spec"] == record.facts["spec"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p[2]["params"].update(rate=0.02), "run arm-2/0: rate was 0.02, is 0.01"),
        (lambda p: p[2]["params"].pop("rate"), "run arm-2/0: rate was None, is 0.01"),
        (lambda p: p[1]["arms"][0]["settings"].update(factor=9), "run arm-3/0: factor was 9, is 3"),
        (lambda p: p[0].update(dataset="mnist"), "run arm-4/0: dataset was 'mnist', is None"),
        (lambda p: p[3].update(seeds=[0]), "run arm-1/1 is not in the record"),
        (lambda p: p[3].update(seeds=[0, 1, 2]), "arm-1/2 is in the record alone"),
    ],
)
def test_what_differs_is_refused_by_name(record, old, change, words):
    change(old["spec"]["pieces"])
    with pytest.raises(StaleRecordError, match=words):
        migrate.carry_over(EXHIBIT, old, record.rows)


def test_what_lacks_runs_is_refused(record, old):
    old["missing"] = [{"piece": "arm-4/0-1", "why": "its worker died"}]
    with pytest.raises(StaleRecordError, match="arm-4/0-1 is missing in the record"):
        migrate.carry_over(EXHIBIT, old, record.rows)


def test_all_that_lie_in_results_are_carried_over(record, old, places, monkeypatch, capsys):
    monkeypatch.setitem(repro.exhibits.EXTRA, "meprop/tiny", "tiny")
    path = places / "results/meprop/tiny/quick.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(old))
    text = csv_text(record.rows)
    assert hashlib.sha256(text.encode()).hexdigest() == old["csv"]["sha256"]
    path.with_suffix(".csv").write_text(text)
    with pytest.raises(
        RecordError, match=r"has schema 1: carry it over with `python -m repro.runner.migrate`"
    ):
        load(places / "results", "meprop/tiny", "quick")
    migrate.main()
    assert capsys.readouterr().out == "meprop/tiny quick: carried over\n"
    assert load(places / "results", "meprop/tiny", "quick").rows == record.rows
    migrate.main()
    assert capsys.readouterr().out == "", "once is enough"


def test_a_verdict_that_differs_is_said(record, old, places, monkeypatch, capsys):
    monkeypatch.setitem(repro.exhibits.EXTRA, "meprop/tiny", "tiny")
    old["verdicts"]["faster"]["verdict"] = "open"
    path = places / "results/meprop/tiny/quick.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(old))
    path.with_suffix(".csv").write_text(csv_text(record.rows))
    migrate.main()
    assert "VERDICTS DIFFER" in capsys.readouterr().out
