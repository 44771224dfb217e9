"""Who has only the committed record: what is passed over, what is told, and what is refused."""

import errno
import json
import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from checkout import commit, git, run
from tiny_exhibit import EXHIBIT

from repro.cli import main
from repro.exhibits import EXTRA
from repro.record.store import load

PLAN = ["plan", "meprop/tiny", "--profile", "cpu", "--device", "cpu"]
COMMIT = ["commit", "meprop/tiny", "--profile", "cpu"]


def told(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_what_the_committed_record_lacks_is_planned_and_trained(clone, capsys, monkeypatch):
    commit(clone, "arm-4,arm-3", monkeypatch)
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / "nobody's"))
    names = [
        {row["group"].partition("/")[0] for row in told(capsys, *PLAN, *more)}
        for more in ((), ("--missing",))
    ]
    assert names == [{"arm-4", "arm-3", "arm-2", "arm-1"}, {"arm-2", "arm-1"}]
    run("--profile", "cpu", "--missing")
    assert (
        "arm-4/1, arm-4/2, …): in the committed record: `repro commit` takes it along"
        in capsys.readouterr().out
    )
    assert {r[0] for r in load(clone / "output", "meprop/tiny", "cpu").rows} == {"arm-2", "arm-1"}
    assert main(COMMIT) == 0
    assert load(clone / "results", "meprop/tiny", "cpu").facts["missing"] == []
    assert told(capsys, *PLAN, "--missing") == []
    assert told(capsys, "plan", "meprop/tiny", "--profile", "quick", "--device", "cpu", "--missing"), (
        "made as a whole"
    )


def test_where_nothing_is_missing_nothing_has_failed(clone, capsys, monkeypatch):
    commit(clone, "arm-4,arm-3", monkeypatch)
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / "nobody's"))
    capsys.readouterr()
    run("--profile", "cpu", "--missing", "--arms", "arm-3", "--out", "elsewhere")
    out, err = capsys.readouterr()
    assert "nothing to train of meprop/tiny at cpu: all that was asked for is in the committed record" in out
    assert "(nothing of it is missing)" in err and not (clone / "elsewhere").exists()
    assert (
        told(capsys, "run", "meprop/tiny", "--profile", "cpu", "--missing", "--arms", "arm-3")[0]["error"]
        is None
    )


def test_what_is_ones_own_is_not_in_the_committed_record(clone, monkeypatch):
    """Its record is never committed, so it must have all of its runs."""
    commit(clone, "arm-4", monkeypatch)
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / "nobody's"))
    run("--profile", "cpu", "--missing", "--arms", "arm-4", "--seeds", "0,9")
    (path,) = (clone / "output/meprop/tiny").glob("cpu-custom-*.json")
    assert {r[:2] for r in load(clone / "output", "meprop/tiny", path.stem).rows} == {
        ("arm-4", 0),
        ("arm-4", 9),
    }


def test_a_full_disk_leaves_the_committed_record_whole(clone, capsys, monkeypatch):
    kept = commit(clone, "arm-4", monkeypatch)
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / "others"))
    run("--profile", "cpu", "--arms", "arm-3")
    write = Path.write_bytes

    def full(path, data):
        if path.name.startswith("cpu.json"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(COMMIT) == 1 and "No space left on device" in capsys.readouterr().err
    assert load(clone / "results", "meprop/tiny", "cpu") == kept
    assert not list((clone / "results").rglob("*.tmp"))


def test_the_commands_of_a_plan_train_what_it_says_and_no_more(clone, capsys, monkeypatch):
    """Arms and seeds of a group that is half committed are no rectangle."""
    joined = replace(
        EXHIBIT, group_by=(), profiles=tuple(replace(p, together=("*",)) for p in EXHIBIT.profiles)
    )
    monkeypatch.setitem(EXTRA, EXHIBIT.id, joined)
    commit(clone, "arm-4", monkeypatch, "--seeds", "0")
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / "nobody's"))
    (row,) = told(capsys, *PLAN, "--missing")
    assert row["runs"] == 11
    assert main([*PLAN, "--missing", "--budget", "1h"]) == 0
    command = capsys.readouterr().out.splitlines()[-1]
    assert command == f"{row['command']} --missing"
    assert main(shlex.split(command)[1:]) == 0
    assert len({r[:2] for r in load(clone / "output", "meprop/tiny", "cpu").rows}) == 11


def test_other_numbers_and_what_is_left_out_are_told(clone, capsys, monkeypatch):
    commit(clone, "arm-4,arm-3", monkeypatch)
    renamed = (EXHIBIT.arms[0], replace(EXHIBIT.arms[1], id="arm-three"), *EXHIBIT.arms[2:])
    monkeypatch.setitem(EXTRA, EXHIBIT.id, replace(EXHIBIT, arms=renamed, claims=()))
    monkeypatch.setattr("tiny.work.Walker.prints", lambda self: ["another machine's"] * len(self.runs))
    device = "tiny.work.Walker.device"
    monkeypatch.setattr(device, lambda self: setattr(self, "heights", [h + 0.01 for h in self.heights]))
    commit(clone, "arm-4,arm-2", monkeypatch)
    out = capsys.readouterr().out
    assert "; 3 runs have other numbers than in the committed record" in out
    assert "; 3 runs of the committed record are left out: the plan has others in their place, or none" in out


@pytest.mark.parametrize("plan", ["the same", "grown"])
def test_a_committed_record_does_not_shrink(clone, capsys, monkeypatch, plan):
    """Where its runs cannot be taken along, since they are of other data, they are not thrown away either."""
    kept = commit(clone, "arm-4,arm-3", monkeypatch)
    if plan == "grown":
        more = tuple(replace(p, more_seeds={"arm-1": (7,)}) for p in EXHIBIT.profiles)
        monkeypatch.setitem(EXTRA, EXHIBIT.id, replace(EXHIBIT, profiles=more))
    monkeypatch.setattr("repro.runner.grow.conflict", lambda *_: "its digits is A, theirs B")
    assert commit(clone, "arm-2", monkeypatch, code=1).sha256() == kept.sha256()
    said = "lacks 6 runs that the committed one has, such as arm-4/0, and cannot take them along: its digits is A"
    assert said in capsys.readouterr().err


def test_who_has_not_run_the_new_plan_is_told_so(clone, capsys, monkeypatch):
    """Both records are of the old one: nothing is put together."""
    commit(clone, "arm-4,arm-3", monkeypatch)
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / "others"))
    run("--profile", "cpu", "--arms", "arm-2")
    monkeypatch.setitem(EXTRA, EXHIBIT.id, replace(EXHIBIT, arms=EXHIBIT.arms[1:], claims=()))
    assert main(COMMIT) == 1
    assert "the cpu record of meprop/tiny is stale: its runs changed" in capsys.readouterr().err


def test_two_branches_that_grew_the_same_record_are_put_together(clone, capsys, monkeypatch):
    """One's record is the source, the other's is in place: in either order the same."""
    commit(clone, "arm-4", monkeypatch)
    git(clone, "branch", "other")
    commit(clone, "arm-3", monkeypatch)
    git(clone, "worktree", "add", "--quiet", str(clone.parent / "mine"), "HEAD")
    git(clone, "checkout", "--quiet", "other")
    commit(clone, "arm-2", monkeypatch)
    git(clone, "worktree", "add", "--quiet", str(clone.parent / "theirs"), "HEAD")
    sums = set()
    for one, other in (("mine", "theirs"), ("theirs", "mine")):
        monkeypatch.setenv("REPRO_RESULTS", str(clone.parent / one / "results"))
        assert main([*COMMIT, "--from", str(clone.parent / other / "results")]) == 0
        record = load(clone.parent / one / "results", "meprop/tiny", "cpu")
        sums.add(record.sha256())
        assert {r[0] for r in record.rows} == {"arm-4", "arm-3", "arm-2"} and main(
            ["check", "meprop/tiny"]
        ) == 0
        earlier = [n for e in record.facts["code"]["earlier"] for n in e["runs"]]
        assert sorted(earlier) == sorted({*earlier}) and len(earlier) == 6
    assert len(sums) == 1


def test_killed_between_table_and_json_it_says_what_to_do(clone, capsys, monkeypatch):
    commit(clone, "arm-4", monkeypatch)
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / "others"))
    run("--profile", "cpu", "--arms", "arm-3")

    replace_ = os.replace

    def killed(old, new):
        replace_(old, new)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", killed)
        assert main(COMMIT) == 130
    for arguments in (
        ["check", "meprop/tiny"],
        COMMIT,
        ["run", "meprop/tiny", "--profile", "cpu", "--missing"],
    ):
        capsys.readouterr()
        assert main(arguments) == 1
        said = "".join(capsys.readouterr())
        assert (
            "cpu.csv does not have the SHA-256 that its JSON states: restore it from git or run again" in said
        )
    git(clone, "checkout", "--quiet", "results")
    assert main(COMMIT) == 0 and main(["check", "meprop/tiny"]) == 0
