"""A bounded HTTP client over urllib3: the only code here that opens a socket. It trusts no answer.

Each request has time limits (a read, and all, parsing included), a limit on what arrives, TLS checks, and a pause
before it. Bodies of redirects and errors are never read; nothing is decompressed; redirects stay on the host unless
allowed to leave it. No cookies, no netrc; proxies are those of the environment.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from metadata.errors import FetchError

if TYPE_CHECKING:
    import urllib3

_RETRIED, _REDIRECTS = (429, 500, 502, 503, 504), (301, 302, 303, 307, 308)
_LOCAL, _UNCHANGED = ("127.0.0.1", "localhost", "::1"), "nothing was changed"
_CHUNK = 16_384  # bytes

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Bounds of a request: times in seconds, size in bytes. `gap_s` is the pause between requests to one host.

    `leave_host` allows redirects to other hosts over TLS: for files whose digest is known, never for facts.
    """

    max_bytes: int = 1 << 20
    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 30.0
    attempts: int = 4
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    gap_s: float = 0.0
    redirects: int = 3
    leave_host: bool = False


@dataclass(frozen=True)
class Answer:
    """The head of an answer: status (200, or 206 if a range was asked for) and headers, names in lower case."""

    status: int
    headers: Mapping[str, str]


Use = Callable[[Answer, Iterator[bytes]], T]  # what a caller makes of an answer and its chunks
_Outcome = tuple[str | None, list[T]]  # the target of a redirect, or None and the one result


class _Retry(Exception):
    """An attempt that may be repeated: why it failed, and how long the server asked to wait (seconds)."""

    def __init__(self, reason: str, wait_s: float = 0.0):
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass
class Client:
    """Fetches within `limits`. `clock` and `sleep` can be replaced, so that tests need not wait."""

    user_agent: str
    limits: Limits = Limits()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _last: dict[str, float] = field(default_factory=dict)

    def get(self, url: str) -> bytes:
        """Return the body of the answer to `url`, errors as in `read`."""
        return self.read(url, lambda answer, chunks: b"".join(chunks))

    def read(self, url: str, use: Use[T], *, headers: Mapping[str, str] | None = None) -> T:
        """Return what `use` makes of the answer to `url` (https, or http on this very machine) and its chunks.

        `use` runs in a thread, within the time limit, and again for each attempt: what it keeps between attempts
        (a file to append to, with `headers={"Range": …}`) is its own affair. Server errors, lost connections and
        429 are tried again with growing pauses. Raises `FetchError`, and whatever `use` raises.
        """
        last = _Retry("not tried")
        for attempt in range(self.limits.attempts):
            if attempt:
                self.sleep(max(last.wait_s, self.limits.backoff_s * 2 ** (attempt - 1)))
            try:
                return self._follow(url, use, headers or {})
            except _Retry as e:
                last = e
            if last.wait_s > self.limits.longest_wait_s:
                raise FetchError(f"{url}: {last}", do=f"try again in {last.wait_s:.0f} s; {_UNCHANGED}")
        raise FetchError(f"{url}: {last}, {self.limits.attempts} times", do=f"are you offline? {_UNCHANGED}")

    def _follow(self, url: str, use: Use[T], headers: Mapping[str, str]) -> T:
        first = parts = _parts(url)
        for _ in range(self.limits.redirects + 1):
            self._pause(parts.netloc)
            target, result = self._in_time(url, use, {"User-Agent": self.user_agent, **headers})
            if target is None:
                return result[0]
            parts = _parts(target, url)
            same = (parts.scheme, parts.netloc) == (first.scheme, first.netloc)
            if not same and not (self.limits.leave_host and parts.scheme == "https"):
                raise FetchError(f"{url}: redirected elsewhere", got=target, do=f"refused; {_UNCHANGED}")
            url = parts.geturl()
        raise FetchError(f"{url}: more than {self.limits.redirects} redirects", do=_UNCHANGED)

    def _pause(self, host: str) -> None:
        wait = self._last.get(host, -self.limits.gap_s) + self.limits.gap_s - self.clock()
        if host in self._last and wait > 0:
            self.sleep(wait)
        self._last[host] = self.clock()

    def _in_time(self, url: str, use: Use[T], headers: Mapping[str, str]) -> _Outcome[T]:
        """Return the outcome after `total_s` at the latest.

        Read time-outs start anew with every byte, and none ends a slow parser: hence a thread that is given up.
        """
        done: queue.Queue[_Outcome[T] | BaseException] = queue.Queue(1)
        given_up = threading.Event()

        def work() -> None:
            try:
                done.put(_exchange(url, use, headers, self.limits, given_up))
            except BaseException as e:  # carried over to the caller's thread, whatever it is
                done.put(e)

        threading.Thread(target=work, daemon=True, name="bounded-http").start()
        try:
            answer = done.get(timeout=self.limits.total_s)
        except queue.Empty:
            given_up.set()
            raise _Retry(f"no complete answer in {self.limits.total_s:g} s") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _parts(url: str, base: str = "") -> SplitResult:
    """Return the parts of `url`, or of what it is seen from `base`; `FetchError` unless a host is asked over TLS."""
    try:
        parts = urlsplit(urljoin(base, url))
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        if safe and parts.hostname and "@" not in parts.netloc and parts.port != 0:
            return parts
    except ValueError:
        pass
    if base:
        raise FetchError(f"{base}: redirected elsewhere", got=url, expected="the same host", do=_UNCHANGED)
    raise FetchError("address without TLS or host", got=url, expected="https://…", do=_UNCHANGED)


def _pool(parts: SplitResult, limits: Limits) -> urllib3.PoolManager:
    import os
    import ssl
    from urllib.request import getproxies, proxy_bypass

    import certifi
    import urllib3

    timeout = urllib3.Timeout(connect=limits.connect_s, read=limits.read_s)
    more: dict[str, Any] = {"timeout": timeout, "retries": False}
    if parts.scheme == "https":  # the authorities of the system (or SSL_CERT_FILE), and of certifi
        more["ssl_context"] = ssl.create_default_context()
        more["ssl_context"].load_verify_locations(os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where())
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    return urllib3.ProxyManager(proxy, **more) if proxy else urllib3.PoolManager(**more)


def _exchange(
    url: str, use: Use[T], headers: Mapping[str, str], limits: Limits, given_up: threading.Event
) -> _Outcome[T]:
    """Send one request; return a redirect's target, or None and what `use` makes of the answer."""
    pool = _pool(_parts(url), limits)
    response = _request(pool, url, {"Accept-Encoding": "identity", **headers})
    try:
        names = {name.lower(): value for name, value in response.headers.items()}
        if response.status in _REDIRECTS and "location" in names:
            return names["location"], []
        answer = _accepted(Answer(response.status, names), url, "Range" in headers)
        return None, [use(answer, _chunks(response, url, limits, given_up))]
    finally:
        response.close()  # unread
        pool.clear()


def _request(pool: urllib3.PoolManager, url: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
    from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, SSLError, TimeoutError

    try:
        return pool.request("GET", url, headers=headers, redirect=False, preload_content=False)
    except SSLError as e:
        raise FetchError(f"{url}: TLS failed ({str(e)[:80]})", do=_UNCHANGED) from None
    except (TimeoutError, NewConnectionError, ProtocolError, MaxRetryError, OSError) as e:
        raise _Retry(f"no answer ({type(e).__name__})") from None
    except Exception as e:  # whatever a malformed head makes the libraries raise
        raise FetchError(f"{url}: a malformed answer ({type(e).__name__})", do=_UNCHANGED) from None


def _accepted(answer: Answer, url: str, ranged: bool) -> Answer:
    status, length = answer.status, answer.headers.get("content-length", "0")
    if status in _RETRIED:
        raise _Retry(f"the server answered {status}", _retry_after(answer.headers.get("retry-after", "")))
    wrong = {
        f"the server answered {status}": status != 200 and not (ranged and status == 206),
        "a compressed answer": answer.headers.get("content-encoding", "identity").lower() != "identity",
        "a malformed length": not (length.isascii() and length.isdigit()),
    }
    for problem, found in wrong.items():
        if found:
            raise FetchError(f"{url}: {problem}", do=_UNCHANGED)
    return answer


def _chunks(
    response: urllib3.BaseHTTPResponse, url: str, limits: Limits, done: threading.Event
) -> Iterator[bytes]:
    size = 0
    while not done.is_set():
        try:
            chunk = response.read(min(_CHUNK, limits.max_bytes + 1 - size), decode_content=False)
        except Exception as e:  # time-outs, resets, malformed chunks: all of them lose the rest of the body
            raise _Retry(f"the answer broke off ({type(e).__name__})") from None
        size += len(chunk)
        if size > limits.max_bytes:
            raise FetchError(f"{url}: too large", expected=f"at most {limits.max_bytes} bytes", do=_UNCHANGED)
        if not chunk:
            return
        yield chunk
    raise _Retry("given up")


def _retry_after(header: str) -> float:
    """Return the seconds in a Retry-After header (a number or an HTTP date), 0 if there is none to read."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
