"""A claim that changed after its record is marked wherever a verdict is shown; so is a record of an earlier plan."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
import tiny_exhibit
from checkout import git, run
from tiny.claims import faster

from repro.claim import Outcome
from repro.cli import main
from repro.exhibits import EXTRA
from repro.record import audit
from repro.record.store import load
from repro.show import claims, readme
from repro.spec import Override


def one_arm_less(view):
    """As the tiny exhibit's own test, but blind to its slowest arm."""
    ends = [view.mean(view.arm(factor=n), "height") for n in (4, 3, 2)]
    return Outcome(all(a > b + 0.02 for a, b in pairwise(ends)), str(round(ends[0], 3)))


FURTHER = replace(
    tiny_exhibit.EXHIBIT.profile("quick"), seeds=(0, 1, 2), overrides={"rate": Override(0.03, "x")}
)
CHANGES = {"tolerance": {"tolerance": "in any order"}, "reads one arm less": {"test": one_arm_less}}


@pytest.fixture
def committed(clone):
    """A checkout with a committed record of the tiny exhibit."""
    run()
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) == 0
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "a record")
    return clone


def shown(capsys, *command):
    capsys.readouterr()
    assert main(list(command)) == 0
    return capsys.readouterr().out


def rows_shown(exhibit, clone):
    record = load(clone / "results", "meprop/tiny", "quick")
    return claims.table(record.judgements(exhibit), claims.judged_late(exhibit, record))


@pytest.mark.parametrize("change", CHANGES)
def test_a_claim_that_changed_is_marked_everywhere(committed, capsys, monkeypatch, change):
    assert "†" not in shown(capsys, "check", "meprop/tiny", "--verbose")
    assert "†" not in readme.readme_block() and "†" not in rows_shown(tiny_exhibit.EXHIBIT, committed).caption
    (claim,) = tiny_exhibit.EXHIBIT.claims
    changed = replace(tiny_exhibit.EXHIBIT, claims=(replace(claim, **CHANGES[change]),))
    monkeypatch.setitem(EXTRA, "meprop/tiny", changed)
    assert main(["commit", "meprop/tiny", "--profile", "quick", "--from", "results"]) == 0
    assert "reproduced †" in shown(capsys, "check", "meprop/tiny", "--verbose")
    assert "(1 †)" in shown(capsys, "check", "meprop/tiny")
    (facts,) = json.loads(shown(capsys, "check", "meprop/tiny", "--json"))
    assert facts["judged_late"] == ["faster"] and "†" in facts["summary"]
    assert "(1 †)" in readme.readme_block()
    table = rows_shown(changed, committed)  # what the notebook shows
    assert table.rows[0][4] == "reproduced †" and "judged after the fact" in table.caption


def test_the_same_claim_is_not(committed, capsys, monkeypatch):
    (claim,) = tiny_exhibit.EXHIBIT.claims
    assert claim.test is faster
    reworded = replace(claim, null=("equal",), elsewhere="elsewhere")
    monkeypatch.setitem(EXTRA, "meprop/tiny", replace(tiny_exhibit.EXHIBIT, claims=(reworded,)))
    assert "†" not in shown(capsys, "check", "meprop/tiny", "--verbose")


def test_a_record_of_an_earlier_plan_is_kept_and_says_so(committed, capsys, monkeypatch):
    monkeypatch.setitem(EXTRA, "meprop/tiny", tiny_exhibit.SLOWER)
    assert main(["check", "meprop/tiny"]) == 1 and "stale: run arm-4/0 changed" in capsys.readouterr().out
    with pytest.raises(Exception, match="stale"):
        readme.readme_block()
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) == 1, (
        "only what is committed already is kept"
    )
    assert main(["commit", "meprop/tiny", "--profile", "quick", "--from", "results"]) == 0
    why = "of an earlier plan (run arm-4/0 changed: rate was 0.01, is 0.02)"
    assert why in shown(capsys, "check", "meprop/tiny")
    (facts,) = json.loads(shown(capsys, "check", "meprop/tiny", "--json"))
    assert facts["superseded"].startswith("run arm-4/0 changed")
    assert ", of an earlier plan" in readme.readme_block()
    assert "of an earlier plan: run arm-4/0" in shown(capsys, "status")
    assert "rate 0.01 (the paper's: 0.02)" in shown(capsys, "check", "meprop/tiny", "--verbose")
    record = load(committed / "results", "meprop/tiny", "quick")
    assert audit.problems(tiny_exhibit.SLOWER, record) == []
    longer = replace(tiny_exhibit.SLOWER, profiles=(FURTHER,))
    assert audit.problems(longer, record)[0].startswith("stale: "), "a further change is not covered"
    monkeypatch.setitem(EXTRA, "meprop/tiny", tiny_exhibit.EXHIBIT)
    assert main(["commit", "meprop/tiny", "--profile", "quick", "--from", "results"]) == 0
    assert "superseded" not in load(committed / "results", "meprop/tiny", "quick").facts, "its own plan again"


def test_run_and_commit_mark_it_too(committed, capsys, monkeypatch):
    """Where one looks first: the runs are from the cache, their claim has changed since."""
    (claim,) = tiny_exhibit.EXHIBIT.claims
    assert "†" not in shown(capsys, "run", "meprop/tiny")
    changed = replace(tiny_exhibit.EXHIBIT, claims=(replace(claim, tolerance="in any order"),))
    monkeypatch.setitem(EXTRA, "meprop/tiny", changed)
    told = shown(capsys, "run", "meprop/tiny")
    assert "1 of 1 reproduced (1 †)" in told and "reproduced †" in told and claims.AFTER in told
    (facts,) = json.loads(shown(capsys, "run", "meprop/tiny", "--json"))
    assert facts["judged_late"] == ["faster"]
    assert "(1 †)" in shown(capsys, "commit", "meprop/tiny", "--profile", "quick")
