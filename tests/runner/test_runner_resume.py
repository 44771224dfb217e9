"""Killed at any moment, on one or two processes: the next call finishes the work and the record is the same."""

import itertools
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from tiny_exhibit import EXHIBIT

from repro.record import csv_text, load
from repro.runner.run import Options, run_exhibit

LONG = ("--profile", "smoke", "--set", "steps=300", "--set", "pause=0.001", "--checkpoint-s", "0.05")
SAME = {"steps": 300, "pause": 0.001}


def steps(log):
    """(run, step, process) of every step that was really computed, in order."""
    text = log.read_text() if log.exists() else ""
    return [(name, int(t), int(pid)) for name, t, pid in (x.split() for x in text.splitlines()[:-1])]


def wait_for(condition, seconds=200):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def undisturbed(places, monkeypatch):
    monkeypatch.setenv("TINY_LOG", str(places / "other.log"))
    record = run_exhibit(EXHIBIT, "smoke", Options(settings=SAME, runs_dir=str(places / "other")))
    monkeypatch.setenv("TINY_LOG", str(places / "steps.log"))
    return record


@pytest.mark.slow
def test_killed_again_and_again_the_record_is_the_undisturbed_one(cli, places, undisturbed):
    log, rng = places / "steps.log", random.Random(os.getpid())
    for _ in range(3):
        process = cli("run", "meprop/tiny", *LONG, start=True)
        enough = len(steps(log)) + rng.randint(90, 390)
        wait_for(lambda n=enough, p=process: len(steps(log)) >= n or p.poll() is not None)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    last = cli("run", "meprop/tiny", *LONG)
    assert last.returncode == 0, last.stderr
    record = load(places / "output", "meprop/tiny", "smoke")
    assert record.sha256() == undisturbed.sha256()
    assert csv_text(record.rows) == csv_text(undisturbed.rows)
    resumed = [t for (a, _, p), (b, t, q) in pairs(steps(log)) if a == b and p != q]
    assert any(t > 0 for t in resumed), "no run was continued from its checkpoint"
    assert len(steps(log)) < 4 * 300 * 2


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
    record = run_exhibit(EXHIBIT, "smoke", Options(settings=SAME))
    assert record.sha256() == undisturbed.sha256()
    assert len(steps(log)) < 4 * 300 + 2 * 200, "the killed workers' steps were thrown away"


@pytest.mark.slow
def test_two_runners_at_once_share_the_pieces(cli, places, undisturbed):
    both = [cli("run", "meprop/tiny", *LONG, "--out", places / out, start=True) for out in "ab"]
    for process in both:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    counted = Counter((name, t) for name, t, _ in steps(places / "steps.log"))
    assert set(counted.values()) == {1}, "a step was computed by both"
    for out in "ab":
        assert load(places / out, "meprop/tiny", "smoke").sha256() == undisturbed.sha256()


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
    """A record, and the folder of each of its pieces by arm."""
    record = run_exhibit(EXHIBIT, "smoke")
    folders = {p.read_text().split('"id": "')[1].split('"')[0]: p.parent for p in places.rglob("piece.json")}
    (places / "steps.log").unlink()
    return record, folders


def test_finished_pieces_are_not_computed_again(places, finished):
    assert run_exhibit(EXHIBIT, "smoke").sha256() == finished[0].sha256()
    assert not (places / "steps.log").exists()


@pytest.mark.parametrize("damage", ["torn", "empty", "another piece's", "not a result"])
def test_a_damaged_result_is_computed_again_and_no_other(places, finished, damage):
    record, folders = finished
    path = folders["arm-2"] / "result.json"
    other = (folders["arm-1"] / "result.json").read_text()
    whole = path.read_text()
    path.write_text(
        {"torn": whole[:-40], "empty": "", "not a result": "[1, 2]", "another piece's": other}[damage]
    )
    assert run_exhibit(EXHIBIT, "smoke").sha256() == record.sha256()
    assert {name for name, _, _ in steps(places / "steps.log")} == {"arm-2/0"}


@pytest.mark.parametrize("garbage", [b"", b"torn", b"PK\x03\x04" + bytes(200)])
def test_a_torn_checkpoint_costs_only_time(places, finished, garbage):
    record, folders = finished
    (folders["arm-3"] / "result.json").unlink()
    (folders["arm-3"] / "checkpoint.pt").write_bytes(garbage)
    assert run_exhibit(EXHIBIT, "smoke").sha256() == record.sha256()
    assert len(steps(places / "steps.log")) >= 18
    assert not (folders["arm-3"] / "checkpoint.pt").exists()


def test_nothing_is_left_beside_the_result(places, finished):
    _, folders = finished
    shutil.rmtree(folders["arm-1"])
    torn = folders["arm-2"] / "checkpoint.99999.tmp"
    torn.write_bytes(b"half")
    (folders["arm-2"] / "result.json").unlink()
    run_exhibit(EXHIBIT, "smoke")
    for folder in folders.values():
        assert {p.name for p in folder.iterdir()} <= {"lock", "piece.json", "result.json"}
