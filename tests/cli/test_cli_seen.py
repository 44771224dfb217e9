"""Runs that a committed record has had have been seen: to train them again makes no claim of later a planned one."""

from dataclasses import replace

import pytest
from checkout import git
from tiny_exhibit import EXHIBIT

from repro.claim import Outcome
from repro.cli import main
from repro.exhibits import EXTRA
from repro.record.store import load
from repro.runner.registered import registered
from repro.show.claims import in_short

LATER = replace(
    EXHIBIT, claims=tuple(replace(c, tolerance=f"{c.tolerance}, or nearly") for c in EXHIBIT.claims)
)
OTHER_SEEDS = replace(LATER, profiles=tuple(replace(p, seeds=(7, 8, 9)) for p in LATER.profiles))


@pytest.fixture
def committed(clone, monkeypatch):
    """`committed(profile, exhibit)`: its record, trained by who has no runs but those in records."""

    def make(profile, exhibit, *more):
        monkeypatch.setitem(EXTRA, EXHIBIT.id, exhibit)
        monkeypatch.setenv("REPRO_RUNS", str(clone.parent / f"runs {len(list(clone.parent.iterdir()))}"))
        assert main(["run", EXHIBIT.id, "--profile", profile, *more]) == 0
        assert main(["commit", EXHIBIT.id, "--profile", profile]) == 0
        git(clone, "add", ".")
        git(clone, "commit", "--quiet", "--allow-empty", "-m", "record")
        return load(clone / "results", EXHIBIT.id, profile)

    return make


def marked(exhibit, record):
    assert record.facts["claims"].keys() == registered(exhibit).keys()
    return "†" in in_short(exhibit, record)


@pytest.mark.parametrize("profile", ["quick", "cpu"])
def test_trained_again_they_keep_the_mark(committed, profile):
    first = committed(profile, EXHIBIT)
    assert not marked(EXHIBIT, first) and marked(LATER, first)
    again = committed(profile, LATER)
    assert again.rows == first.rows and marked(LATER, again)
    assert again.facts["claims"] == first.facts["claims"]


def test_trained_for_another_profile_too(committed):
    committed("cpu", EXHIBIT)
    assert marked(LATER, committed("paper", LATER)), "of the same size here"


def test_what_nobody_had_seen_gets_none(committed):
    committed("cpu", EXHIBIT)
    assert not marked(OTHER_SEEDS, committed("cpu", OTHER_SEEDS))
    assert not marked(LATER, committed("smoke", LATER)), "of another size"


def test_a_committed_record_that_is_judged_again_too(committed, clone, monkeypatch):
    """As if it had been committed before anybody asked."""
    committed("cpu", EXHIBIT)
    with monkeypatch.context() as before:
        before.setattr("repro.runner.grow.as_seen", lambda exhibit, record: record)
        assert not marked(LATER, committed("paper", LATER))
    assert main(["commit", EXHIBIT.id, "--profile", "paper", "--from", "results"]) == 0
    assert marked(LATER, load(clone / "results", EXHIBIT.id, "paper"))


def test_a_record_whose_rows_are_damaged_hides_no_other(committed, clone):
    committed("quick", EXHIBIT)
    with (clone / "results" / EXHIBIT.id / "quick.csv").open("a") as file:
        file.write("damaged\n")
    git(clone, "commit", "--quiet", "-am", "damage")
    assert marked(LATER, committed("cpu", LATER)), "two of the three seeds are the same runs"


def test_a_claim_planned_before_all_that_it_reads_gets_no_mark_while_the_record_grows(committed):
    def slow(view):
        return Outcome(view.mean("arm-2", "height") > view.mean("arm-1", "height"), "x")

    two = replace(EXHIBIT, claims=(*EXHIBIT.claims, replace(EXHIBIT.claims[0], id="slow", test=slow)))
    committed("cpu", EXHIBIT, "--arms", "arm-4")
    committed("cpu", two, "--arms", "arm-2")
    record = committed("cpu", two, "--arms", "arm-1")
    assert record.facts["claims"]["slow"] == registered(two)["slow"]


def test_a_claim_that_changed_back_is_what_it_was(committed):
    committed("cpu", EXHIBIT)
    committed("cpu", LATER)
    assert not marked(EXHIBIT, committed("cpu", EXHIBIT))
