"""Records explain themselves, and refuse by name whatever was torn, tampered with or overtaken."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import pytest
from tiny_exhibit import EXHIBIT

from repro.errors import RecordError, StaleRecordError
from repro.record import audit
from repro.record.fresh import require_fresh, stale_because
from repro.record.record import Record, csv_rows, csv_text, finite
from repro.record.store import load, path_of, save
from repro.runner.run import Options, run_exhibit
from repro.spec import Override, Param


@pytest.fixture
def saved(record, places):
    return save(record, places / "results")


def again(places):
    return load(places / "results", "meprop/tiny", "quick")


def test_what_is_saved_is_loaded(record, saved, places):
    loaded = again(places)
    assert loaded.rows == record.rows and loaded.facts == record.facts
    assert loaded.sha256() == record.sha256()
    assert audit.problems(EXHIBIT, loaded) == []


def test_it_says_what_made_it(record):
    facts = record.facts
    assert facts["paper"]["arxiv"] == "1706.06197v5"
    assert facts["spec"]["params"]["steps"] == 60
    assert facts["spec"]["arms"]["arm-4"] == {
        "setting": {"factor": 4},
        "dataset": None,
        "seeds": [0, 1],
        "params": {},
    }
    assert facts["missing"] == [] and facts["custom"] == []
    assert {"tiny.work", "repro.train.loop", "repro.device"} <= set(facts["code"]["modules"])
    assert facts["fingerprints"]["arm-4/1"] == {"weights": "0.000000000000"}
    assert facts["claims"].keys() == {"faster"}


def test_the_digest_ignores_when_and_where_and_nothing_else(record):
    facts = record.facts
    later = {**facts, "created": "2000-01-01T00:00:00Z", "timing": {}, "environment": [], "code": {}}
    assert Record(later, record.rows).sha256() == record.sha256()
    for part in ("csv", "data", "spec", "claims", "verdicts", "fingerprints", "missing", "paper"):
        assert Record({**facts, part: "other"}, record.rows).sha256() != record.sha256()


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, -0.0, 98.15, 1 / 3, float("inf")])
def test_floats_read_back_exactly(value):
    row = ("arm", 0, "metric", 7, "a,b\"c'", value)
    assert csv_rows(csv_text([row]), "x.csv") == (row,)


def test_finite():
    row = ("arm", 0, "metric", 7, "", 1.0)
    assert finite([row]) and not finite([row, (*row[:5], math.nan)])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",height,", ",depth,", "quick.csv does not have the SHA-256"),
        ("arm-4,0,", "arm-4,1,", "quick.csv does not have the SHA-256"),
    ],
)
def test_a_changed_table_is_refused(saved, places, old, new, words):
    path = saved.with_suffix(".csv")
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(RecordError, match=words):
        again(places)


def test_a_torn_table_is_refused(saved, places):
    path = saved.with_suffix(".csv")
    path.write_text(path.read_text()[:-5])
    with pytest.raises(RecordError, match=r"meprop/tiny/quick.csv does not have the SHA-256"):
        again(places)
    with pytest.raises(RecordError, match="line 2"):
        csv_rows("arm,seed,metric,step,index,value\na,b,c\n", "x.csv")
    with pytest.raises(RecordError, match=r"x.csv: the first line is not arm,seed"):
        csv_rows("a,b\n", "x.csv")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.pop("csv"), "top level: 'csv' is a required property"),
        (lambda f: f.pop("environment"), "top level: 'environment' is a required property"),
        (lambda f: f.pop("timing"), "top level: 'timing' is a required property"),
        (lambda f: f.update(extra=1), "Additional properties"),
        (lambda f: f.update(schema=1), "schema: 2 was expected"),
        (
            lambda f: f["spec"]["arms"]["arm-4"].pop("seeds"),
            "spec/arms/arm-4: 'seeds' is a required property",
        ),
        (lambda f: f["claims"].update(faster="x"), "claims/faster: 'x' does not match"),
        (lambda f: f.update(profile="huge"), "profile: 'huge' is not one of"),
        (lambda f: f["code"].update(modules=None), "code/modules: None is not of type 'object'"),
        (lambda f: f.update(environment=[]), "environment: \\[\\] should be non-empty"),
        (lambda f: f["environment"][0].pop("device"), "environment/0: 'device' is a required property"),
        (lambda f: f["paper"].update(arxiv="1706.06197"), "paper/arxiv"),
        (lambda f: f["spec"]["params"].update(steps=9), "spec does not have the digest"),
        (lambda f: f["code"].update(earlier=[{}]), "code/earlier/0: 'commit' is a required property"),
        (lambda f: f["timing"].update(runs={"arm-4/0": "1 s"}), "timing/runs/arm-4/0: '1 s' is not of type"),
        (
            lambda f: f["environment"][0].update(runs=["arm-4/0"]),
            "environment: no machine made run 'arm-1/0': restore it from git or run again",
        ),
        (lambda f: f.update(exhibit="sg/table2"), "is one of sg/table2 at quick"),
    ],
)
def test_a_changed_json_is_refused(saved, places, change, words):
    facts = json.loads(saved.read_text())
    change(facts)
    saved.write_text(json.dumps(facts))
    with pytest.raises(RecordError, match=words):
        again(places)


def test_torn_and_missing_files_are_refused(saved, places):
    saved.write_text(saved.read_text()[:100])
    with pytest.raises(RecordError, match=r"quick.json of meprop/tiny is not JSON"):
        again(places)
    table = saved.with_suffix(".csv")
    text = table.read_text()
    table.unlink()
    saved.write_text("{}")
    with pytest.raises(
        RecordError, match=r"tiny/quick.csv is not there, its JSON is: restore it from git or run again"
    ):
        again(places)
    table.write_text(text)
    saved.unlink()
    with pytest.raises(RecordError, match="repro run meprop/tiny --profile quick"):
        again(places)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_powershell_writes_is_refused(saved, places, encoding):
    """Digests are of bytes; the message says how it goes."""
    saved.write_text(saved.read_text(), encoding=encoding)
    with pytest.raises(RecordError, match=r"is not JSON .*: restore it from git or run again"):
        again(places)


def test_line_ends_and_layout_are_free(saved, places, record):
    """As a clone with `core.autocrlf`, or an editor, leaves them."""
    saved.write_text(json.dumps(json.loads(saved.read_text()), indent=7), newline="\r\n")
    table = saved.with_suffix(".csv")
    table.write_text(table.read_text(), newline="\r\n")
    assert b"\r\n" in table.read_bytes() and again(places).sha256() == record.sha256()


def changed(**changes):
    return type(EXHIBIT)(**{**vars(EXHIBIT), **changes})


def with_profile(**changes):
    others = tuple(p for p in EXHIBIT.profiles if p.name != "quick")
    return changed(profiles=(*others, replace(EXHIBIT.profile("quick"), **changes)))


FASTER = replace(EXHIBIT.arms[0], setting={"factor": 5})


@pytest.mark.parametrize(
    ("exhibit", "why"),
    [
        (changed(params=(Param("steps", 61, "Table 0"), *EXHIBIT.params[1:])), "steps was 60, is 61"),
        (with_profile(overrides={"rate": Override(0.5, "why")}), "rate was 0.01, is 0.5"),
        (changed(params=(*EXHIBIT.params, Param("momentum", 0.9, "x"))), "momentum was absent, is 0.9"),
        (changed(arms=(FASTER, *EXHIBIT.arms[1:])), "run arm-4/0 changed: factor was 4, is 5"),
        (with_profile(seeds=(0, 1, 2)), "new: arm-4/2, arm-3/2, arm-2/2 and 1 more; gone: none"),
        (with_profile(arms=("arm-4", "arm-3", "arm-2")), "gone: arm-1/0, arm-1/1"),
        (with_profile(dataset="mnist"), "run arm-4/0 changed: dataset was None, is 'mnist'"),
        (with_profile(more_seeds={"arm-1": (2, 3)}), "new: arm-1/2, arm-1/3; gone: none"),
    ],
)
def test_a_stale_record_names_what_changed_and_the_remedy(record, exhibit, why):
    assert why in stale_because(exhibit, record)
    with pytest.raises(StaleRecordError, match="repro run meprop/tiny --profile quick"):
        require_fresh(exhibit, record)
    assert audit.problems(exhibit, record)[0].startswith("stale: ")


def test_wording_makes_no_record_stale(record):
    wording = changed(
        title="Another title",
        params=tuple(replace(p, doc="x") for p in EXHIBIT.params),
        arms=tuple(replace(a, label="x", series="y", reported={}) for a in EXHIBIT.arms),
    )
    require_fresh(wording, record)
    assert stale_because(wording, record) == ""


def test_custom_records_are_stale(places):
    custom = run_exhibit(EXHIBIT, "quick", Options(changes={"steps": 30}))
    assert "steps was 30, is 60" in stale_because(EXHIBIT, custom)


def test_results_are_the_same_bytes_whatever_the_order_of_keys(record, places):
    backwards = Record(dict(reversed(list(record.facts.items()))), record.rows)
    first = save(record, places / "a").read_bytes()
    assert save(backwards, places / "b").read_bytes() == first
    assert path_of(places / "a", "meprop/tiny", "quick").exists()


def test_a_record_is_read_without_parsers_of_foreign_addresses():
    """Building them would take a second in every command and notebook."""
    code = (
        "import sys; from repro.record.store import checker; checker().validate(1, {}); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "jsonschema" in done.stdout.split() and "rfc3987_syntax" not in done.stdout.split()
