"""One request for a published file, in time: how long to wait, and what a mirror's failures mean."""

from __future__ import annotations

from dataclasses import dataclass

from metadata import http


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


def ask(url: str, have: int, limits: Limits, wait: float) -> http.Answer:
    """The answer to a request for `url` from byte `have` on, its body unread; `UselessError` after `wait` s.

    Any address will do, since the bytes are checked against the published sum.
    """
    headers = {"Range": f"bytes={have}-"} if have else {}

    def send(_: object) -> http.Answer:
        return http.ask(url, headers, limits.connect, limits.stall, redirects=5, published=True)

    try:
        return http.in_time(wait, send)
    except http.NoAnswerError as error:
        raise UselessError(str(error)) from error


def start(answer: http.Answer, have: int, size: int) -> int | None:
    """Where the body begins in the file: 0, or `have` if the server resumes; None if it cannot."""
    if answer.status == 200:
        length = answer.headers.get("content-length", str(size))
        if length != str(size):
            raise MirrorError(f"offers {length} bytes, not the file's {size}")
        return 0
    if have and answer.status == 206:
        span = answer.headers.get("content-range", "")
        return have if span in (f"bytes {have}-{size - 1}/{size}", f"bytes {have}-{size - 1}/*") else None
    if have and answer.status == 416:
        return None
    raise MirrorError(f"answers HTTP {answer.status}")


def more(answer: http.Answer) -> bytes:
    """The next bytes of the body as soon as there are any; empty at its end."""
    try:
        return answer.more()
    except http.NoAnswerError as error:
        raise (UselessError if error.silent else CutError)(str(error)) from error
