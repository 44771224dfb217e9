"""A bounded HTTP client over urllib3: the only code here that opens a socket. It trusts no answer.

Every request has time limits (per read, and in all, parsing included), a limit on what arrives, TLS checks, and a
pause before it. The bodies of redirects and errors are never read; nothing is decompressed; redirects stay on the
host unless allowed to leave it. No cookies, no netrc; proxies are those of the environment.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from metadata.errors import FetchError

if TYPE_CHECKING:
    import urllib3

_RETRIED = (429, 500, 502, 503, 504)
_LOCAL = ("127.0.0.1", "localhost", "::1")
_UNCHANGED = "nothing was changed"
_CHUNK = 16_384  # bytes

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Bounds of a request: times in seconds, size in bytes. `gap_s` is the pause between requests to one host.

    `leave_host` allows redirects to other hosts: for files whose digest is known, never for facts.
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


@dataclass(frozen=True)
class _Retry:
    """An attempt that may be repeated: why it failed, and how long the server asked to wait (seconds)."""

    reason: str
    wait_s: float = 0.0


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

    def read(
        self,
        url: str,
        use: Callable[[Answer, Iterator[bytes]], T],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Return what `use` makes of the answer to `url` (https, or http on this very machine) and its chunks.

        `use` runs in a thread, within the time limit, and again for each attempt: what it keeps between attempts
        (a file to append to, with `headers={"Range": …}`) is its own affair. Server errors, lost connections and
        429 are tried again with growing pauses. Raises `FetchError`, and whatever `use` raises.
        """
        reason = ""
        for attempt in range(self.limits.attempts):
            answer = self._follow(url, use, headers or {})
            if not isinstance(answer, _Retry):
                return answer[0]
            reason = answer.reason
            if answer.wait_s > self.limits.longest_wait_s:
                raise FetchError(f"{url}: {reason}", do=f"try again in {answer.wait_s:.0f} s; {_UNCHANGED}")
            if attempt + 1 < self.limits.attempts:
                self.sleep(max(answer.wait_s, self.limits.backoff_s * 2**attempt))
        raise FetchError(
            f"{url}: {reason}, {self.limits.attempts} times", do=f"are you offline? {_UNCHANGED}"
        )

    def _follow(
        self, url: str, use: Callable[[Answer, Iterator[bytes]], T], headers: Mapping[str, str]
    ) -> tuple[T] | _Retry:
        first = _parts(url)
        for _ in range(self.limits.redirects + 1):
            parts = _parts(url)
            self._pause(parts.netloc)
            answer = self._in_time(url, use, {"User-Agent": self.user_agent, **headers})
            if not isinstance(answer, str):
                return answer
            target = _parts(answer, url)
            same = (target.scheme, target.netloc) == (first.scheme, first.netloc)
            if not same and not (self.limits.leave_host and target.scheme == "https"):
                raise FetchError(
                    f"{url}: redirected elsewhere", got=answer, expected="the same host", do=_UNCHANGED
                )
            url = target.geturl()
        raise FetchError(f"{url}: more than {self.limits.redirects} redirects", do=_UNCHANGED)

    def _pause(self, host: str) -> None:
        wait = self._last.get(host, -self.limits.gap_s) + self.limits.gap_s - self.clock()
        if host in self._last and wait > 0:
            self.sleep(wait)
        self._last[host] = self.clock()

    def _in_time(
        self, url: str, use: Callable[[Answer, Iterator[bytes]], T], headers: Mapping[str, str]
    ) -> tuple[T] | str | _Retry:
        """Return the result in a tuple, the target of a redirect, or why to retry, after `total_s` at the latest.

        Read time-outs start anew with every byte, so a server could hold us for hours by dripping, and no time-out
        ends a slow parser. Hence both run in a thread that is given up when the time is over.
        """
        result: queue.Queue[tuple[T] | str | _Retry | BaseException] = queue.Queue(1)
        given_up = threading.Event()

        def work() -> None:
            try:
                result.put(_exchange(url, use, headers, self.limits, given_up))
            except BaseException as e:  # carried over to the caller's thread, whatever it is
                result.put(e)

        threading.Thread(target=work, daemon=True, name="bounded-http").start()
        try:
            answer = result.get(timeout=self.limits.total_s)
        except queue.Empty:
            given_up.set()
            return _Retry(f"no complete answer in {self.limits.total_s:g} s")
        if isinstance(answer, _Lost):
            return _Retry(str(answer))
        if isinstance(answer, BaseException):
            raise answer
        return answer


class _Lost(Exception):
    """The connection broke off while the body was read."""


def _parts(url: str, base: str = "") -> SplitResult:
    """Return the parts of `url`, or of what it is seen from `base`; `FetchError` unless a host is asked over TLS."""
    try:
        parts = urlsplit(urljoin(base, url))
        local = parts.scheme == "http" and parts.hostname in _LOCAL
        if (
            parts.hostname
            and "@" not in parts.netloc
            and (parts.scheme == "https" or local)
            and parts.port != 0
        ):
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

    context = ssl.create_default_context()  # the system's authorities, and those of SSL_CERT_FILE
    extra = os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
    context.load_verify_locations(extra)
    timeout = urllib3.Timeout(connect=limits.connect_s, read=limits.read_s)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    if proxy:
        return urllib3.ProxyManager(proxy, ssl_context=context, timeout=timeout, retries=False)
    return urllib3.PoolManager(ssl_context=context, timeout=timeout, retries=False)


def _exchange(
    url: str,
    use: Callable[[Answer, Iterator[bytes]], T],
    headers: Mapping[str, str],
    limits: Limits,
    given_up: threading.Event,
) -> tuple[T] | str | _Retry:
    """Send the request and return what `use` makes of the answer, a redirect's target, or why to retry."""
    pool = _pool(_parts(url), limits)
    try:
        response = _request(pool, url, {"Accept-Encoding": "identity", **headers})
        if isinstance(response, _Retry):
            return response
        try:
            found = _head(response, url, "Range" in headers)
            return (
                (use(found, _chunks(response, url, limits, given_up)),)
                if isinstance(found, Answer)
                else found
            )
        finally:
            response.close()
    finally:
        pool.clear()


def _request(
    pool: urllib3.PoolManager, url: str, headers: dict[str, str]
) -> urllib3.BaseHTTPResponse | _Retry:
    from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, SSLError, TimeoutError

    try:
        return pool.request(
            "GET", url, headers=headers, redirect=False, preload_content=False, decode_content=False
        )
    except SSLError as e:
        raise FetchError(f"{url}: TLS failed ({str(e)[:80]})", do=_UNCHANGED) from None
    except (TimeoutError, NewConnectionError, ProtocolError, MaxRetryError, OSError) as e:
        return _Retry(f"no answer ({type(e).__name__})")
    except Exception as e:  # whatever a malformed head makes the libraries raise
        raise FetchError(f"{url}: a malformed answer ({type(e).__name__})", do=_UNCHANGED) from None


def _head(response: urllib3.BaseHTTPResponse, url: str, ranged: bool) -> Answer | str | _Retry:
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status
    if status in (301, 302, 303, 307, 308) and "location" in headers:
        return headers["location"]
    if status in _RETRIED:
        return _Retry(f"the server answered {status}", _retry_after(headers.get("retry-after", "")))
    if status != 200 and not (ranged and status == 206):
        raise FetchError(f"{url}: the server answered {status}", expected="200", do=_UNCHANGED)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchError(f"{url}: a compressed answer, though none was asked for", do=_UNCHANGED)
    return Answer(status, headers)


def _chunks(
    response: urllib3.BaseHTTPResponse, url: str, limits: Limits, given_up: threading.Event
) -> Iterator[bytes]:
    size = 0
    while not given_up.is_set():
        try:
            chunk = response.read(min(_CHUNK, limits.max_bytes + 1 - size), decode_content=False)
        except Exception as e:  # time-outs, resets, malformed chunks: all of them lose the rest of the body
            raise _Lost(f"the answer broke off ({type(e).__name__})") from None
        if not chunk:
            return
        size += len(chunk)
        if size > limits.max_bytes:
            raise FetchError(f"{url}: too large", expected=f"at most {limits.max_bytes} bytes", do=_UNCHANGED)
        yield chunk
    raise _Lost("given up")


def _retry_after(header: str) -> float:
    """Return the seconds in a Retry-After header (a number or an HTTP date), 0 if there is none to read."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
