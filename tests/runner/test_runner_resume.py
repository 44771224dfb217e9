"""Killed at any moment, on one or two processes: the next call finishes the work and the record is the same."""

import itertools
import json
import os
import random
import signal
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from running import kept, steps, trained, wait_for
from tiny.work import Walker
from tiny_exhibit import EXHIBIT

from repro.record.record import csv_text
from repro.record.store import load
from repro.runner import cache
from repro.runner.run import Options, run_exhibit

LONG = ("--profile", "smoke", "--set", "steps=300", "--set", "pause=0.001", "--checkpoint-s", "0.05")


def made(folder):
    """The one record in an output folder, whatever was changed."""
    (path,) = (folder / "meprop/tiny").glob("smoke*.json")
    return load(folder, "meprop/tiny", path.stem)


SAME = {"steps": 300, "pause": 0.001}
ONCE = {"steps": 300}
ONE = replace(EXHIBIT, arms=EXHIBIT.arms[:1], claims=())


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def undisturbed(places, monkeypatch):
    monkeypatch.setenv("TINY_LOG", str(places / "other.log"))
    record = run_exhibit(EXHIBIT, "smoke", Options(changes=SAME, runs_dir=str(places / "other")))
    monkeypatch.setenv("TINY_LOG", str(places / "steps.log"))
    return record


def midway(places, taken, enough):
    """Whether so many steps are done and the run in hand has a checkpoint and a good part before it.

    Killed between two runs there would be nothing to continue, and the test would say nothing.
    """
    return len(taken) >= enough and taken[-1][1] < 200 and any(places.rglob("groups/*/*/checkpoint.pt"))


@pytest.mark.slow
def test_killed_again_and_again_the_record_is_the_undisturbed_one(cli, places, undisturbed):
    log, rng = places / "steps.log", random.Random(os.getpid())
    for _ in range(2):
        process = cli("run", "meprop/tiny", *LONG, start=True)
        enough = len(steps(log)) + rng.randint(90, 390)
        wait_for(lambda n=enough, p=process: p.poll() is not None or midway(places, steps(log), n))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    last = cli("run", "meprop/tiny", *LONG)
    assert last.returncode == 0, last.stderr
    record = made(places / "output")
    assert record.sha256() == undisturbed.sha256()
    assert csv_text(record.rows) == csv_text(undisturbed.rows)
    resumed = [t for (a, _, p), (b, t, q) in pairs(steps(log)) if a == b and p != q]
    assert any(t > 0 for t in resumed), "no run was continued from its checkpoint"
    assert len(steps(log)) < 4 * 300 + 2 * 200, "steps of before the last checkpoint were taken again"


def pairs(items):
    return itertools.pairwise(items)


@pytest.mark.slow
def test_workers_end_with_a_killed_parent_and_their_work_is_continued(cli, places, undisturbed):
    log = places / "steps.log"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # no pipe that survivors hold open
    process = cli("run", "meprop/tiny", *LONG, "--workers", 2, start=True, **quiet)
    wait_for(lambda: len({pid for _, _, pid in steps(log)}) == 2 and len(steps(log)) > 150)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    workers = {pid for _, _, pid in steps(log)}
    wait_for(lambda: not any(map(alive, workers)), seconds=60)
    record = run_exhibit(EXHIBIT, "smoke", Options(changes=SAME))
    assert record.sha256() == undisturbed.sha256()
    assert len(steps(log)) < 4 * 300 + 2 * 200, "the killed workers' steps were thrown away"


@pytest.mark.slow
def test_two_runners_at_once_share_the_runs(cli, places, undisturbed):
    both = [cli("run", "meprop/tiny", *LONG, "--out", places / out, start=True) for out in "ab"]
    for process in both:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    counted = Counter((name, t) for name, t, _ in steps(places / "steps.log"))
    assert set(counted.values()) == {1}, "a step was computed by both"
    for out in "ab":
        assert made(places / out).sha256() == undisturbed.sha256()


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_stops_at_once_and_says_how_to_go_on(cli, places, workers):
    """As from a terminal: the whole group of processes gets the signal.

    Started in the background (`nohup make test &`), a shell makes its children deaf to it: undone here.
    """
    log = places / "steps.log"
    long = ("--set", "steps=100000", "--set", "pause=0.01", "--workers", workers)
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = cli("run", "meprop/tiny", *long, start=True, start_new_session=True, **heard)
    wait_for(lambda: len({pid for _, _, pid in steps(log)}) == workers and len(steps(log)) > 20)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "same command again resumes" in err and "Traceback" not in err


@pytest.fixture
def finished(places):
    """A record, and the file of each of its runs by arm."""
    record = run_exhibit(EXHIBIT, "smoke")
    files = {f"arm-{result['run']['setting']['factor']}": path for path, result in kept(places).items()}
    (places / "steps.log").unlink()
    return record, files


def test_finished_runs_are_not_computed_again(places, finished):
    assert run_exhibit(EXHIBIT, "smoke").sha256() == finished[0].sha256()
    assert not (places / "steps.log").exists()


@pytest.mark.parametrize(
    "damage", ["torn", "empty", "another run's", "other code's", "changed", "not a result"]
)
def test_a_damaged_result_is_named_and_computed_again_and_no_other(places, finished, damage, caplog):
    record, files = finished
    path = files["arm-2"]
    other, whole = files["arm-1"].read_text(), path.read_text()
    others = {k: v for k, v in json.loads(whole).items() if k != "sha256"} | {"code_sha256": "0" * 64}
    cache.keep(places, others)
    path.write_text(
        {
            "torn": whole[:-40],
            "empty": "",
            "not a result": "[1, 2]",
            "another run's": other,
            "other code's": cache.file_of(places, others["key"], "0" * 64).read_text(),
            "changed": whole.replace("0.", "1.", 1),
        }[damage]
    )
    assert run_exhibit(EXHIBIT, "smoke").sha256() == record.sha256()
    assert trained(places) == {"arm-2/0"}
    assert f"{files['arm-2']} is damaged" in caplog.text


@pytest.fixture
def halfway(places, monkeypatch):
    """The folder of a run stopped in step 230, with checkpoints of 150 and 200; the undisturbed record."""
    real = Walker.host
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Walker, "host", lambda self, t: interrupt() if t == 230 else real(self, t))
        run_exhibit(ONE, "smoke", Options(changes=ONCE, checkpoint_s=0))
    (folder,) = (places / "runs/groups").glob("*/*")
    assert {"checkpoint.pt", "previous.pt", "rows.jsonl"} == {p.name for p in folder.iterdir()}
    whole = run_exhibit(ONE, "smoke", Options(changes=ONCE, runs_dir=str(places / "whole")))
    (places / "steps.log").unlink()
    return folder, whole.sha256()


def interrupt():
    raise KeyboardInterrupt


def again(places):
    """The record's digest, and the first step that was taken for it."""
    record = run_exhibit(ONE, "smoke", Options(changes=ONCE))
    return record.sha256(), steps(places / "steps.log")[0][1]


def test_training_goes_on_at_its_checkpoint(places, halfway):
    folder, whole = halfway
    assert again(places) == (whole, 200)
    assert not folder.exists(), "nothing is left of it"


@pytest.mark.parametrize("garbage", [b"", b"torn", b"PK\x03\x04" + bytes(200)])
def test_a_torn_checkpoint_costs_the_time_since_the_one_before(places, halfway, garbage, caplog):
    folder, whole = halfway
    (folder / "checkpoint.pt").write_bytes(garbage)
    assert again(places) == (whole, 150)
    assert "checkpoint.pt is damaged" in caplog.text and not folder.exists()


def test_two_torn_checkpoints_cost_all_of_it(places, halfway):
    folder, whole = halfway
    for name in ("checkpoint.pt", "previous.pt"):
        (folder / name).write_bytes(b"torn")
    assert again(places) == (whole, 0)


@pytest.mark.parametrize("lost", ["all", "some"])
def test_without_its_rows_a_checkpoint_is_not_believed(places, halfway, lost):
    folder, whole = halfway
    rows = folder / "rows.jsonl"
    rows.unlink() if lost == "all" else rows.write_text(rows.read_text()[:-5])
    assert again(places) == (whole, 0)


def test_rows_of_steps_that_are_taken_again_are_not_there_twice(places, halfway):
    """As after a kill between a row and the next checkpoint, in the middle of a line."""
    folder, whole = halfway
    with (folder / "rows.jsonl").open("a") as file:
        file.write('[0, "height", 299, "", 0.5]\n[0, "hei')
    assert again(places) == (whole, 200)


def test_what_killed_writers_left_is_swept_up(places, finished):
    _, files = finished
    torn = files["arm-2"].with_name(files["arm-2"].name + ".99999.tmp")
    torn.write_bytes(b"half")
    os.utime(torn, (0, 0))
    files["arm-2"].unlink()
    run_exhibit(EXHIBIT, "smoke")
    for path in files.values():
        assert {p.name for p in path.parent.iterdir()} == {"lock", path.name}
    assert not (places / "runs/groups").exists()


def test_what_a_live_writer_is_at_stays(places, finished):
    """`merge` writes without the run's lock: its file must still be there when it is put in its place."""
    _, files = finished
    being_written = files["arm-2"].with_name(f"0123456789abcdef.json.{os.getpid()}-1.tmp")
    being_written.write_bytes(b"half")
    files["arm-2"].unlink()
    run_exhibit(EXHIBIT, "smoke")
    assert files["arm-2"].exists() and being_written.read_bytes() == b"half"
