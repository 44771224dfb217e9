"""What a citation says of a record that grew: which commit made how many of the runs that it has."""

import pytest

from repro.exhibits import get
from repro.paths import results_dir
from repro.record.record import done_names
from repro.record.store import load
from repro.show.citing import citation


@pytest.mark.parametrize("style", ["text", "bibtex"])
def test_runs_by_other_commits_are_counted_and_those_by_the_cited_one_are_not(style):
    exhibit, record = get("dni/rnn-control"), load(results_dir(), "dni/rnn-control", "cpu")
    code = record.facts["code"]
    by = {commit: sum(len(e["runs"]) for e in code["earlier"] if e["commit"] == commit) for commit in
          {e["commit"] for e in code["earlier"]}}  # fmt: skip
    assert code["commit"] in by, "else this shows nothing"
    others = sum(n for commit, n in by.items() if commit != code["commit"])
    told = citation(exhibit, record, style)
    assert f"{others} of its {len(done_names(record.facts))} runs by earlier commits" in told
    assert f"code at commit {code['commit']}" in told


def test_runs_that_are_missing_are_not_counted():
    record = load(results_dir(), "dni/table2", "paper")
    assert record.facts["missing"], "else this shows nothing"
    assert "18 of its 22 runs" in citation(get("dni/table2"), record, "text")


def test_of_a_record_by_one_commit_nothing_is_said():
    record = load(results_dir(), "sg/fig6", "cpu")
    assert "earlier commits" not in citation(get("sg/fig6"), record, "text")
