"""One HTTP request, in time: the answer of a mirror, and what its failures mean."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

import requests
import urllib3


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds.

    `connect`: for a connection. `answer`: for a mirror's first answer, name look-up and redirects included.
    `unreachable`: for first answers that do not come, over all mirrors. `stall`: for the next byte. `window`,
    `slowest`: at least `slowest` bytes a second over each window. `total`: for everything.
    `tries`: requests for one file from one mirror.
    """

    connect: float = 3.0
    answer: float = 4.0
    unreachable: float = 8.0
    stall: float = 5.0
    window: float = 5.0
    slowest: float = 4096.0
    total: float = 120.0
    tries: int = 3


AUTOMATIC = Limits()  # nobody asked for this download: give up early
ASKED = Limits(answer=15.0, unreachable=60.0, stall=30.0, window=30.0, slowest=512.0, total=float("inf"))


class MirrorError(Exception):
    """What one mirror did wrong."""


class UselessError(MirrorError):
    """A mirror not worth asking for further files: no answer in time, or too slow."""


class CutError(MirrorError):
    """A connection that ended early: worth resuming."""


def ask(url: str, have: int, limits: Limits, wait: float) -> requests.Response:
    """The answer to a request for `url` from byte `have` on, its body unread; `UselessError` after `wait` s.

    The request is sent from a thread, because no time-out of a socket covers name look-up, several addresses
    and redirects together.
    """
    answers: queue.Queue[requests.Response | Exception] = queue.Queue()

    def send() -> None:
        try:
            answers.put(_request(url, have, limits))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=send, daemon=True, name=f"ask {url}").start()
    try:
        answer = answers.get(timeout=wait)
    except queue.Empty:
        # an answer that comes later dies with the queue, and its connection with it
        raise UselessError(f"no answer in {wait:.1f} s") from None
    if isinstance(answer, requests.RequestException):
        raise UselessError(_words(answer)) from answer
    if isinstance(
        answer, OSError
    ):  # settings that name a file which is not there, such as REQUESTS_CA_BUNDLE
        raise UselessError(str(answer)) from answer
    if isinstance(answer, Exception):
        raise answer
    return answer


def start(answer: requests.Response, have: int, size: int) -> int | None:
    """Where the body begins in the file: 0, or `have` if the server resumes; None if it cannot."""
    if answer.status_code == 200:
        length = answer.headers.get("Content-Length", str(size))
        if length != str(size):
            raise MirrorError(f"offers {length} bytes, not the file's {size}")
        return 0
    if have and answer.status_code == 206:
        span = answer.headers.get("Content-Range", "")
        return have if span in (f"bytes {have}-{size - 1}/{size}", f"bytes {have}-{size - 1}/*") else None
    if have and answer.status_code == 416:
        return None
    raise MirrorError(f"answers HTTP {answer.status_code}")


def more(answer: requests.Response) -> bytes:
    """The next bytes of the body as soon as there are any; empty at its end."""
    try:
        # read1: what has arrived. A plain read would wait for a full chunk, for ever if the server trickles.
        data: bytes = answer.raw.read1(1 << 16, decode_content=False)
        return data
    except urllib3.exceptions.ReadTimeoutError as error:
        raise UselessError("stopped sending") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise CutError("the connection broke") from error


def _request(url: str, have: int, limits: Limits) -> requests.Response:
    """The plain request. `identity`: the file's own bytes, not compressed again on the way."""
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.Session() as session:
        session.max_redirects = 5
        return session.get(url, headers=headers, stream=True, timeout=(limits.connect, limits.stall))


def _words(error: requests.RequestException) -> str:
    """A failed request in a few words, without the library's nesting."""
    if "NameResolution" in repr(error):
        return "unknown host (no network?)"
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS refused ({error})"
    known = {"ConnectTimeout": "no connection in time", "ConnectionError": "no connection"}
    return known.get(type(error).__name__, f"{type(error).__name__}")
