"""Runs travel in a few files and come home whole, or are refused by name."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from running import kept
from tiny_exhibit import EXHIBIT

from repro.cli import main
from repro.errors import BadValueError, OutOfTimeError
from repro.exhibits import EXTRA
from repro.runner import cache
from repro.runner.merge import merge
from repro.runner.pack import MANIFEST, pack
from repro.runner.run import Options, run_exhibit, to_do

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def made(places, monkeypatch):
    """The folders of a machine on which the tiny exhibit has run, and whose runs are packed in `packed`."""
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    run_exhibit(EXHIBIT, "quick", Options("cpu"))
    pack(places / "packed", places / "runs")
    return places


def packed(places):
    return sorted((places / "packed").iterdir())


def rewritten(path, change):
    """The pack with other entries: `change(entries)` of name → bytes, in place."""
    with zipfile.ZipFile(path) as archive:
        entries = {e.filename: archive.read(e) for e in archive.infolist()}
    change(entries)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def a_result(entries):
    return next(n for n in entries if n != MANIFEST)


def other_rows(path):
    """A result on disk with another first value, and the sums that fit it."""
    result = json.loads(path.read_text())
    result.pop("sha256")
    result["rows"][0][3] += 1
    cache.keep(path.parents[2], result)


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
    home = made / "home"
    merge(packed(made), home)
    path = next(home.glob("??/*/*.json"))
    result = json.loads(path.read_text())
    result.pop("sha256")
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


TRICKS = {
    "../out.json": "is no file of a runs folder",
    "/tmp/out.json": "is no file of a runs folder",
    "ab/../../x.json": "is no file of a runs folder",
    "groups/x/checkpoint.pt": "is no file of a runs folder",
    "arithmetic/0.json": "is no file of a runs folder",
    f"ab/{'ab' * 32}/{'0' * 16}.json": "is not in its manifest",
}


@pytest.mark.parametrize(("name", "words"), TRICKS.items())
def test_names_that_lead_elsewhere_are_refused(made, name, words):
    path = rewritten(packed(made)[0], lambda e: e.update({name: b"{}"}))
    with pytest.raises(BadValueError, match=words):
        merge([path], made / "home")
    assert not (made / "home").exists()


def test_links_are_refused(made):
    path = packed(made)[0]
    link = zipfile.ZipInfo(f"ab/{'ab' * 32}/{'0' * 16}.json")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadValueError, match="or a link"):
        merge([path], made / "home")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(made):
    path = packed(made)[0]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(archive.namelist()[1], "{}")
    with pytest.raises(BadValueError, match="there twice"):
        merge([path], made / "home")


def edit_bytes(entries):
    entries[a_result(entries)] = b"{}"


def edit_with_sums(entries):
    """A forged sum in the manifest does not make a result whole."""
    name = a_result(entries)
    entries[name] = entries[name].replace(b'"height"', b'"weight"', 1)
    manifest = json.loads(entries[MANIFEST])
    manifest["files"][name] = hashlib.sha256(entries[name]).hexdigest()
    entries[MANIFEST] = json.dumps(manifest).encode()


def swap_names(entries):
    """A result in the place of another."""
    first, second = [n for n in entries if n != MANIFEST][:2]
    entries[first] = entries[second]
    manifest = json.loads(entries[MANIFEST])
    manifest["files"][first] = hashlib.sha256(entries[first]).hexdigest()
    entries[MANIFEST] = json.dumps(manifest).encode()


def newer(entries):
    entries[MANIFEST] = json.dumps({**json.loads(entries[MANIFEST]), "format": 2}).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (edit_bytes, "does not have the SHA-256 of the manifest"),
        (edit_with_sums, "is no result of a run .*its SHA-256 is another"),
        (swap_names, "of another run or code than its name says"),
        (newer, "is a pack of format 2; expected 1"),
        (lambda e: e.pop(a_result(e)), "is not in it"),
        (lambda e: e.pop(MANIFEST), "damaged or no pack of runs"),
        (lambda e: e.update({MANIFEST: b"[]"}), "damaged or no pack of runs"),
    ],
)
def test_what_is_not_whole_is_refused(made, change, words):
    """And nothing of the others is taken."""
    whole = made / "whole.zip"
    whole.write_bytes(packed(made)[0].read_bytes())
    path = rewritten(packed(made)[0], change)
    with pytest.raises(BadValueError, match=words):
        merge([whole, path], made / "home")
    assert not (made / "home").exists()


@pytest.mark.parametrize("cut", [0, 100, -30])
def test_a_torn_file_is_refused_in_a_sentence(made, cut, capsys):
    path = packed(made)[0]
    path.write_bytes(path.read_bytes()[:cut])
    assert main(["merge", str(path)]) == 2
    assert "is damaged or no pack of runs" in capsys.readouterr().err
    assert main(["merge", str(made / "nowhere.zip")]) == 2
    assert "there is no file" in capsys.readouterr().err


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


def test_neither_side_needs_torch(made):
    code = (
        "import sys\n"
        "for name in ('torch', 'numpy', 'filelock', 'jsonschema', 'requests'): sys.modules[name] = None\n"
        "from repro.cli import main\n"
        "assert main(['pack', 'again']) == 0 and main(['merge', 'again/runs-1.zip', '--runs-dir', 'home']) == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=made, check=True)
    assert len(list((made / "home").glob("??/*/*.json"))) == 8
