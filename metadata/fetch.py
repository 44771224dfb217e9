"""Fetch a document: bounded in size and time, parsing included, tried again where that may help."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from metadata.errors import FetchError
from metadata.http import NoAnswerError, ask, in_time

_RETRIED, _UNCHANGED = (429, 500, 502, 503, 504), "nothing was changed"
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Bounds of a document's request: seconds, and bytes. `gap_s` is the pause between requests to one host."""

    max_bytes: int = 1 << 20
    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 30.0
    attempts: int = 4
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    gap_s: float = 0.0


@dataclass
class Client:
    """Fetches documents within `limits`. `clock` and `sleep` can be replaced, so that tests need not wait."""

    user_agent: str
    limits: Limits = Limits()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _last: dict[str, float] = field(default_factory=dict)

    def read(self, url: str, use: Callable[[bytes], T]) -> T:
        """Return what `use` makes, within the time limit, of the body of the answer to `url`.

        Server errors, lost connections and 429 are tried again with growing pauses. Raises `FetchError`, and
        whatever `use` raises.
        """
        last = NoAnswerError("not tried")
        for attempt in range(self.limits.attempts):
            if attempt:
                self.sleep(max(last.wait_s, self.limits.backoff_s * 2 ** (attempt - 1)))
            try:
                return in_time(self.limits.total_s, lambda given_up: use(self._body(url, given_up)))
            except NoAnswerError as e:
                last = e
            if not last.again:
                raise FetchError(f"{url}: {last}", do=_UNCHANGED)
            if last.wait_s > self.limits.longest_wait_s:
                raise FetchError(f"{url}: {last}", do=f"try again in {last.wait_s:.0f} s; {_UNCHANGED}")
        raise FetchError(f"{url}: {last}, {self.limits.attempts} times", do=f"are you offline? {_UNCHANGED}")

    def _body(self, url: str, given_up: threading.Event) -> bytes:
        agent, most, body = {"User-Agent": self.user_agent}, self.limits.max_bytes, bytearray()
        with ask(url, agent, self.limits.connect_s, self.limits.read_s, before=self._pause) as answer:
            if answer.status != 200:
                why, again = f"the server answered {answer.status}", answer.status in _RETRIED
                raise NoAnswerError(why, again=again, wait_s=answer.wait_s)
            while (chunk := answer.more()) and not given_up.is_set():
                body += chunk
                if len(body) > most:
                    raise NoAnswerError(f"too large, expected at most {most} bytes")
        return bytes(body)

    def _pause(self, host: str) -> None:
        wait = self._last.get(host, -self.limits.gap_s) + self.limits.gap_s - self.clock()
        if host in self._last and wait > 0:
            self.sleep(wait)
        self._last[host] = self.clock()
