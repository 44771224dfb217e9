"""Answers that no honest server gives: each ends in the module's own error, in little memory and time."""

import gzip
import random
import subprocess
import sys
import threading
import time
import tracemalloc

import pytest
from metadata_server import endless, good, raw, running, send, status

from metadata.errors import FetchError
from metadata.fetch import Client, Limits

QUICK = Limits(attempts=2, backoff_s=0.01, read_s=2, total_s=5)
BODY = b"x" * 1000


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as site:
        yield site


def client(limits=QUICK):
    return Client("test/1", limits, sleep=lambda s: None)


def peak_of(site, path):
    """The error of a fetch, and the memory that it took at most, in bytes."""
    tracemalloc.start()
    try:
        with pytest.raises(FetchError) as caught:
            client().read(f"{site.base}{path}", bytes)
        return caught.value, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BOMB = gzip.compress(gzip.compress(b"\0" * 50_000_000))


@pytest.mark.parametrize("code", [200, 206, 301, 302, 303, 307, 308, 400, 404, 418, 429, 500, 503])
@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip", "deflate", "br", "identity"])
def test_bodies_of_every_status_are_bounded(site, code, encoding):
    headers = {"Content-Encoding": encoding, "Location": "/x", "Content-Length": str(len(BOMB))}
    site.serve("/x", lambda h: send(h, code, headers, BOMB))
    if (code, encoding) == (200, "identity"):
        assert client().read(f"{site.base}/x", bytes) == BOMB  # as it came, never unpacked
        return
    _, peak = peak_of(site, "/x")
    assert peak < 4_000_000


@pytest.mark.parametrize("code", [302, 404, 500])
def test_an_endless_body_is_not_read(site, code):
    def behave(handler):
        handler.send_response(code)
        handler.send_header("Location", "/x")
        endless(handler)

    site.serve("/x", behave)
    start = time.monotonic()
    _, peak = peak_of(site, "/x")
    assert peak < 8_000_000
    assert time.monotonic() - start < 8


@pytest.mark.parametrize(
    "target",
    [
        "http://[::1", "http://[evil]/", "//[", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "https://exa℀mple.org/",
        "https://user:secret@127.0.0.1/", "file:///etc/hostname", "javascript:alert(1)", "ssh:///x",
        "https://127.0.0.1@evil.example/", "http://127.0.0.1.evil.example/", "//evil.example/x",
    ],
)  # fmt: skip
def test_redirects_to_nowhere_good(site, target):
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
    site.serve("/x", raw(head + target.encode() + b"\r\n\r\n"))
    with pytest.raises(FetchError, match=r"redirected elsewhere|malformed"):
        client().read(f"{site.base}/x", bytes)


@pytest.mark.parametrize("target", ["/é", "/\xff", "/a b", "?q=%zz", "", "/x#y", "./y/../y"])
def test_odd_redirects_on_the_host_raise_nothing_else(site, target):
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
    site.serve("/x", raw(head + target.encode("latin-1", "replace") + b"\r\n\r\n"))
    with pytest.raises(FetchError):
        client().read(f"{site.base}/x", bytes)


OK, CHUNKED = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADS = {
    "no status": b"\r\n\r\n",
    "garbage": b"\x00\xff\x16\x03garbage\r\n",
    "HTTP/9.9": b"HTTP/9.9 200 OK\r\n\r\n",
    "status text": b"HTTP/1.1 abc OK\r\n\r\n",
    "status 99999": b"HTTP/1.1 99999 OK\r\n\r\n",
    "status -1": b"HTTP/1.1 -1 x\r\n\r\n",
    "length text": OK + b"Content-Length: many\r\n\r\n",
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "length -5": OK + b"Content-Length: -5\r\n\r\nabcdef",
    "short": OK + b"Content-Length: 50\r\n\r\nabc",
    "chunk -5": CHUNKED + b"-5\r\nabc\r\n0\r\n\r\n",
    "chunk text": CHUNKED + b"zz\r\nabc",
    "chunk cut": CHUNKED + b"ff\r\nabc",
    "chunk huge": CHUNKED + b"f" * 3000 + b"\r\nabc",
    "chunk line": CHUNKED + b"1" * 3_000_000,
    "long line": OK + b"X: " + b"a" * 3_000_000,
    "many lines": OK + b"A: b\r\n" * 100_000,
    "retry after": b"HTTP/1.1 429 X\r\nContent-Length: 0\r\nRetry-After: 1 Jan 99999999999 00:00:00 +9999\r\n\r\n",
    "location twice": b"HTTP/1.1 302 X\r\nLocation: /y\r\nLocation: http://[\r\n\r\n",
    "encoding": OK + b"Content-Encoding: \xff\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_every_malformed_head_ends_in_our_own_error(site, head):
    site.serve("/x", raw(head))
    _, peak = peak_of(site, "/x")
    assert peak < 16_000_000


def test_mutated_heads_raise_nothing_else(site):
    rng = random.Random(20261126)
    seeds = [h for h in HEADS.values() if 0 < len(h) < 500]
    ended = []
    for turn in range(150):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        site.serve("/x", raw(bytes(data)))
        try:
            client(Limits(attempts=1, read_s=0.5, total_s=2)).read(f"{site.base}/x", bytes)
            ended.append(turn)
        except FetchError:
            pass
    assert len(ended) < 100


def test_endless_interim_answers_and_trailers_end_in_time(monkeypatch):
    def on_and_on(handler, first, line):
        handler.wfile.write(first)
        while True:
            handler.wfile.write(line)

    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    before = set(threading.enumerate())
    with running() as site:
        for first, line in ((b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (head, b"A: b\r\n")):
            site.serve("/x", lambda h, f=first, n=line: on_and_on(h, f, n))
            start = time.monotonic()
            with pytest.raises(FetchError):
                client(Limits(attempts=1, total_s=0.5)).read(f"{site.base}/x", bytes)
            assert time.monotonic() - start < 3
    left = set(threading.enumerate()) - before
    assert not [t for t in left if t.join(20) or t.is_alive()], "busy beside all tests that follow"


def test_parsing_counts_towards_the_time_limit(site):
    site.serve("/x", good(BODY))
    start = time.monotonic()
    with pytest.raises(FetchError, match=r"no answer in 0\.3 s"):
        client(Limits(attempts=1, total_s=0.3)).read(f"{site.base}/x", lambda body: time.sleep(5))
    assert time.monotonic() - start < 3


def test_no_netrc_no_cookies(site, monkeypatch, tmp_path):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    site.serve("/x", status(302, Location="/y", Set_Cookie="a=b"))
    site.serve("/y", good(BODY))
    assert client().read(f"{site.base}/x", bytes) == BODY
    for _, headers in site.requests:
        assert not {"Authorization", "Cookie"} & set(headers)


def test_a_proxy_of_the_environment_is_used(site, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", site.base)
    site.serve("http://localhost:9/x", good(BODY))
    assert client().read("http://localhost:9/x", bytes) == BODY


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_memory_of_a_bomb_as_the_system_counts_it(site):
    site.serve("/x", lambda h: send(h, 302, {"Content-Encoding": "gzip, gzip", "Location": "/x"}, BOMB))
    code = f"""
from metadata.errors import FetchError
from metadata.fetch import Client, Limits
def peak():  # of this program; ru_maxrss would begin with that of whoever started it
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
before = peak()
try:
    Client("test/1", Limits(attempts=1)).read("{site.base}/x", bytes)
except FetchError:
    print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 32_000  # kB; it was 1.2 GB
