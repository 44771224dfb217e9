"""An exhibit whose arms bring data sets of their own: all of them are settled, recorded, checked and shown."""

import json
from dataclasses import replace

import pytest
from matplotlib.figure import Figure
from running import trained
from tiny_exhibit import TWO_SETS as EXHIBIT

from repro.errors import DataError, RunError
from repro.notebook import tables
from repro.record import audit
from repro.record.judge import judge
from repro.record.record import Record, data_facts, data_sets
from repro.record.store import load, save
from repro.runner import cache, keys, schedule
from repro.runner.carry import attempt
from repro.runner.run import Options, run_exhibit
from repro.show import style


@pytest.fixture
def record(places):
    return run_exhibit(EXHIBIT, "quick", Options())


def test_each_data_set_is_recorded_once(record, places):
    digits, mnist = data_sets(record.facts)
    assert (digits["asked"], digits["name"], digits["stand_in"]) == ("digits", "digits", False)
    assert (mnist["asked"], mnist["name"], mnist["stand_in"]) == ("mnist", "digits", True)
    data = record.facts["data"]
    assert data["asked"] == "digits + mnist" and data["stand_in"]
    assert data["note"] == f"{digits['note']}; {mnist['note']}"
    save(record, places / "results")
    assert load(places / "results", "meprop/two-sets", "quick").facts == record.facts
    assert audit.problems(EXHIBIT, record) == []


def test_one_data_set_is_said_as_it_is():
    one = {"asked": "mnist", "name": "mnist", "note": "MNIST", "stand_in": False, "files": {}}
    assert data_facts([one]) == one and data_sets({"data": one}) == [one]
    assert data_facts([]) is None and data_sets({"data": None}) == data_sets({}) == []


def test_any_stand_in_leaves_every_claim_open(record):
    assert {v["verdict"] for v in record.facts["verdicts"].values()} == {"open"}
    real = data_facts([{**s, "stand_in": False} for s in data_sets(record.facts)])
    (judgement,) = judge(EXHIBIT, {**record.facts, "data": real}, record.rows)
    assert judgement.verdict == "reproduced"


def test_a_second_set_that_is_missing_is_an_error_before_any_work(places):
    with pytest.raises(DataError, match="mnist"):
        run_exhibit(EXHIBIT, "cpu")
    assert not (places / "steps.log").exists()


def test_two_answers_for_one_name_make_no_record(places, monkeypatch):
    def odd(job, progress=None):
        outcome = attempt(job, progress)
        for name, result in outcome["results"].items():
            result["data"]["name"] = "mnist" if name == "arm-1/0" else result["data"]["name"]
        return outcome

    monkeypatch.setattr(schedule, "attempt", odd)
    with pytest.raises(RunError, match=r"asked for mnist used different data \(digits and mnist\)"):
        run_exhibit(EXHIBIT, "smoke")


def test_a_note_in_other_words_is_no_other_data(places, record):
    """It is no part of the key: results of before stay, and a record has today's words."""
    for path in places.glob("runs/??/*/*.json"):
        result = cache.whole(path.read_bytes())
        if result["run"]["setting"] == EXHIBIT.arms[-1].setting:
            cache.keep(places / "runs", {**result, "data": {**result["data"], "note": "in older words"}})
    again = run_exhibit(EXHIBIT, "quick")
    assert again.facts["data"] == record.facts["data"] and again.sha256() == record.sha256()


def test_other_files_under_one_name_make_no_record(places, record):
    path = next(p for p in places.glob("runs/??/*/*.json"))
    result = cache.whole(path.read_bytes())
    cache.keep(places / "runs", {**result, "data": {**result["data"], "files": {"x": "0"}}})
    with pytest.raises(RunError, match=r"\((digits) and \1, with other checksums\)"):
        run_exhibit(EXHIBIT, "quick")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["sets"].pop(), "made for digits, the spec asks for digits, mnist"),
        (lambda d: d["sets"][1].update(stand_in=False), "digits in place of mnist, but stand_in is False"),
        (lambda d: d["sets"][1].update(files={}), "checksums of digits are not the published ones"),
        (lambda d: d["sets"][1].update(name="cifar"), "unknown data set 'cifar'"),
        (lambda d: d.update(stand_in=False), "not what is said of each"),
        (lambda d: d.update(note="MNIST"), "not what is said of each"),
    ],
)
def test_each_data_set_is_checked(record, change, words):
    facts = json.loads(json.dumps(record.facts))
    change(facts["data"])
    assert words in " ".join(audit.problems(EXHIBIT, Record(facts, record.rows)))


def test_a_stand_in_for_one_of_them_is_not_committed_where_none_is_allowed(record):
    clean = {**record.facts, "code": {**record.facts["code"], "dirty": False}}
    audit.refuse_for_results(EXHIBIT, Record(clean, record.rows))
    with pytest.raises(audit.RecordError, match="not MNIST: fetch mnist"):
        audit.refuse_for_results(EXHIBIT, Record({**clean, "profile": "cpu"}, record.rows))


def test_data_that_change_their_name_between_groups_are_no_mixture(record, places, monkeypatch):
    """The stand-in was used, then the published set came: what was trained on the other is not taken for it."""
    (places / "steps.log").unlink()
    real = keys.data_info

    def published(name, *more):
        found = real("digits", *more)
        return found if name == "digits" else replace(found, name="mnist", asked="mnist", note="MNIST")

    monkeypatch.setattr(keys, "data_info", published)
    again = run_exhibit(EXHIBIT, "quick")
    assert trained(places) == {f"{a}/{s}" for a in ("arm-2", "arm-1") for s in (0, 1)}
    assert not again.facts["data"]["stand_in"]


def test_the_figure_names_them_all_and_the_stand_in(record):
    both = record.facts["data"]["note"]
    assert "; stand-in: " in both
    figure = Figure()
    style.title(figure, EXHIBIT, record)
    assert both in figure.get_suptitle()
    assert ("data", both) in tables.provenance(record).rows
