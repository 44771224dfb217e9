"""Fetch a document over HTTPS: the only code of this package that opens a socket. It trusts no answer.

Every request has time limits (per read and in all), a size limit, TLS checks, and a pause before it;
redirects stay on the same host; compressed answers are refused, so that the size limit counts what arrives.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from metadata.errors import FetchError, shown
from metadata.strict_json import MAX_BYTES

if TYPE_CHECKING:
    import requests

USER_AGENT = "dni-meprop-repro/0.1 (refreshes three committed paper records; one request per 3 s)"
_RETRIED = (429, 500, 502, 503, 504)
_UNCHANGED = "nothing was changed"


@dataclass(frozen=True)
class Limits:
    """Bounds of a fetch: times in seconds, size in bytes. `gap_s` is the pause between requests to one host.

    arXiv asks for at most one request in three seconds (https://info.arxiv.org/help/api/tou.html).
    """

    max_bytes: int = MAX_BYTES
    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 30.0
    attempts: int = 4
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    gap_s: float = 3.0
    redirects: int = 3


@dataclass(frozen=True)
class _Retry:
    """An attempt that may be repeated: why it failed, and how long the server asked to wait (seconds)."""

    reason: str
    wait_s: float = 0.0


@dataclass
class Fetcher:
    """Fetches documents within `limits`. `clock` and `sleep` can be replaced, so that tests need not wait."""

    limits: Limits = Limits()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _last: dict[str, float] = field(default_factory=dict)

    def get(self, url: str) -> bytes:
        """Return the body of the answer to `url` (https, or http on this very machine).

        Server errors, lost connections and 429 are tried again with growing pauses. Raises `FetchError` that
        says what happened; a caller that gets one has received nothing it may use.
        """
        reason = ""
        for attempt in range(self.limits.attempts):
            answer = self._follow(url)
            if isinstance(answer, bytes):
                return answer
            reason = answer.reason
            if answer.wait_s > self.limits.longest_wait_s:
                raise FetchError(f"{url}: {reason}", do=f"try again in {answer.wait_s:.0f} s; {_UNCHANGED}")
            if attempt + 1 < self.limits.attempts:
                self.sleep(max(answer.wait_s, self.limits.backoff_s * 2**attempt))
        raise FetchError(
            f"{url}: {reason}, {self.limits.attempts} times", do=f"are you offline? {_UNCHANGED}"
        )

    def _follow(self, url: str) -> bytes | _Retry:
        for _ in range(self.limits.redirects + 1):
            self._pause(_origin(url))
            answer = self._in_time(url)
            if not isinstance(answer, str):
                return answer
            target = urljoin(url, answer)
            if _origin(target) != _origin(url):
                raise FetchError(
                    f"{url}: redirected elsewhere", got=target, expected="the same host", do=_UNCHANGED
                )
            url = target
        raise FetchError(f"{url}: more than {self.limits.redirects} redirects", do=_UNCHANGED)

    def _pause(self, origin: str) -> None:
        wait = self._last.get(origin, -self.limits.gap_s) + self.limits.gap_s - self.clock()
        if origin in self._last and wait > 0:
            self.sleep(wait)
        self._last[origin] = self.clock()

    def _in_time(self, url: str) -> bytes | str | _Retry:
        """Return the body, the target of a redirect, or why to retry, after `total_s` at the latest.

        Read time-outs start anew with every byte, so a server could hold us for hours by dripping. Hence the
        request runs in a thread that is given up when the time is over.
        """
        result: queue.Queue[bytes | str | _Retry | Exception] = queue.Queue(1)
        given_up = threading.Event()

        def work() -> None:
            try:
                result.put(_request(url, self.limits, given_up))
            except Exception as e:  # carried over to the caller's thread, whatever it is
                result.put(e)

        threading.Thread(target=work, daemon=True, name="metadata-fetch").start()
        try:
            answer = result.get(timeout=self.limits.total_s)
        except queue.Empty:
            given_up.set()
            return _Retry(f"no complete answer in {self.limits.total_s:g} s")
        if isinstance(answer, Exception):
            raise answer
        return answer


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _request(url: str, limits: Limits, given_up: threading.Event) -> bytes | str | _Retry:
    import requests

    local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    if urlsplit(url).scheme != "https" and not local:
        raise FetchError("address without TLS", got=url, expected="https://…")
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    timeout = (limits.connect_s, limits.read_s)
    try:
        with requests.get(
            url, headers=headers, timeout=timeout, stream=True, allow_redirects=False
        ) as answer:
            return _read(answer, url, limits, given_up)
    except requests.exceptions.SSLError as e:
        raise FetchError(f"{url}: TLS failed ({shown(str(e))})", do=_UNCHANGED) from None
    except (requests.exceptions.Timeout, requests.exceptions.ConnectionError) as e:
        return _Retry(f"no answer ({type(e).__name__})")
    except requests.exceptions.ChunkedEncodingError:
        return _Retry("the answer broke off")
    except requests.exceptions.RequestException as e:
        raise FetchError(f"{url}: {type(e).__name__}", do=_UNCHANGED) from None


def _read(
    answer: requests.Response, url: str, limits: Limits, given_up: threading.Event
) -> bytes | str | _Retry:
    status = answer.status_code
    if status in (301, 302, 303, 307, 308) and "location" in answer.headers:
        return answer.headers["location"]
    if status in _RETRIED:
        return _Retry(f"the server answered {status}", _retry_after(answer.headers.get("retry-after", "")))
    if status != 200:
        raise FetchError(f"{url}: the server answered {status}", expected="200", do=_UNCHANGED)
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchError(f"{url}: a compressed answer, though none was asked for", do=_UNCHANGED)
    body = bytearray()
    for chunk in answer.iter_content(chunk_size=4096):
        body += chunk
        if len(body) > limits.max_bytes or given_up.is_set():
            raise FetchError(f"{url}: too large", expected=f"at most {limits.max_bytes} bytes", do=_UNCHANGED)
    stated = answer.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated[:12]) != len(body):
        return _Retry("the answer broke off")
    return bytes(body)


def _retry_after(header: str) -> float:
    """Return the seconds in a Retry-After header (a number or an HTTP date), 0 if there is none to read."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
