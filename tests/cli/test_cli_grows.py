"""A record that grows from call to call, and time that runs out."""

import json
from dataclasses import replace

import pytest
from checkout import commit, git, run
from tiny_exhibit import EXHIBIT

from repro.cli import main
from repro.exhibits import EXTRA
from repro.record.store import load


def test_a_record_grows_from_call_to_call(clone, capsys):
    """Asked for some runs: they are there, so nothing failed; what is not there is said, and judged later."""
    run("--profile", "paper", "--arms", "arm-4,arm-3", "--seeds", "0-1")
    out = capsys.readouterr().out
    assert "missing: 8 runs (arm-4/2, arm-3/2, arm-2/0, …): not run yet\n" in out
    assert "? open" in out and "arm arm-4 with seed 2, not run yet" in out
    run("--profile", "paper", "--json")
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["missing"] == [] and "(8 groups of runs to train)" in err
    record = load(clone / "output", "meprop/tiny", "paper")
    assert record.facts["missing"] == [] and record.facts["verdicts"]["faster"]["verdict"] == "reproduced"
    run("--profile", "paper")
    assert "already trained: from the cache" in capsys.readouterr().err


@pytest.mark.parametrize(("profile", "code"), [("paper", 0), ("cpu", 0), ("quick", 1)])
def test_an_unfinished_record_is_committed_where_records_grow(clone, capsys, profile, code):
    run("--profile", profile, "--arms", "arm-4")
    assert main(["commit", "meprop/tiny", "--profile", profile]) == code
    assert (clone / f"results/meprop/tiny/{profile}.json").exists() == (code == 0)
    assert code == 0 or "lacks 6 runs (arm-3/0, arm-3/1, arm-2/0): run it again" in capsys.readouterr().err
    if code == 0:
        assert main(["check", "meprop/tiny"]) == 0


def test_who_has_only_the_committed_record_adds_to_it(clone, capsys, monkeypatch):
    """As if all had been trained at once, but for whose machine and code it was: that is told run by run."""
    first = commit(clone, "arm-4,arm-3", monkeypatch)
    second = commit(clone, "arm-3,arm-2", monkeypatch)
    assert "3 runs of the committed record are taken along" in capsys.readouterr().out
    last = commit(clone, "arm-1", monkeypatch)
    assert "9 runs of the committed record are taken along" in capsys.readouterr().out
    assert last.facts["missing"] == [] and main(["check", "meprop/tiny"]) == 0
    whole = commit(clone, "arm-4,arm-3,arm-2,arm-1", monkeypatch, note=False)
    assert whole.sha256() == last.sha256() and whole.rows == last.rows
    assert "taken along" not in capsys.readouterr().out and "earlier" not in whole.facts["code"]
    names = {a: [f"arm-{a}/{s}" for s in range(3)] for a in (4, 3, 2)}
    told = [
        {**{k: r.facts["code"][k] for k in ("commit", "modules")}, "created": r.facts["created"]}
        for r in (first, second)
    ]
    assert last.facts["code"]["earlier"] == [
        {**told[0], "runs": names[4]},
        {**told[1], "runs": names[2] + names[3]},
    ]
    times = last.facts["timing"]
    assert times["runs"].keys() == whole.facts["timing"]["runs"].keys() and len(times["runs"]) == 12
    assert times["runs"]["arm-4/0"] == first.facts["timing"]["runs"]["arm-4/0"]
    assert times["wall_s"] == pytest.approx(sum(times["runs"].values()), abs=0.3)


def test_status_tells_where_the_code_of_runs_taken_along_has_changed(clone, capsys, monkeypatch):
    """Also when today's code is that of the runs that were added."""
    commit(clone, "arm-4,arm-3", monkeypatch)
    path = clone / "results/meprop/tiny/cpu.json"
    facts = json.loads(path.read_text())
    facts["code"]["modules"]["tiny.work"] = "0" * 64
    path.write_text(json.dumps(facts))
    git(clone, "commit", "--quiet", "-am", "by older code")
    commit(clone, "arm-2,arm-1", monkeypatch)
    capsys.readouterr()
    assert main(["status"]) == 0
    assert "code changed since: tiny.work" in capsys.readouterr().out


def test_a_committed_record_is_narrowed_to_what_its_exhibit_keeps(clone, capsys, monkeypatch):
    """What is left has the same digits; the JSON's sum of the CSV is made anew, and nothing else."""
    run("--profile", "quick")
    commit = ["commit", "meprop/tiny", "--profile", "quick"]
    assert main(commit) == 0
    path = clone / "results/meprop/tiny/quick.csv"
    before, text = load(clone / "results", "meprop/tiny", "quick"), path.read_text()
    ends = replace(EXHIBIT, metrics=tuple(replace(m, at_end=True) for m in EXHIBIT.metrics))
    monkeypatch.setitem(EXTRA, EXHIBIT.id, ends)
    assert main(["check", "meprop/tiny"]) == 1
    assert "8 rows that its exhibit does not keep, such as height" in capsys.readouterr().out
    assert main([*commit, "--from", "results"]) == 2, "nobody else has these rows"
    assert "git add and git commit it first" in capsys.readouterr().err and path.read_text() == text
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "results")
    assert main([*commit, "--from", "results"]) == 0
    assert "left out: 8 of height" in capsys.readouterr().out and main(["check", "meprop/tiny"]) == 0
    after = load(clone / "results", "meprop/tiny", "quick")
    assert after.rows == tuple(r for r in before.rows if r[3] == 60) and len(after.rows) == 8
    assert set(path.read_text().splitlines()) < set(text.splitlines())
    assert {k for k in before.facts if before.facts[k] != after.facts[k]} == {"csv"}


def test_a_budget_ends_with_code_1_and_the_same_command_goes_on(clone, capsys):
    slow = ("--profile", "smoke", "--set", "steps=400", "--set", "pause=0.002")
    run(*slow, "--arms", "arm-4")
    run(*slow, "--budget", "0.3s", code=1)
    out, err = capsys.readouterr()
    assert "the time is up" in out and "not complete: meprop/tiny" in err and "Traceback" not in err
    (path,) = (clone / "output/meprop/tiny").glob("smoke-custom-*.json")
    assert load(clone / "output", "meprop/tiny", path.stem).facts["missing"]
    run(*slow)
    assert load(clone / "output", "meprop/tiny", path.stem).facts["missing"] == []


def test_a_budget_in_which_nothing_is_finished_is_said(clone, capsys):
    run("--profile", "smoke", "--set", "pause=0.05", "--budget", "0.2s", code=1)
    assert (
        "nothing of meprop/tiny at smoke is finished: meprop/tiny arm-4/0: the time is up"
        in capsys.readouterr().err
    )
