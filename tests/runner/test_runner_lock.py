"""Waiting for another runner: never in silence, never past the time that was given."""

import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from repro.errors import OutOfTimeError
from repro.runner import cache, lock
from repro.runner.lock import locked

KEY = "0" * 64


@pytest.fixture
def held(tmp_path, monkeypatch):
    """A lock that another thread holds until the event is set."""
    monkeypatch.setattr(lock, "PATIENCE_S", 0.1)
    folder = cache.folder_of(str(tmp_path), KEY)
    folder.mkdir(parents=True)
    taken, enough = threading.Event(), threading.Event()

    def hold():
        with FileLock(folder / "lock"):
            taken.set()
            enough.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    assert taken.wait(10)
    yield enough
    enough.set()
    other.join()


def test_a_runner_that_waits_says_for_whom_and_goes_on(held, tmp_path, caplog):
    threading.Timer(0.6, held.set).start()
    with locked(str(tmp_path), [KEY], None):
        pass
    (said,) = [r.getMessage() for r in caplog.records]
    assert said.startswith("waiting for another runner that holds ") and said.endswith("lock")


def test_time_that_is_up_ends_the_waiting(held, tmp_path):
    began = time.time()
    with pytest.raises(OutOfTimeError, match="another runner"), locked(str(tmp_path), [KEY], began + 0.4):
        pass
    assert 0.3 < time.time() - began < 5


def test_a_free_lock_is_taken_without_a_word(tmp_path, caplog):
    with locked(str(tmp_path), [KEY], None):
        assert not caplog.records


def test_locks_are_taken_in_one_order_whatever_order_is_asked_for(tmp_path, monkeypatch):
    """Two runners of the same arms would wait for each other otherwise. A key that comes twice is locked once."""
    taken = []

    class Noted(FileLock):
        def acquire(self, *given, **more):
            taken.append(Path(self.lock_file).parent)
            return super().acquire(*given, **more)

    monkeypatch.setattr("filelock.FileLock", Noted)
    keys = [f"{n * 5 % 12:064x}" for n in range(12)]
    wanted = [cache.folder_of(str(tmp_path), key) for key in sorted(keys)]
    for asked in (keys, keys[::-1], iter([*keys, *keys])):
        with locked(str(tmp_path), asked, None):
            assert taken == wanted
        taken.clear()
