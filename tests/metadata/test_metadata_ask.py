"""What records and data sets share of the network: ranges, redirects, mirrors without TLS, proxies."""

import base64
import itertools
from contextlib import nullcontext

import pytest
from metadata_server import good, running, send, status

from metadata.errors import FetchError
from metadata.fetch import Client, Limits, NoAnswerError, ask

QUICK = Limits(attempts=2, backoff_s=0.01, read_s=2, total_s=5)
TIMES = (2, 2)  # seconds for a connection, and for the next byte
BODY = b"x" * 1000


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as site:
        yield site


def test_a_proxy_may_ask_for_a_login_and_may_be_gone(site, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", site.base.replace("//", "//someone:p%40ss@"))
    site.serve("http://localhost:9/x", good(BODY))
    assert Client("test/1", QUICK, sleep=lambda s: None).read("http://localhost:9/x", bytes) == BODY
    [(_, headers)] = site.requests
    assert {k.lower(): v for k, v in headers.items()}["proxy-authorization"] == "Basic " + base64.b64encode(
        b"someone:p@ss"
    ).decode()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(FetchError, match="no connection through the proxy, 2 times"):
        Client("test/1", QUICK, sleep=lambda s: None).read("http://localhost:9/x", bytes)


def test_a_stream_resumes_where_it_broke_off(site):
    """What mirrored downloads need: ranges, and bytes as they come."""
    whole = bytes(itertools.islice(itertools.cycle(range(256)), 300_000))
    got = bytearray()

    def serve(handler):
        begin = int((handler.headers.get("Range") or "bytes=0-")[6:-1])
        part = whole[begin:]
        head = {
            "Content-Length": str(len(part)),
            "Content-Range": f"bytes {begin}-{len(whole) - 1}/{len(whole)}",
        }
        send(handler, 206 if begin else 200, head, part[: 100_000 if begin < 200_000 else None])

    site.serve("/x", serve)
    for turn in range(3):
        with ask(f"{site.base}/x", {"Range": f"bytes={len(got)}-"} if got else {}, *TIMES) as answer:
            assert answer.status == (206 if turn else 200)
            with nullcontext() if turn == 2 else pytest.raises(NoAnswerError, match="broke off"):
                while chunk := answer.more():
                    got += chunk
    assert bytes(got) == whole


@pytest.mark.parametrize("published", [True, False])
def test_redirects_leave_the_host_only_over_tls_and_where_a_digest_is_known(site, published):
    asked = []
    with running() as elsewhere:
        elsewhere.serve("/y", good(BODY))
        for target in (f"{elsewhere.base}/y", "http://example.invalid/y", "https://localhost:9/y"):
            site.serve("/x", status(302, Location=target))
            followed = published and target.startswith("https")
            with pytest.raises(NoAnswerError, match="no connection" if followed else "elsewhere"):
                ask(f"{site.base}/x", {}, *TIMES, published=published, before=asked.append)
        assert elsewhere.requests == []
    assert asked.count("localhost:9") == published


def test_a_plain_mirror_is_asked_only_for_what_can_be_checked():
    for published, why in ((True, "unknown host|no connection"), (False, "without TLS")):
        with pytest.raises(NoAnswerError, match=why):
            ask("http://nobody.invalid/x", {}, *TIMES, published=published)


@pytest.mark.parametrize(
    "name, value",
    [
        ("https_proxy", "socks9://x"),
        ("https_proxy", "socks5://127.0.0.1:9"),
        ("https_proxy", "127.0.0.1:99999"),
        ("https_proxy", "http://[half"),
        ("REQUESTS_CA_BUNDLE", "/nowhere"),
    ],
)
def test_settings_of_the_environment_that_mean_nothing_are_our_own_error(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(
        FetchError, match=r"the proxy in the environment is not|no certificate authorities in '/no"
    ):
        Client("test/1", QUICK, sleep=lambda s: None).read("https://nobody.invalid/x", bytes)
