"""Fetching from a server that may be slow, broken or hostile."""

import ipaddress
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from metadata_server import cut_without_length, dripping, endless, good, running, slow, status, truncated

from metadata.errors import FetchError
from metadata.fetch import Client, Limits

AGENT = "test/1"
QUICK = Limits(attempts=3, backoff_s=0.5, gap_s=0)
BODY = b'{"a": 1}' * 100


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as site:
        yield site


@pytest.fixture
def fetcher():
    """A fetcher that does not really sleep; `slept` holds the seconds it would have."""
    waits = []
    fetcher = Client(AGENT, QUICK, sleep=waits.append)
    fetcher.slept = waits
    return fetcher


def test_a_good_answer(site, fetcher):
    site.serve("/x", good(BODY))
    assert fetcher.read(f"{site.base}/x", bytes) == BODY
    assert fetcher.slept == []
    [(_, headers)] = site.requests
    assert headers["User-Agent"] == AGENT
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_server_errors_are_tried_again(site, fetcher, code):
    site.serve("/x", status(code), status(code), good(BODY))
    assert fetcher.read(f"{site.base}/x", bytes) == BODY
    assert fetcher.slept == [0.5, 1.0]  # growing pauses


def test_a_lasting_server_error_is_an_error(site, fetcher):
    site.serve("/x", status(500))
    with pytest.raises(FetchError, match=r"answered 500, 3 times.*nothing was changed"):
        fetcher.read(f"{site.base}/x", bytes)
    assert len(site.requests) == 3


@pytest.mark.parametrize("code", [204, 400, 403, 404, 410])
def test_other_errors_are_not_tried_again(site, fetcher, code):
    site.serve("/x", status(code))
    with pytest.raises(FetchError, match=str(code)):
        fetcher.read(f"{site.base}/x", bytes)
    assert len(site.requests) == 1


def test_retry_after_is_obeyed(site, fetcher):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    site.serve("/x", status(429, Retry_After="7"), status(429, Retry_After=soon), good(BODY))
    assert fetcher.read(f"{site.base}/x", bytes) == BODY
    assert fetcher.slept[0] == 7
    assert 25 < fetcher.slept[1] <= 30


@pytest.mark.parametrize("header", ["3600", "99999999999999999999"])
def test_a_long_retry_after_is_not_waited_for(site, fetcher, header):
    site.serve("/x", status(429, Retry_After=header), good(BODY))
    with pytest.raises(FetchError, match="try again in"):
        fetcher.read(f"{site.base}/x", bytes)
    assert fetcher.slept == []


NONSENSE = [
    "soon",
    "-5",
    "²",
    "Thu, 99 Foo 2026",
    "Mon, 01 Jan 99999999999 00:00:00 GMT",
    "Mon, 01 Jan 2001 00:00:00 +999999",
]


@pytest.mark.parametrize("header", NONSENSE)
def test_a_nonsensical_retry_after_is_ignored(site, fetcher, header):
    site.serve("/x", status(429, Retry_After=header), good(BODY))
    assert fetcher.read(f"{site.base}/x", bytes) == BODY
    assert fetcher.slept == [0.5]


def test_a_truncated_answer_is_never_returned(site, fetcher):
    site.serve("/x", truncated(BODY))
    with pytest.raises(FetchError, match="3 times"):
        fetcher.read(f"{site.base}/x", bytes)
    site.serve("/x", truncated(BODY), good(BODY))
    assert fetcher.read(f"{site.base}/x", bytes) == BODY
    site.serve("/y", cut_without_length(BODY))  # not to be seen here: whoever parses it will
    assert fetcher.read(f"{site.base}/y", bytes) == BODY[: len(BODY) // 2]


def test_redirects_stay_on_the_host(site, fetcher):
    with running() as elsewhere:
        elsewhere.serve("/x", good(BODY))
        for target in (
            f"{elsewhere.base}/x",
            "https://127.0.0.1/x",
            "//example.org/x",
            "file:///etc/hostname",
        ):
            site.serve("/x", status(302, Location=target))
            with pytest.raises(FetchError, match="redirected elsewhere"):
                fetcher.read(f"{site.base}/x", bytes)
        assert elsewhere.requests == []
    site.serve("/x", status(301, Location="/y"))
    site.serve("/y", good(BODY))
    assert fetcher.read(f"{site.base}/x", bytes) == BODY


def test_a_redirect_loop_ends(site, fetcher):
    site.serve("/x", status(302, Location="/x"))
    with pytest.raises(FetchError, match="more than 3 redirects"):
        fetcher.read(f"{site.base}/x", bytes)
    assert len(site.requests) == 4


def test_a_huge_answer_is_cut_short(site, fetcher):
    site.serve("/x", good(b"x" * (QUICK.max_bytes + 1)))
    with pytest.raises(FetchError, match="too large"):
        fetcher.read(f"{site.base}/x", bytes)
    site.serve("/x", endless)
    with pytest.raises(FetchError, match="too large"):
        fetcher.read(f"{site.base}/x", bytes)
    site.serve("/x", good(b"x" * QUICK.max_bytes))
    assert len(fetcher.read(f"{site.base}/x", bytes)) == QUICK.max_bytes


@pytest.mark.parametrize("behaviour", [slow(20), dripping(0.1, 200)])
def test_a_slow_answer_is_given_up(site, behaviour):
    site.serve("/x", behaviour)
    start = time.monotonic()
    with pytest.raises(FetchError, match="no answer in"):
        Client(AGENT, Limits(read_s=0.3, total_s=0.6, attempts=1, gap_s=0)).read(f"{site.base}/x", bytes)
    assert time.monotonic() - start < 10  # either answer would take 20 s


def test_no_server_is_an_error_that_asks_the_right_question(fetcher):
    with running() as gone:
        base = gone.base
    with pytest.raises(FetchError, match="offline"):
        fetcher.read(f"{base}/x", bytes)


@pytest.mark.parametrize("url", ["http://example.org/x", "ftp://example.org/x", "file:///etc/hostname"])
def test_addresses_without_tls_are_refused(fetcher, url):
    with pytest.raises(FetchError, match="without TLS"):
        fetcher.read(url, bytes)


def self_signed(folder):
    """A certificate for this machine that nobody vouches for, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


def test_a_certificate_that_nobody_vouches_for_is_refused(fetcher, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    certificate = self_signed(tmp_path)
    with running(certificate) as site:
        site.serve("/x", good(BODY))
        with pytest.raises(FetchError, match="TLS failed"):
            fetcher.read(f"{site.base}/x", bytes)
        assert site.requests == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert fetcher.read(f"{site.base}/x", bytes) == BODY  # so it was the trust that was missing


def test_at_most_one_request_in_three_seconds(site):
    now, waits = [100.0], []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    site.serve("/x", status(500), good(BODY))
    fetcher = Client(AGENT, Limits(backoff_s=1.0, gap_s=3), clock=lambda: now[0], sleep=sleep)
    times = []
    for _ in range(3):
        fetcher.read(f"{site.base}/x", bytes)
        times.append(now[0])
    assert len(site.requests) == 4
    assert waits == [1.0, 2.0, 3.0, 3.0]  # the retry waits its back-off, then out the rest of the gap
    assert times == [103.0, 106.0, 109.0]
