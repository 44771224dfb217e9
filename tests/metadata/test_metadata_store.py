"""Files change together or not at all: Ctrl-C, a full disk, a folder that cannot be written, two writers."""

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from metadata_samples import atom, copy_records

from metadata import load_pins, pins
from metadata.cli import main
from metadata.errors import RefusedUpdateError, WriteError
from metadata.pins import committed, refresh
from metadata.pins import committed as store
from metadata.pins.refresh import Update

FEED = "arxiv-atom-1703.00522v1.xml"


@pytest.fixture
def place(tmp_path):
    folder = copy_records(tmp_path)
    file = tmp_path / "pins.json"
    file.write_bytes(pins.PINS_FILE.read_bytes())
    pins._load.cache_clear()
    return {"directory": folder, "pins_file": file}


def content(place):
    files = {p.name: p.read_bytes() for p in place["directory"].iterdir()}
    return files | {"pins.json": place["pins_file"].read_bytes()}


def apply(made):
    committed.replace(made.files, made.expected)


def plan(place, data=None):
    return refresh.plan([Update(FEED, data or atom(), ("+",))], **place)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device"), MemoryError])
@pytest.mark.parametrize("after", range(4))
def test_all_or_nothing_wherever_it_is_interrupted(place, monkeypatch, error, after):
    before, made, replace = content(place), plan(place), Path.replace
    calls = []

    def interrupted(self, target):
        if self.name.endswith(".new.tmp"):
            calls.append(target)
            if len(calls) == after + 1:
                raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    if after == 3:  # three files are replaced, then nothing fails any more
        apply(made)
        assert {n for n, d in content(place).items() if before.get(n) != d} == {
            FEED,
            committed.MANIFEST,
            "pins.json",
        }
    else:
        with pytest.raises((KeyboardInterrupt, WriteError, MemoryError)):
            apply(made)
        assert content(place) == before
    assert not list(place["directory"].glob(".*.tmp"))
    assert committed.load(place["directory"])


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_disk_that_is_full_beforehand(place, monkeypatch, call):
    def full(*args):
        raise OSError(28, "No space left on device")

    before, made = content(place), plan(place)
    monkeypatch.setattr(os, call, full)
    with pytest.raises(WriteError, match=r"No space left.*nothing was changed"):
        apply(made)
    assert content(place) == before


def test_ctrl_c_while_replacing_leaves_what_fits_together(place, monkeypatch, capsys):
    made, replace = plan(place), Path.replace

    def pressed(self, target):
        os.kill(os.getpid(), signal.SIGINT)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", pressed)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has another
    try:
        apply(made)  # all of it
        with pytest.raises(KeyboardInterrupt):  # and then Ctrl-C works again
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    monkeypatch.setattr(Path, "replace", replace)
    assert content(place)[FEED] == atom()
    assert committed.load(place["directory"])

    def command(options):
        raise KeyboardInterrupt

    from metadata import commands

    monkeypatch.setattr(commands, "pins", command)
    assert main(["pins", "--write"]) == 130
    assert "nothing was changed, or all that was to be" in capsys.readouterr().err


def test_of_two_writers_one_is_refused(place):
    first, second = plan(place), plan(place, atom(now="2027-01-01T00:00:00Z"))
    apply(first)
    after = content(place)
    with pytest.raises(RefusedUpdateError, match="meanwhile"):
        apply(second)
    assert content(place) == after


def test_writers_at_the_same_time_leave_what_fits_together(place):
    made = [plan(place, atom(now=f"2027-01-0{i}T00:00:00Z")) for i in range(1, 7)]
    outcomes = []

    def write(one):
        try:
            apply(one)
            outcomes.append("written")
        except RefusedUpdateError:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["written"]
    assert len(committed.load(place["directory"]).documents) == 6


def test_a_held_lock_is_waited_for_and_not_for_ever(place, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(store, "_LOCK_S", 0.1)
    made, before = plan(place), content(place)
    with (
        FileLock(place["directory"].parent / ".lock"),
        pytest.raises(WriteError, match="someone else is writing"),
    ):
        apply(made)
    assert content(place) == before


@pytest.mark.skipif(sys.platform == "win32", reason="limits of the process")
def test_a_limit_on_file_size_is_an_error_and_leaves_nothing(tmp_path):
    file = tmp_path / "pins.json"
    file.write_text("old")
    code = f"""
from pathlib import Path
from metadata.errors import WriteError
from metadata.pins import committed as store
try:
    store.replace({{Path({str(file)!r}): b"new" * 10000}}, {{}})
except WriteError as e:
    print(e)
"""

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, preexec_fn=limited, check=True
    )
    assert "nothing was changed" in done.stdout
    assert file.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []


def test_an_unwritable_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(WriteError, match="cannot write"):
        store.replace({tmp_path / "file" / "pins.json": b"x"}, {})
    with pytest.raises(WriteError, match="cannot write"):
        store.replace({Path("/proc/no/pins.json"): b"x"}, {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": "UNDERSTANDING SYNTHETIC GRADIENTS AND DECOUPLED NEURAL INTERFACES"}, None),
        ({"categories": "cs.LG cs.NE"}, None),
    ],
)
def test_spelling_alone_does_not_change_a_pin(place, changes, message):
    made = plan(place, atom(**changes))
    assert made.pins["1703.00522v1"].title == load_pins()["1703.00522v1"].title
    assert not [c for c in made.changes if "title" in c]
