"""run, commit, check, status, cite: a record on its way from the output folder into results/."""

import json
import shutil
from pathlib import Path

import pytest
import tiny_exhibit
from checkout import git, run

from repro.cli import main
from repro.cli.commit import _refuse_downgrade
from repro.errors import RecordError
from repro.exhibits import EXTRA
from repro.record.record import Record, seeds_of
from repro.record.store import load


def test_run_writes_record_table_and_picture_and_says_so(clone, capsys):
    run()
    out, err = capsys.readouterr()
    made = {p.name for p in (clone / "output/meprop/tiny").iterdir()}
    assert made == {"quick.json", "quick.csv", "quick.svg"}
    assert "1 of 1 reproduced" in out and "✓ reproduced" in out and "faster" in out
    assert "8/8  meprop/tiny" in err


def test_render_draws_the_pictures_of_all_committed_records_again(clone, capsys, monkeypatch):
    drawn = {}
    for profile in ("quick", "cpu"):
        run("--profile", profile)
        assert main(["commit", "meprop/tiny", "--profile", profile]) == 0
        picture = clone / f"results/meprop/tiny/{profile}.svg"
        drawn[picture] = picture.read_text()
        picture.write_text("an old one")
    monkeypatch.setattr("repro.notebook.build.render", lambda exhibit, folder, record: folder / "tiny.ipynb")
    assert main(["render", "meprop/tiny", "--out", str(clone / "look")]) == 0
    assert {p.read_text() for p in drawn} == {"an old one"}, "elsewhere means: leave the repository alone"
    assert main(["render", "meprop/tiny"]) == 0
    assert {p: p.read_text() for p in drawn} == drawn
    monkeypatch.setattr("repro.show.draw.draw", lambda *a: 1 / 0)
    assert main(["render", "meprop/tiny"]) == 1
    assert capsys.readouterr().err.count(" failed: ZeroDivisionError") == 2
    assert {p: p.read_text() for p in drawn} == drawn, "of these numbers still"
    picture.write_text("an old one")
    assert main(["render", "meprop/tiny"]) == 1 and not picture.exists()


def test_run_for_scripts(clone, capsys):
    run("--json", "--profile", "smoke", "--seeds", "3")
    (facts,) = json.loads(capsys.readouterr().out)
    record = load(clone / "output", "meprop/tiny", Path(facts["record"]).stem)
    assert facts["sha256"] == record.sha256() and facts["error"] is None
    assert record.facts["custom"] == ["seeds"] and seeds_of(record.facts) == [3]


def test_one_exhibit_that_fails_does_not_stop_the_next(clone, capsys, monkeypatch):
    fail = ["--set", "fail=arm-1/0"]
    run("--profile", "smoke", *fail, code=1)
    out, err = capsys.readouterr()
    assert "missing: arm-1/0: meprop/tiny arm-1/0 failed" in out
    assert "not complete: meprop/tiny" in err
    monkeypatch.setitem(EXTRA, "meprop/cpu-data", tiny_exhibit.NO_DATA)
    assert main(["run", "meprop/cpu-data", "meprop/tiny", "--profile", "cpu", "--json"]) == 1
    out, err = capsys.readouterr()
    first, second = json.loads(out)
    assert "mnist" in first["error"] and second["error"] is None
    assert "train-images-idx3-ubyte.gz" in err, "says which file is missing"
    assert load(clone / "output", "meprop/tiny", "cpu").facts["missing"] == []


def test_a_picture_that_fails_does_not_cost_the_record(clone, capsys, monkeypatch):
    monkeypatch.setattr("tiny.figure.draw", lambda *_: 1 / 0)
    run("--profile", "smoke", code=1)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert load(clone / "output", "meprop/tiny", "smoke").rows


def test_commit_check_status_cite(clone, capsys):
    run()
    picture = clone / "output/meprop/tiny/quick.svg"
    drawn = picture.read_text()
    picture.write_text("an old one")
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) == 0
    assert "1 of 1 reproduced" in capsys.readouterr().out
    assert {p.name for p in (clone / "results/meprop/tiny").iterdir()} == {
        "quick.json",
        "quick.csv",
        "quick.svg",
    }
    assert (clone / "results/meprop/tiny/quick.svg").read_text() == drawn
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) == 0, "results/ do not make the tree dirty"
    capsys.readouterr()
    assert main(["check"]) == 0
    out = capsys.readouterr().out
    assert "holds   meprop/tiny quick: 1 of 1 reproduced" in out and "none    sg/table2" in out
    assert main(["status", "--json"]) == 0
    states = {(s["exhibit"], s["profile"]): s for s in json.loads(capsys.readouterr().out)}
    assert states["meprop/tiny", "quick"]["state"] == "fresh"
    assert states["meprop/tiny", "quick"]["note"] == ""
    assert states["meprop/tiny", "cpu"]["state"] == "missing"
    assert main(["cite", "meprop/tiny"]) == 0
    cited = capsys.readouterr().out
    record = load(clone / "results", "meprop/tiny", "quick")
    assert record.sha256() in cited and "1706.06197v5" in cited


def as_the_plain_one(top):
    """Give a record with changes the name of its profile's own."""
    for path in (top / "output/meprop/tiny").iterdir():
        path.rename(path.with_name(f"quick{path.suffix}"))


def test_a_change_leaves_the_profiles_own_record(clone, capsys):
    run()
    folder = clone / "output/meprop/tiny"
    plain = {p.name: p.read_bytes() for p in folder.iterdir()}
    for change in ("steps=30", "steps=40"):
        run("--set", change)
    assert {name: (folder / name).read_bytes() for name in plain} == plain
    made = [load(clone / "output", "meprop/tiny", p.stem) for p in folder.glob("quick-custom-*.json")]
    assert sorted(r.facts["spec"]["params"]["steps"] for r in made) == [30, 40]
    assert len(list(folder.iterdir())) == 3 * len(plain)


@pytest.mark.parametrize(
    ("arguments", "prepare", "words"),
    [
        ([], lambda top: (top / "new.py").write_text(""), r"uncommitted changes (new.py)"),
        ([], lambda top: (top / "code.py").write_text("a = 2\n"), "uncommitted changes (code.py)"),
        ([], lambda top: (top / "code.py").unlink(), "uncommitted changes (code.py)"),
        ([], lambda top: shutil.rmtree(top / ".git"), "not a git checkout"),
        (["--set", "steps=30"], as_the_plain_one, "a changed run has its own name"),
        (["--seeds", "0,7"], as_the_plain_one, "a changed run has its own name"),
        (["--set", "steps=30"], lambda top: None, "make one with `repro run meprop/tiny --profile quick`"),
    ],
)
def test_commit_refuses(clone, capsys, arguments, prepare, words):
    run(*arguments)
    prepare(clone)
    capsys.readouterr()
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) in (1, 2)
    assert words in capsys.readouterr().err
    assert not (clone / "results").exists()


def test_commit_refuses_what_was_run_before_the_code_was_committed(clone, capsys):
    (clone / "new.py").write_text("")
    run()
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "code")
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) == 1
    assert "made from a working tree with uncommitted changes" in capsys.readouterr().err
    run()  # from the cache, at once
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) == 0


@pytest.fixture
def committed(clone, capsys):
    run()
    main(["commit", "meprop/tiny", "--profile", "quick"])
    capsys.readouterr()
    return clone / "results/meprop/tiny/quick.json"


def tamper(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("suffix", "old", "new", "words"),
    [
        (".csv", "arm-4,0,", "arm-4,7,", "meprop/tiny/quick.csv does not have the SHA-256"),
        (".json", '"verdict": "reproduced"', '"verdict": "open"', "verdict on faster: stored open"),
        (".json", '"steps": 60', '"steps": 61', "its spec does not have the digest it states"),
        (".json", '"schema": 2', '"schema": 3', "schema"),
        (".json", "{", "", "is not JSON"),
    ],
)
def test_check_finds_tampering(committed, capsys, suffix, old, new, words):
    tamper(committed.with_suffix(suffix), old, new)
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "BROKEN  meprop/tiny quick" in out and words in out


@pytest.mark.parametrize(
    "change", [{"data": {"note": "x"}}, {"missing": [{}]}, {"verdicts": {"faster": "x"}}]
)
def test_a_malformed_record_does_not_hide_the_others(committed, capsys, change):
    facts = json.loads(committed.read_text())
    committed.write_text(json.dumps({**facts, **change}))
    assert main(["check"]) == 1
    assert "BROKEN  meprop/tiny quick" in capsys.readouterr().out
    committed.unlink()
    committed.mkdir()
    assert main(["check"]) == 1
    assert "Is a directory: restore it from git" in capsys.readouterr().out


def test_a_stand_in_does_not_replace_real_data(committed, monkeypatch):
    of_record = [[{"stand_in": True, "name": "digits"}], [{"stand_in": False, "name": "mnist"}]]
    monkeypatch.setattr("repro.cli.commit.data_sets", lambda facts: of_record.pop(0))
    record = load(committed.parents[2], "meprop/tiny", "quick")
    facts = {**record.facts, "data": {"note": "stand-in: digits"}}
    with pytest.raises(RecordError, match="made from a stand-in: digits, the committed one from mnist"):
        _refuse_downgrade(Record(facts, record.rows), record)


@pytest.mark.parametrize("option", ["--out", "--runs-dir"])
def test_a_folder_that_cannot_be_written_is_refused_before_training(clone, capsys, option):
    (clone / "file").write_text("x")
    assert main(["run", "meprop/tiny", option, str(clone / "file" / "below")]) == 2
    assert "cannot write in" in capsys.readouterr().err


def test_check_finds_halves_and_strays(committed, capsys):
    committed.rename(committed.with_name("quik.json"))
    assert main(["check", "--json"]) == 1
    found = {f["record"]: f["problems"] for f in json.loads(capsys.readouterr().out)}
    assert "meprop/tiny/quik.json" in found and "no record" in found["meprop/tiny quick"][0]


def test_check_status_and_render_name_a_stale_record(committed, capsys, monkeypatch):
    monkeypatch.setitem(EXTRA, "meprop/tiny", tiny_exhibit.SLOWER)
    assert main(["check", "meprop/tiny"]) == 1
    assert "stale: run arm-4/0 changed: rate was 0.01, is 0.02" in capsys.readouterr().out
    assert main(["status"]) == 0 and "stale: run arm-4/0 changed: rate" in capsys.readouterr().out
    monkeypatch.setattr("repro.cli.render._render", lambda *_: pytest.fail("before all were looked at"))
    for command in ("render", "cite"):
        assert main([command, "meprop/tiny"]) == 1
        assert "repro run meprop/tiny --profile quick" in capsys.readouterr().err


def test_a_claim_that_changed_is_judged_again(committed, capsys):
    tamper(committed, '"ours": "', '"ours": "other words ')
    assert main(["check", "meprop/tiny"]) == 1
    assert "--from results" in capsys.readouterr().out
    assert main(["commit", "meprop/tiny", "--profile", "quick", "--from", "results"]) == 0
    assert main(["check", "meprop/tiny", "--verbose"]) == 0
    assert "✓ reproduced" in capsys.readouterr().out


def test_a_verdict_against_the_paper_is_no_failure(committed, capsys, monkeypatch):
    tamper(committed, '"verdict": "reproduced"', '"verdict": "not reproduced"')
    monkeypatch.setitem(EXTRA, "meprop/tiny", tiny_exhibit.STRICT)
    assert main(["check", "meprop/tiny"]) == 0
    assert "0 of 1 reproduced, 1 not reproduced" in capsys.readouterr().out
