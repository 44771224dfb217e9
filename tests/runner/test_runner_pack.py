"""Runs travel in a few files and come home whole, or are refused by name."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from running import jobs, kept, packed
from tiny_exhibit import EXHIBIT

from repro.cli import main
from repro.errors import OutOfTimeError
from repro.runner import cache, carry
from repro.runner.lock import group_locked, locked
from repro.runner.merge import merge
from repro.runner.pack import MANIFEST, pack
from repro.runner.run import Options, run_exhibit, to_do

ROOT = Path(__file__).resolve().parents[2]


def other_rows(path):
    """A result on disk with another first value, and the sums that fit it."""
    result = json.loads(path.read_text())
    result.pop("sha256")
    result["rows"][0][3] += 1
    cache.keep(path.parents[2], result)


def at_home(made):
    """The runs folder at home, with all that was packed, and one result of it without its checksum."""
    home = made / "home"
    merge(packed(made), home)
    result = json.loads(next(home.glob("??/*/*.json")).read_text())
    result.pop("sha256")
    return home, result


def test_runs_come_home(made):
    home = made / "home"
    done = merge(packed(made), home)
    assert len(done.taken) == 8 and not done.there and not done.conflicts
    files = {p.relative_to(made / "runs"): p.read_bytes() for p in kept(made)}
    assert {p.relative_to(home): p.read_bytes() for p in home.glob("??/*/*.json")} == files
    assert to_do(EXHIBIT, "quick", Options("cpu", runs_dir=str(home))) == []
    record = run_exhibit(EXHIBIT, "quick", Options("any", runs_dir=str(home)))
    assert record.sha256() == run_exhibit(EXHIBIT, "quick", Options("cpu")).sha256()


def test_again_changes_nothing(made):
    home = made / "home"
    merge(packed(made), home)
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in home.rglob("*.json")}
    done = merge(packed(made) * 2, home)
    assert len(done.there) == 16 and not done.taken and not done.conflicts
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in home.rglob("*.json")} == before


def test_the_same_runs_give_the_same_bytes(made):
    pack(made / "again", made / "runs")
    assert [p.read_bytes() for p in packed(made)] == [
        p.read_bytes() for p in sorted((made / "again").iterdir())
    ]


def test_the_manifest_says_what_is_in_it(made):
    with zipfile.ZipFile(packed(made)[0]) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    assert {r["key"] for r in manifest["results"]} == {r["key"] for r in kept(made).values()}
    (arithmetic,) = manifest["arithmetics"].values()
    assert arithmetic["device"] == "cpu" and {r["arithmetic"] for r in manifest["results"]} == set(
        manifest["arithmetics"]
    )
    assert len(manifest["files"]) == 8 and len(manifest["commit"]) in (7, 40)


def test_other_numbers_under_the_same_key_stay_out(made, capsys):
    """Ours stay, the others are taken, the exit code is 1."""
    home = made / "home"
    merge(packed(made), home)
    ours = next(home.glob("??/*/*.json"))
    other_rows(ours)
    gone = next(p for p in home.glob("??/*/*.json") if p != ours)
    gone.unlink()
    before = ours.read_bytes()
    assert main(["merge", *map(str, packed(made)), "--runs-dir", str(home), "--json"]) == 1
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert len(facts["conflicts"]) == 1 and len(facts["taken"]) == 1 and len(facts["there"]) == 6
    assert "other numbers are here under the same key and code, and stay" in err and "seed" in err
    assert ours.read_bytes() == before and gone.exists()


def test_other_times_are_no_conflict(made):
    """Two machines may train the same run."""
    home, result = at_home(made)
    result["meta"]["wall_s"] += 1
    cache.keep(home, result)
    done = merge(packed(made), home)
    assert len(done.there) == 8 and not done.conflicts


def test_a_damaged_result_at_home_is_replaced(made):
    home = made / "home"
    merge(packed(made), home)
    path = next(home.glob("??/*/*.json"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert len(merge(packed(made), home).taken) == 1 and path.read_bytes() == whole


def test_a_damaged_result_is_not_packed(made):
    path = next(iter(kept(made)))
    path.write_bytes(path.read_bytes()[:-5])
    assert pack(made / "packed", made / "runs").results == 7


def test_files_are_as_many_and_as_large_as_may_travel(made, capsys):
    arguments = ["pack", str(made / "small"), "--mib", "0.006", "--files", "3"]
    assert main(arguments) == 1
    assert "does not fit and was left out" in capsys.readouterr().err
    small = sorted((made / "small").iterdir())
    assert len(small) == 3 and all(p.stat().st_size <= 0.006 * 2**20 for p in small)
    taken = len(merge(small, made / "home").taken)
    assert 3 <= taken < 8
    assert main([*arguments[:-1], "8"]) == 0
    assert len(merge(sorted((made / "small").iterdir()), made / "home").taken) == 8 - taken


def test_some_exhibits_alone(made, capsys):
    assert main(["pack", str(made / "some"), "sg/fig6"]) == 2
    assert "no finished runs of sg/fig6" in capsys.readouterr().err
    assert main(["pack", str(made / "some"), "meprop/tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"] == 8
    assert main(["pack"]) == 2 and "pack where to?" in capsys.readouterr().err


def test_unfinished_training_travels_and_goes_on(made, monkeypatch):
    slow = {"steps": "400", "pause": "0.003"}
    options = {"changes": slow, "arms": ("arm-4",), "seeds": (0,), "checkpoint_s": 0.0}
    with pytest.raises(OutOfTimeError):
        run_exhibit(EXHIBIT, "cpu", Options("cpu", budget_s=0.8, **options))
    done = pack(made / "packed", made / "runs", checkpoints=True)
    assert done.checkpoints == 1
    home = made / "home"
    assert any("checkpoint groups/" in t for t in merge(packed(made), home).taken)
    (here,) = home.glob("groups/*/*/checkpoint.pt")
    log = made / "steps.log"
    log.unlink()
    run_exhibit(EXHIBIT, "cpu", Options("cpu", runs_dir=str(home), **options))
    assert 0 < len(log.read_text().splitlines()) < 400, "it went on from the checkpoint"
    assert not here.with_name("rows.jsonl").exists()


def test_another_checkpoint_here_stays(made):
    folder = Path("groups") / ("a" * 32) / ("b" * 16)
    for base, text in ((made / "runs", b"theirs"), (made / "home", b"ours")):
        (base / folder).mkdir(parents=True)
        for name in ("rows.jsonl", "checkpoint.pt"):
            (base / folder / name).write_bytes(text)
    pack(made / "packed", made / "runs", checkpoints=True)
    done = merge(packed(made), made / "home")
    assert [c for c in done.conflicts if "another is here, and stays (delete" in c] == done.conflicts != []
    assert (made / "home" / folder / "checkpoint.pt").read_bytes() == b"ours"


def test_a_checkpoint_stays_out_while_its_runs_are_trained_here(made, monkeypatch):
    """Else its rows would be among ours."""
    folder = Path("groups") / ("a" * 32) / ("b" * 16)
    (made / "runs" / folder).mkdir(parents=True)
    for name in ("rows.jsonl", "checkpoint.pt"):
        (made / "runs" / folder / name).write_bytes(b"theirs")
    pack(made / "packed", made / "runs", checkpoints=True)
    other_code = made / "home" / folder.with_name("c" * 16)
    with group_locked(other_code) as held:
        assert held
        (refused,) = merge(packed(made), made / "home").conflicts
    assert "its runs are being trained here, and theirs stays out" in refused
    assert not (made / "home" / folder).exists()
    assert f"checkpoint {folder}" in merge(packed(made), made / "home").taken


def test_a_result_stays_out_while_its_run_is_trained_here(made):
    """Else the one of the two that is written first would be lost."""
    home, path = made / "home", next(iter(kept(made)))
    result = json.loads(path.read_text())
    with locked(str(home), [result["key"]], None):
        done = merge(packed(made), home)
    (refused,) = done.conflicts
    assert "it is being trained here (merge again" in refused and len(done.taken) == 7
    assert cache.read(home, result["key"], result["code_sha256"]) is None
    assert len(merge(packed(made), home).taken) == 1


def test_a_runner_holds_its_groups_lock_while_it_trains(places, monkeypatch):
    (job, *_), seen = jobs(places, changes={"steps": 3}), []
    train = carry._train

    def watched(work, group, folder, progress):
        with group_locked(folder, timeout=0) as free:
            seen.append(free)
        return train(work, group, folder, progress)

    monkeypatch.setattr(carry, "_train", watched)
    results = carry.carry_out(job)
    folder = Path(job.runs_dir) / "groups" / next(iter(results.values()))["group"]["folder"]
    with group_locked(folder, timeout=0) as free:
        assert free and seen == [False]


def test_a_note_in_other_words_is_no_conflict(made):
    home, result = at_home(made)
    data = {"asked": "digits", "name": "digits", "note": "ours", "stand_in": False, "files": {}}
    cache.keep(home, {**result, "data": data})
    cache.keep(made / "runs", {**result, "data": {**data, "note": "theirs"}})
    pack(made / "packed", made / "runs")
    assert not merge(packed(made), home).conflicts
    cache.keep(home, {**result, "data": {**data, "files": {"a": "0"}}})
    assert len(merge(packed(made), home).conflicts) == 1


def test_neither_side_needs_torch(made):
    code = (
        "import sys\n"
        "for name in ('torch', 'numpy', 'filelock', 'jsonschema', 'urllib3'): sys.modules[name] = None\n"
        "from repro.cli import main\n"
        "assert main(['pack', 'again']) == 0 and main(['merge', 'again/runs-1.zip', '--runs-dir', 'home']) == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=made, check=True)
    assert len(list((made / "home").glob("??/*/*.json"))) == 8
