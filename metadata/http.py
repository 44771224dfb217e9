"""The one HTTP client here, bounded, over urllib3: the only code that opens a socket. It trusts no answer.

Bodies of redirects and errors are never read, nothing is decompressed, redirects stay on the host unless a digest of
what arrives is known. TLS is checked; no cookies, no netrc. Proxies and authorities are those that requests finds;
its own session bounds neither heads nor bodies.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from urllib3 import exceptions

from metadata.errors import shown

_REDIRECTS, _LOCAL = (301, 302, 303, 307, 308), ("127.0.0.1", "localhost", "::1")
_CHUNK = 1 << 16  # bytes
# Failures of the network, by urllib3's names: another try may help.
_LOST = {
    "NameResolutionError": "unknown host (no network?)",
    "NewConnectionError": "no connection",
    "ConnectTimeoutError": "no connection in time",
    "ReadTimeoutError": "no answer in time",
    "ProxyError": "no connection through the proxy",
}
_NETWORK = (exceptions.TimeoutError, exceptions.ProtocolError, exceptions.ProxyError, OSError)
T = TypeVar("T")


class NoAnswerError(Exception):
    """Why a request came to nothing. `again`: a try after `wait_s` seconds may help; `silent`: it stopped sending."""

    def __init__(self, why: str, *, again: bool = False, wait_s: float = 0.0, silent: bool = False):
        super().__init__(why)
        self.again, self.wait_s, self.silent = again, wait_s, silent


@dataclass
class Answer:
    """An answer, its body unread: status and headers (names in lower case). A context that hangs up at its end."""

    status: int
    headers: Mapping[str, str]
    _response: urllib3.BaseHTTPResponse
    _pool: urllib3.PoolManager

    def more(self) -> bytes:
        """Return the bytes of the body that have arrived; empty at its end. `NoAnswerError` if it breaks off."""
        try:
            return self._response.read1(_CHUNK, decode_content=False)
        except exceptions.ReadTimeoutError:
            raise NoAnswerError("stopped sending", again=True, silent=True) from None
        except Exception as e:  # resets, malformed chunks: all of them lose the rest of the body
            raise NoAnswerError(f"the answer broke off ({type(e).__name__})", again=True) from None

    @property
    def wait_s(self) -> float:
        """How many seconds the server asks to wait (Retry-After, a number or an HTTP date); 0 if it does not."""
        try:
            return float(urllib3.Retry().parse_retry_after(self.headers.get("retry-after", "")))
        except (exceptions.InvalidHeader, ValueError, OverflowError):
            return 0.0

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._pool.clear()


def ask(
    url: str,
    headers: Mapping[str, str],
    connect_s: float,
    read_s: float,
    *,
    redirects: int = 3,
    published: bool = False,
    before: Callable[[str], None] = lambda host: None,
) -> Answer:
    """Return the answer to `url`: https, or http on this very machine. `NoAnswerError` if there is none.

    `connect_s` and `read_s` limit the wait for a connection and for the next byte; `in_time` limits everything.
    `published` tells that the digest of what arrives is known: then plain http will do, and redirects may leave
    the host over TLS. `before` is called with the host before each request.
    """
    parts = first = _parts(url, "", published)
    for _ in range(redirects + 1):
        before(parts.netloc)
        answer = _send(parts, headers, urllib3.Timeout(connect=connect_s, read=read_s))
        target = answer.headers.get("location") if answer.status in _REDIRECTS else None
        if target is None:
            return answer
        with answer:  # hangs up
            seen, parts = parts.geturl(), _parts(target, parts.geturl(), published)
        same = (parts.scheme, parts.netloc) == (first.scheme, first.netloc)
        if not same and not (published and parts.scheme == "https"):
            raise NoAnswerError(f"{seen} redirected elsewhere, to {shown(target)}: refused")
    raise NoAnswerError(f"more than {redirects} redirects")


def _parts(url: str, base: str, published: bool) -> SplitResult:
    """Return the parts of `url`, or of what it is seen from `base`; `NoAnswerError` unless it may be asked."""
    try:
        parts = urlsplit(urljoin(base, url))
        plain = parts.scheme == "http" and (published or parts.hostname in _LOCAL)
        host = parts.hostname and "@" not in parts.netloc and parts.port != 0
        if host and (plain or parts.scheme == "https"):
            return parts
    except ValueError:
        pass
    raise NoAnswerError(f"redirected elsewhere, to {shown(url)}" if base else "address without TLS or host")


def _send(parts: SplitResult, headers: Mapping[str, str], timeout: urllib3.Timeout) -> Answer:
    """Send one request and return the answer; `NoAnswerError` for a body that is unusable before it is read."""
    own = {"User-Agent": "dni-meprop-repro", "Accept-Encoding": "identity", **headers}
    pool = _pool(parts, timeout)
    try:
        response = pool.request("GET", parts.geturl(), headers=own, redirect=False, preload_content=False)
    except exceptions.SSLError as e:
        raise NoAnswerError(f"TLS failed ({str(e)[:80]})") from None
    except Exception as e:  # whatever a malformed head makes the libraries raise
        name = type(e).__name__
        if isinstance(e, _NETWORK):
            raise NoAnswerError(_LOST.get(name, f"no answer ({name})"), again=True) from None
        raise NoAnswerError(f"a malformed answer or address ({name})") from None
    answer = Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, response, pool)
    length = answer.headers.get("content-length", "0")
    wrong = "" if length.isascii() and length.isdigit() else "a malformed length"
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        wrong = "a compressed answer"
    if wrong and answer.status in (200, 206):  # nobody reads the others' bodies
        with answer:
            raise NoAnswerError(wrong)
    return answer


def _pool(parts: SplitResult, timeout: urllib3.Timeout) -> urllib3.PoolManager:
    """Return the pool to ask through; `NoAnswerError` if the environment's settings mean nothing."""
    more: dict[str, Any] = {"timeout": timeout, "retries": False}
    if parts.scheme == "https":  # authorities of the system (or SSL_CERT_FILE), and those that requests has
        authorities = os.environ.get("REQUESTS_CA_BUNDLE") or requests.utils.DEFAULT_CA_BUNDLE_PATH
        more["ssl_context"] = context = ssl.create_default_context()
        kind = "capath" if os.path.isdir(authorities) else "cafile"
        try:
            context.load_verify_locations(**{kind: authorities})
        except OSError:
            raise NoAnswerError(f"TLS failed (no certificate authorities in {shown(authorities)})") from None
    url = parts.geturl()
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    if not proxy:
        return urllib3.PoolManager(**more)
    try:
        login = ":".join(requests.utils.get_auth_from_url(proxy))
        more["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=login) if login != ":" else None
        return urllib3.ProxyManager(proxy, **more)
    except (exceptions.ProxySchemeUnknown, exceptions.LocationParseError, ValueError):
        what = "the proxy in the environment is not http://HOST:PORT or https://HOST:PORT"
        raise NoAnswerError(what) from None


def in_time(seconds: float, work: Callable[[threading.Event], T]) -> T:
    """Return what `work` makes. `NoAnswerError` after `seconds`; then the event that `work` is given is set.

    No time-out of a socket covers name look-up, several addresses, bytes that drip and a slow parser: hence a thread.
    """
    done, given_up = Future[T](), threading.Event()

    def run() -> None:
        try:
            done.set_result(work(given_up))
        except BaseException as e:  # carried over to the caller's thread, whatever it is
            done.set_exception(e)

    threading.Thread(target=run, daemon=True, name="bounded-http").start()
    try:
        return done.result(seconds)
    except TimeoutError:
        if done.done():
            raise
        given_up.set()  # an answer that comes later dies with the future, and its connection with it
        raise NoAnswerError(f"no answer in {seconds:.1f} s", again=True) from None
