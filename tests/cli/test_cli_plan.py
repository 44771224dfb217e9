"""What to train first when time is short."""

import json
from dataclasses import replace

import pytest
from checkout import run
from running import kept
from tiny_exhibit import EXHIBIT

from repro.claim import Claim, Outcome
from repro.cli import main
from repro.exhibits import EXTRA
from repro.record.reads import arms_read
from repro.record.record import Record, run_names
from repro.record.run import runs
from repro.record.store import save
from repro.runner.estimate import known, seconds
from repro.runner.groups import Group
from repro.runner.run import Options, run_exhibit
from repro.runner.worth import order


def claim(name, *arms, finding=False):
    def test(view):
        return Outcome(all(view.mean(a, "height") > 0 for a in arms), "")

    return Claim(name, "It is.", "Table 0", "1", "any", test, finding=finding)


def planned(exhibit, places, budget_s=None, profile="cpu"):
    made = runs(exhibit, exhibit.profile(profile))
    return order([(exhibit, made)], profile, "cpu", str(places / "runs"), budget_s)


def per_arm(steps):
    """The tiny exhibit with a group an arm, each of so many steps."""
    more = {
        arm: {"steps": replace(EXHIBIT.profile("smoke").overrides["steps"], value=n)}
        for arm, n in steps.items()
    }
    profiles = tuple(replace(p, arm_overrides=more, together=("*",)) for p in EXHIBIT.profiles)
    return replace(EXHIBIT, profiles=profiles)


STEPS = {"arm-4": 1000, "arm-3": 100, "arm-2": 100, "arm-1": 10}


def test_verdicts_a_minute_decide(places):
    """One cheap arm decides a claim, two of middle cost two, the dear one a finding that is not counted."""
    claims = (
        claim("dear", "arm-4", finding=True),
        claim("both", "arm-3", "arm-2"),
        claim("one", "arm-3"),
        claim("cheap", "arm-1"),
    )
    found = planned(replace(per_arm(STEPS), claims=claims), places)
    assert [p.group.runs[0].arm for p in found] == ["arm-1", "arm-3", "arm-2", "arm-4"]
    assert [p.settles for p in found] == [("cheap",), ("one",), ("both",), ()]


def test_what_fits_goes_first(places):
    """Two verdicts for an hour are of no use in ten minutes."""
    claims = (claim("a", "arm-4"), claim("b", "arm-4"), claim("c", "arm-4"), claim("small", "arm-3"))
    exhibit = replace(per_arm({**STEPS, "arm-4": 250}), claims=claims)
    assert planned(exhibit, places)[0].group.runs[0].arm == "arm-4"
    small = next(p for p in planned(exhibit, places) if p.settles == ("small",))
    tight = planned(exhibit, places, small.estimate_s * 1.1)
    assert [(p.settles, p.fits) for p in tight][:2] == [(("small",), True), (("a", "b", "c"), False)]


def test_what_is_there_is_not_planned(places):
    run_exhibit(EXHIBIT, "cpu", Options("cpu", arms=("arm-4", "arm-3")))
    found = planned(EXHIBIT, places)
    assert {r.arm for p in found for r in p.group.runs} == {"arm-2", "arm-1"}
    assert [p.settles for p in found][-1] == ("faster",) and {p.basis for p in found} == {"guessed"}


def test_a_group_that_two_exhibits_show_is_there_once(places):
    twin = replace(EXHIBIT, id="meprop/twin")
    made = runs(EXHIBIT, EXHIBIT.profile("cpu"))
    found = order([(EXHIBIT, made), (twin, made)], "cpu", "cpu", str(places / "runs"))
    assert len(found) == 12 and found[-1].settles == ("faster", "meprop/twin faster")


def test_a_claim_needs_the_arms_that_its_test_reads():
    exhibit, made = EXHIBIT, {(r.arm, r.seed) for r in runs(EXHIBIT, EXHIBIT.profile("cpu"))}

    def gated(view):
        """The dear arm is looked at only if the cheap one is well."""
        first = view.select("arm-1", "height", step=7, index="x")
        if max(r[5] for r in first) > 0.5:
            view.paired("arm-3", "arm-4", "height")
        raise ZeroDivisionError

    wanted = replace(claim("gated"), test=gated)
    assert arms_read(wanted, exhibit.arms, made) == {"arm-1", "arm-3", "arm-4"}
    assert arms_read(exhibit.claims[0], exhibit.arms, made) == {"arm-1", "arm-2", "arm-3", "arm-4"}
    two = {m for m in made if m[0] in ("arm-1", "arm-2")}
    everyone = replace(claim("all"), test=lambda view: view.those_run(["arm-1", "arm-4"], "height"))
    assert arms_read(everyone, exhibit.arms, two) == {"arm-1"}


@pytest.mark.parametrize("source", ["runs", "records"])
def test_times_are_those_that_like_runs_took(places, monkeypatch, source):
    """60 steps of 20 ms: another seed takes as long, more steps take longer, and what is unlike is guessed."""
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    out = places / ("results" if source == "records" else "output")
    slow = [
        "run",
        "meprop/tiny",
        "--profile",
        "quick",
        "--set",
        "pause=0.02",
        "--arms",
        "arm-4",
        "--device",
        "cpu",
    ]
    assert main([*slow, "--out", str(out)]) == 0
    if source == "records":
        for path in kept(places):
            path.unlink()
    samples = known(places / "runs", "cpu")
    like, longer, other = (
        Group("tiny", runs(EXHIBIT, EXHIBIT.profile("cpu"), (7,), {"pause": "0.02", **more})[:1])
        for more in ({}, {"steps": "300"}, {"rate": "0.5"})
    )
    took, basis = seconds(like, "cpu", samples)
    assert basis == "recorded" and 1.2 <= took < 4
    assert seconds(longer, "cpu", samples)[0] == pytest.approx(5 * took)
    assert seconds(other, "cpu", samples)[1] == "guessed"
    assert known(places / "runs", "cuda") == {}


def test_of_a_record_of_several_machines_each_kind_has_its_own_times(places, record):
    first, *others = run_names(record.facts)
    here = record.facts["environment"][0]
    machines = [{**here, "runs": others}, {**here, "kind": "cuda", "runs": [first]}]
    save(Record({**record.facts, "environment": machines}, record.rows), places / "results")
    count = {kind: sum(map(len, known(places / "runs", kind).values())) for kind in ("cpu", "cuda")}
    assert count == {"cpu": len(others), "cuda": 1}


def test_the_table_and_its_commands(places, monkeypatch, capsys):
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    arguments = ["plan", "meprop/tiny", "--profile", "cpu", "--device", "cuda", "--budget", "100s"]
    assert main(arguments) == 0, "a GPU may be planned for where there is none"
    out = capsys.readouterr().out
    assert "12 groups on cuda" in out and "faster" in out and "~0:00" in out
    assert "repro run meprop/tiny --profile cpu --device cuda --arms arm-1 --seeds 2" in out
    assert main([*arguments, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 12 and all(r["fits"] and r["basis"] == "guessed" for r in rows)
    assert main([*arguments[:-1], "1e-9s", "--json"]) == 0
    assert not any(r["fits"] for r in json.loads(capsys.readouterr().out))
    assert main(["plan", "--device", "any"]) == 2


def test_a_run_reports_its_estimate_beside_what_it_took(clone, capsys):
    run("--profile", "quick", "--arms", "arm-4", "--seeds", "0", "--json")
    (first,) = json.loads(capsys.readouterr().out)[0]["estimates"]
    assert first["group"] == "arm-4/0" and first["basis"] == "guessed" and first["actual_s"] >= 0
    run("--profile", "quick", "--arms", "arm-4", "--json")
    (second,) = json.loads(capsys.readouterr().out)[0]["estimates"]
    assert second["group"] == "arm-4/1" and second["basis"] == "recorded"
    assert second["estimate_s"] == pytest.approx(first["actual_s"], abs=0.3)
