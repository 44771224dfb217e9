"""Downloads from a real server that misbehaves: the published bytes or a sentence a mirror."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import pytest
from datahelp import BLOBS
from misbehaving import wait_for

from repro.data.fetch.download import Downloads, NoMirrorError
from repro.data.fetch.request import AUTOMATIC, Limits, UselessError, ask

BRISK = Limits(connect=1, answer=0.7, unreachable=1.4, stall=0.7, window=0.3, slowest=4096, total=8)

CALM = replace(
    BRISK, answer=10, unreachable=20, stall=10
)  # where nobody is silent: a busy machine may be slow
SILENT = {"silent", "late", "stall"}


@pytest.fixture
def one(small):
    return small.files[0]


def attempt(server, behaviours, limits=None):
    limits = limits or (BRISK if SILENT.intersection(behaviours) else CALM)
    return Downloads([server.mirror(b) for b in behaviours], limits)


def partials(folder):
    return [p.name for p in folder.iterdir() if p.stat().st_size]


RECOVERS = [
    "good",
    "chunked",
    "norange",
    "redirect",
    "cut",
    "cut_norange",
    "cut_unannounced",
    "elsewhere",
    "forgetful",
    "paced",
]
FAILS = {
    "absent": "answers HTTP 404",
    "broken": "answers HTTP 503",
    "wrong": "sent other bytes",
    "page": "offers 26 bytes, not the file's 300000",
    "enormous": "offers 1000000000000 bytes",
    "endless": "sends more than the file's 300000 bytes",
    "no_body": "the answer broke off",
    "loop": "more than 5 redirects",
    "silent": r"no answer in 0\.7 s|no answer in time",
    "late": r"no answer in 0\.7 s|no answer in time",
    "stall": "stopped sending",
    "trickle": "too slow: .* bytes in 0 s",
}


@pytest.mark.parametrize("behaviour", RECOVERS)
def test_one_mirror_that_recovers_is_enough(server, one, tmp_path, behaviour):
    attempt(server, [behaviour]).get(one, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BLOBS["one.bin"]
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("behaviour", FAILS)
def test_a_bad_mirror_is_named_and_the_next_one_gives_the_file(server, one, tmp_path, behaviour):
    began = time.monotonic()
    with pytest.raises(NoMirrorError, match=rf"/{behaviour}/(one\.bin)? ({FAILS[behaviour]})"):
        attempt(server, [behaviour]).get(one, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    attempt(server, [behaviour, "good"]).get(one, tmp_path / "y")
    assert (tmp_path / "y").read_bytes() == BLOBS["one.bin"]
    assert time.monotonic() - began < 8


def test_a_cut_is_resumed_where_it_happened(server, one, tmp_path):
    attempt(server, ["cut"]).get(one, tmp_path / "x")
    ranges = [r for _, _, r in server.seen]
    assert ranges == [None, "bytes=150000-"]


def test_what_one_mirror_began_the_next_one_finishes(server, one, tmp_path):
    attempt(server, ["stall", "good"]).get(one, tmp_path / "x")
    assert server.seen == [("stall", "one.bin", None), ("good", "one.bin", "bytes=1000-")]
    assert (tmp_path / "x").read_bytes() == BLOBS["one.bin"]


def test_a_mirror_that_cuts_for_ever_is_left_after_three_requests(server, one, tmp_path):
    with pytest.raises(NoMirrorError, match="did not finish in 3 requests"):
        attempt(server, ["always_cut"]).get(one, tmp_path / "x")
    assert [r for _, _, r in server.seen] == [None, "bytes=150000-", "bytes=225000-"]
    assert partials(tmp_path) == ["x.part"]
    attempt(server, ["good"]).get(one, tmp_path / "x")  # a later attempt goes on from there
    assert server.seen[-1] == ("good", "one.bin", "bytes=262500-")
    assert (tmp_path / "x").read_bytes() == BLOBS["one.bin"]


@pytest.mark.parametrize("rubbish", [b"rubbish", b"!" * 299_999, b"!" * 300_000, b"!" * 300_001])
def test_rubbish_of_an_earlier_attempt_is_not_held_against_the_mirror(server, one, tmp_path, rubbish):
    (tmp_path / "x.part").write_bytes(rubbish)
    attempt(server, ["good"]).get(one, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BLOBS["one.bin"]


def test_wrong_bytes_leave_nothing_behind(server, one, tmp_path):
    with pytest.raises(NoMirrorError, match=r"sent other bytes .SHA-256 [0-9a-f]{64}"):
        attempt(server, ["wrong"]).get(one, tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_too_much_is_cut_off_early(server, one, tmp_path):
    with pytest.raises(NoMirrorError):
        attempt(server, ["endless"]).get(one, tmp_path / "x")
    assert not partials(tmp_path)
    assert server.client_left.wait(5)


@pytest.mark.parametrize("behaviour", ["trickle", "late"])
def test_a_mirror_given_up_is_hung_up_on(server, one, tmp_path, behaviour):
    with pytest.raises(NoMirrorError):
        attempt(server, [behaviour]).get(one, tmp_path / "x")
    assert server.client_left.wait(5)
    assert wait_for(lambda: not [t for t in threading.enumerate() if t.name == "bounded-http"])


def test_a_useless_mirror_is_not_asked_for_the_next_file(server, small, tmp_path):
    downloads = attempt(server, ["silent", "trickle", "absent", "good"])
    for file in small.files:
        downloads.get(file, tmp_path / file.name)
        assert (tmp_path / file.name).read_bytes() == BLOBS[file.name]
    assert [(b, n) for b, n, _ in server.seen if n == "two.bin"] == [
        ("absent", "two.bin"),
        ("good", "two.bin"),
    ]


def test_many_dead_mirrors_share_one_budget(server, one, tmp_path):
    began = time.monotonic()
    with pytest.raises(NoMirrorError, match="not asked: out of time") as error:
        attempt(server, ["silent"] * 6).get(one, tmp_path / "x")
    assert 1.3 < time.monotonic() - began < 5
    assert error.value.network_out


def test_the_network_is_out_only_if_nobody_answered(one, server, tmp_path):
    nobody = "http://127.0.0.1:9/"
    for others, out in (([], True), ([server.mirror("absent")], False), ([server.mirror("trickle")], False)):
        with pytest.raises(NoMirrorError, match="no connection") as error:
            Downloads([nobody, *others], BRISK).get(one, tmp_path / "x")
        assert error.value.network_out is out


def test_a_name_look_up_that_hangs_is_given_up(monkeypatch, one, tmp_path):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: release.wait(20) or [])
    began = time.monotonic()
    with pytest.raises(NoMirrorError, match="no answer"):
        Downloads(["http://a.invalid/", "http://b.invalid/"], BRISK).get(one, tmp_path / "x")
    assert time.monotonic() - began < 5
    release.set()
    assert wait_for(lambda: not [t for t in threading.enumerate() if t.name == "bounded-http"])


def test_nonsense_addresses_are_no_worse_than_dead_ones(one, tmp_path):
    for address in ("ftp://127.0.0.1/", "nonsense", "http://", "http://127.0.0.1:99999/"):
        with pytest.raises(NoMirrorError):
            Downloads([address], BRISK).get(one, tmp_path / "x")


def test_the_whole_download_has_an_end(server, one, tmp_path):
    slow_but_steady = replace(CALM, total=0.3)
    with pytest.raises(NoMirrorError, match=r"too slow: \d+ of 300000 bytes"):
        attempt(server, ["paced"], slow_but_steady).get(one, tmp_path / "x")
    assert partials(tmp_path) == ["x.part"]


def test_progress_is_told_from_start_to_end(server, one, tmp_path):
    told = []
    Downloads([server.mirror("cut")], CALM, lambda *a: told.append(a)).get(one, tmp_path / "x")
    sizes = [n for _, n, _ in told]
    assert sizes == sorted(set(sizes)) and sizes[-1] == 300_000
    assert {(name, total) for name, _, total in told} == {("one.bin", 300_000)}


def test_an_answer_in_time_is_returned_and_a_late_one_is_not(server):
    with ask(server.mirror("good") + "one.bin", 0, CALM, 10.0) as answer:
        assert answer.status == 200
    with pytest.raises(UselessError, match=r"no answer in 0\.1 s"):
        ask(server.mirror("silent") + "one.bin", 0, BRISK, 0.1)


def test_automatic_downloads_stay_within_ten_seconds_without_a_network():
    assert AUTOMATIC.connect <= 3 and AUTOMATIC.unreachable < 10


def test_settings_that_name_no_file_are_not_taken_for_a_full_disk(monkeypatch):
    """REQUESTS_CA_BUNDLE of another machine: the mirror cannot be asked, and the reason is said."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/ca.pem")
    with pytest.raises(UselessError, match=r"no certificate authorities in '/nonexistent/ca\.pem'"):
        ask("https://127.0.0.1:9/one.bin", 0, CALM, 10.0)
