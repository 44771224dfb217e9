"""Bringing files into the data folder: one process at a time, the network paid for once, nothing bad kept."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from datahelp import BLOBS, leftovers, put
from misbehaving import wait_for

import metadata
from repro.data.fetch import files, marker
from repro.data.fetch.files import UnavailableError
from repro.data.fetch.obtain import obtain
from repro.data.fetch.request import Limits

LIMITS = Limits(answer=10, unreachable=20, stall=10, window=5, total=20)
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from datahelp import BLOBS, small_source
from repro.data.fetch.obtain import obtain
obtain(small_source(BLOBS), Path({base!r}))
"""


def present(base):
    return {n: (base / "mnist" / n).read_bytes() for n in BLOBS} == BLOBS


def process(base):
    """`obtain` of the small data set in a process of its own."""
    program = PROGRAM.format(here=str(Path(__file__).parent), base=str(base))
    return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)


def use(monkeypatch, server, *behaviours):
    monkeypatch.setenv("REPRO_MIRRORS", ", ".join(server.mirror(b) for b in behaviours))


def test_only_what_is_missing_is_asked_for(small, server, tmp_path, monkeypatch):
    put({"two.bin": BLOBS["two.bin"]}, tmp_path)
    use(monkeypatch, server, "good")
    obtain(small, tmp_path, limits=LIMITS)
    assert [n for _, n, _ in server.seen] == ["one.bin"]
    assert files.examine(small, tmp_path) == ([], {})


def test_a_damaged_file_is_left_alone_unless_a_user_asks(small, server, tmp_path, monkeypatch):
    put({"two.bin": b"damaged"}, tmp_path / "mnist")
    use(monkeypatch, server, "good")
    obtain(small, tmp_path, limits=LIMITS)
    assert [n for _, n, _ in server.seen] == ["one.bin"]
    assert (tmp_path / "mnist" / "two.bin").read_bytes() == b"damaged"
    obtain(small, tmp_path, asked=True, limits=LIMITS)
    assert present(tmp_path)


def test_offline_asks_nobody(small, server, tmp_path, monkeypatch):
    use(monkeypatch, server, "good")
    monkeypatch.setenv("REPRO_OFFLINE", "1")
    for asked in (False, True):
        with pytest.raises(UnavailableError, match="REPRO_OFFLINE is set"):
            obtain(small, tmp_path, asked=asked, limits=LIMITS)
    assert not server.seen and not list(tmp_path.iterdir())
    monkeypatch.setenv("REPRO_OFFLINE", "0")
    obtain(small, tmp_path, limits=LIMITS)
    assert present(tmp_path)


def test_a_set_without_mirrors_says_how_to_get_it(small, tmp_path, monkeypatch):
    monkeypatch.delenv("REPRO_MIRRORS")
    with pytest.raises(UnavailableError, match=r"(?s)no open mirror.*ask the publisher"):
        obtain(replace(small, how="ask the publisher"), tmp_path, asked=True)


def test_a_failure_is_remembered_for_other_processes_but_not_for_ever(small, server, tmp_path, monkeypatch):
    use(monkeypatch, server, "absent", "broken")
    with pytest.raises(UnavailableError, match=r"absent/one\.bin answers HTTP 404; .* HTTP 503"):
        obtain(small, tmp_path, limits=LIMITS)
    asked = len(server.seen)
    marker.forget()  # as a new process
    with pytest.raises(UnavailableError, match="its mirrors failed in the last 10 minutes"):
        obtain(small, tmp_path, limits=LIMITS)
    assert len(server.seen) == asked == 2
    with pytest.raises(UnavailableError, match="HTTP 404"):  # a user who asks is served
        obtain(small, tmp_path, asked=True, limits=LIMITS)


@pytest.mark.parametrize("shift", [marker.LIFE_S + 1, -3600.0], ids=["later", "clock set back"])
def test_the_memory_of_a_failure_ends(small, server, tmp_path, monkeypatch, shift):
    use(monkeypatch, server, "good")
    marker.note(tmp_path, [server.mirror("good")], network_out=True)
    with pytest.raises(UnavailableError, match="failed in the last 10 minutes"):
        obtain(small, tmp_path, limits=LIMITS)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + shift)
    obtain(small, tmp_path, limits=LIMITS)
    assert present(tmp_path)


def test_a_success_clears_the_memory(small, server, tmp_path, monkeypatch):
    marker.note(tmp_path, [server.mirror("good")], True)
    use(monkeypatch, server, "good")
    obtain(small, tmp_path, asked=True, limits=LIMITS)
    assert present(tmp_path) and leftovers(tmp_path) == [".mnist.lock"]
    assert not marker.failed_lately(tmp_path, [server.mirror("good")])


def test_a_network_that_is_out_speaks_for_the_other_sets_too(tmp_path):
    marker.note(tmp_path, ["https://a/"], network_out=True)
    assert marker.failed_lately(tmp_path, ["https://b/"])
    assert not marker.failed_lately(tmp_path, ["http://localhost/"], own_mirrors=True)
    marker.clear(tmp_path)
    marker.note(tmp_path, ["https://a/"], network_out=False)
    assert not marker.failed_lately(tmp_path, ["https://b/"])
    assert not marker.failed_lately(tmp_path, ["https://a/", "https://b/"])
    assert marker.failed_lately(tmp_path, ["https://a/"])


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": "b"}', '{"a": null}', "\x00"])
def test_a_damaged_marker_is_ignored(small, server, tmp_path, monkeypatch, text):
    (tmp_path / marker.NAME).write_text(text)
    use(monkeypatch, server, "good")
    obtain(small, tmp_path, limits=LIMITS)
    assert present(tmp_path)


def test_two_processes_fetch_each_file_once(server, tmp_path, monkeypatch):
    use(monkeypatch, server, "paced")
    both = [process(tmp_path), process(tmp_path)]
    assert [(p.wait(30), p.communicate()[1]) for p in both] == [(0, ""), (0, "")]
    assert present(tmp_path) and leftovers(tmp_path) == [".mnist.lock"]
    assert sorted(n for _, n, _ in server.seen) == ["one.bin", "two.bin"]


def test_a_killed_download_is_resumed_by_the_next_process(small, server, tmp_path, monkeypatch):
    use(monkeypatch, server, "paced")
    killed = process(tmp_path)
    part = tmp_path / "mnist" / "one.bin.part"
    assert wait_for(lambda: part.exists() and part.stat().st_size >= 40_000, 30)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    have = part.stat().st_size
    assert have < 300_000 and files.examine(small, tmp_path) == (list(small.files), {})
    obtain(small, tmp_path, limits=LIMITS)
    assert present(tmp_path) and leftovers(tmp_path) == [".mnist.lock"]
    assert server.seen[1] == ("paced", "one.bin", f"bytes={have}-")


def test_waiting_for_another_process_has_an_end(small, tmp_path, server, monkeypatch):
    filelock = pytest.importorskip("filelock")
    use(monkeypatch, server, "good")
    with (
        filelock.FileLock(tmp_path / ".mnist.lock"),
        pytest.raises(UnavailableError, match="another process has been downloading it for 0 s"),
    ):
        obtain(small, tmp_path, limits=replace(LIMITS, total=0.2))
    assert not server.seen


def test_a_folder_that_cannot_be_made_is_named(small, server, tmp_path, monkeypatch):
    use(monkeypatch, server, "good")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnavailableError, match=r"cannot write to .*file/mnist: Not a directory"):
        obtain(small, tmp_path / "file", limits=LIMITS)
    assert not server.seen


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(small, server, tmp_path, monkeypatch):
    use(monkeypatch, server, "good")
    tmp_path.chmod(0o500)
    with pytest.raises(UnavailableError, match=r"cannot write to .*: Permission denied"):
        obtain(small, tmp_path, limits=LIMITS)


def test_a_full_disk_is_named_and_the_download_goes_on_later(small, server, tmp_path, monkeypatch):
    use(monkeypatch, server, "good")
    # writes beyond the limit fail, as on a full disk
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(UnavailableError, match=r"cannot write to .*mnist: File too large"):
            obtain(small, tmp_path, limits=LIMITS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(files.examine(small, tmp_path)[0]) == 2
    obtain(small, tmp_path, limits=LIMITS)
    assert present(tmp_path) and server.seen[1] == ("good", "one.bin", "bytes=100000-")


def test_a_machine_without_urllib3_is_told_so(small, tmp_path, monkeypatch):
    for module in ("repro.data.fetch.request", "metadata.http"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.delattr(metadata, "http", raising=False)
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(UnavailableError, match="downloading needs urllib3"):
        obtain(small, tmp_path)
