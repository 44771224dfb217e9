"""Notebooks side by side: which start when, what is said meanwhile, how all of them stop."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from repro.errors import BadValueError
from repro.exhibits import all_exhibits, get
from repro.notebook import beside, process
from repro.notebook.execute import execute_all

SHARED = ("dni/table1", "dni/fig4", "dni/fig16")


def started(exhibits, workers, trains=True, seconds=0.05):
    """Exhibit id → (when it began, when it ended), of notebooks that only wait."""
    times = {}

    def one(exhibit, _):
        began = time.monotonic()
        time.sleep(seconds)
        times[exhibit.id] = (began, time.monotonic())
        return exhibit.id

    done = beside.side_by_side(exhibits, workers, one, trains)
    assert done == {e.id: e.id for e in exhibits}
    return times


def most_at_once(times):
    return max(sum(a <= began < b for a, b in times.values()) for began, _ in times.values())


def test_as_many_as_asked_for_run_at_a_time():
    assert most_at_once(started([get(i) for i in ("sg/fig2", "sg/fig4", "sg/fig5", "sg/fig6")], 3)) == 3
    assert most_at_once(started([get(i) for i in ("sg/fig2", "sg/fig4", "sg/fig5")], 1)) == 1


def test_who_shows_the_same_runs_waits_for_who_trains_them():
    times = started([get(i) for i in (*SHARED, "sg/fig6")], 4)
    first, *others = (times[i] for i in SHARED)
    assert all(began >= first[1] for began, _ in others)
    assert others[1][0] < others[0][1], "both only read what the first one trained"
    assert times["sg/fig6"][0] < first[1], "one that shows other runs does not wait"


def test_where_nothing_is_trained_none_waits():
    assert most_at_once(started([get(i) for i in (*SHARED, "meprop/table7")], 4, trains=False)) == 4


def test_one_that_measures_time_runs_alone_after_the_others():
    alone = [e for e in all_exhibits() if e.alone]
    assert len(alone) >= 2
    times = started(beside.longest_first([*alone, get("sg/fig6"), get("sg/fig2")], "quick"), 4)
    for exhibit in alone:
        began, ended = times[exhibit.id]
        assert all(b <= began or a >= ended for i, (a, b) in times.items() if i != exhibit.id)
        assert began >= max(times["sg/fig6"][1], times["sg/fig2"][1])


def test_one_that_measures_time_lets_none_start_beside_it():
    first, other = get("meprop/table7"), get("sg/fig6")
    assert first.alone and beside.next_to_start([first, other], [], set()) == first
    assert beside.next_to_start([other], [first], set()) is None
    assert beside.next_to_start([first, other], [get("sg/fig2")], set()) == other


def test_the_longest_starts_first_by_the_committed_records(tmp_path, monkeypatch):
    for name, seconds in (("sg/fig2", 3.0), ("sg/fig4", 40.0)):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "quick.json").write_text(json.dumps({"timing": {"wall_s": seconds}}))
    (tmp_path / "sg/fig6").mkdir()
    (tmp_path / "sg/fig6/quick.json").write_text("torn")
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    exhibits = [get(i) for i in ("meprop/table7", "sg/fig2", "sg/fig4", "sg/fig5")]
    order = [e.id for e in beside.longest_first(exhibits, "quick")]
    assert order == ["sg/fig5", "sg/fig4", "sg/fig2", "meprop/table7"], (
        "of fig5 nothing is known: it may be long"
    )
    assert beside.recorded_s(get("sg/fig6"), "quick") == math.inf


def test_an_error_of_ours_stops_the_rest():
    stopped = threading.Event()

    def one(exhibit, stop):
        if exhibit.id == "sg/fig2":
            raise OSError("the disk is full")
        assert stop.wait(30)
        stopped.set()

    with pytest.raises(OSError, match="the disk is full"):
        beside.side_by_side([get("sg/fig6"), get("sg/fig2"), get("sg/fig4")], 2, one)
    assert stopped.is_set()


def test_fewer_than_one_is_refused(tmp_path):
    with pytest.raises(BadValueError, match="workers is 0"):
        execute_all(["sg/fig6"], "smoke", tmp_path, "run", print, workers=0)


def test_a_notebook_has_one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    said = []
    code = "import os; print(*(os.environ[n] for n in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS')))"
    assert process.run([sys.executable, "-c", code], said.append, 60) == ""
    assert said == ["1 1"]


STOPPED = """
import os, signal, sys
from repro.cli import reproduce
from repro.cli.app import main
from repro.notebook import batch, process
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
child = "import os, time; print(os.getpid(), flush=True); time.sleep(100)"
run = process.run
fast = [sys.executable, "-c", "pass"]
slow = [sys.executable, "-c", child]
process.run = lambda command, *rest: run(fast if "fig2" in command[3] else slow, *rest)
batch.load = lambda *_: None  # no record is made here
batch._outcome = lambda one: "ended"
sys.exit(main(["reproduce", "sg/fig6", "sg/fig2", "sg/fig4", "--workers", "2", "--out", sys.argv[1]]))
"""


@pytest.mark.parametrize(
    "number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_all_notebooks(number, code, tmp_path):
    """Without it they train on for hours and hold their locks. Ctrl-C says what is kept."""
    heard = (
        f"import signal; signal.signal({int(number)}, signal.SIG_DFL)\n" if number != signal.SIGINT else ""
    )
    command = [sys.executable, "-c", heard + STOPPED, str(tmp_path)]  # whoever runs the tests may ignore it
    children, ended = [], False
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while len(children) < 2 or not ended:
            line = running.stdout.readline().strip()
            assert line, running.stderr.read()
            ended |= line == "[1/3] sg/fig2: ended"
            if line.split()[-1].isdigit():
                children.append(int(line.split()[-1]))
        running.send_signal(number)
        _, trouble = running.communicate(timeout=30)
    assert running.returncode == code
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    if number == signal.SIGINT:
        assert "stopped: 1 of 3 notebooks are done (sg/fig2), and kept in" in trouble
        assert "what has been trained is kept too. The same command goes on from there" in trouble
        assert "Traceback" not in trouble
