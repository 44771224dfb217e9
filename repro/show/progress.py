"""Named progress lines: one that is rewritten on a terminal, a few that stay in a log or in a notebook."""

from __future__ import annotations

import sys
import time
from typing import TextIO

LOG_EVERY_S = 15.0
LONGEST = 48
"""Letters of a group's name that fit a line with its times: of a longer one both ends are told."""


class ProgressLines:
    """Called with (name of a group, fraction of it): counts groups, estimates what is left."""

    def __init__(self, total: int, stream: TextIO | None = None):
        self.total, self.stream = total, stream or sys.stderr
        self.live = self.stream.isatty()
        self.fractions: dict[str, float] = {}
        self.seen: dict[str, tuple[float, float]] = {}  # group → (when, fraction) it was first told of
        self.started = self.told = time.monotonic()

    def __call__(self, name: str, fraction: float) -> None:
        """Note the fraction; tell it if the group is finished or the last line is old."""
        if self.fractions.get(name) == 1.0:
            return
        self.fractions[name] = fraction
        now = time.monotonic()
        self.seen.setdefault(name, (now, fraction))
        if fraction == 1.0:
            self._line(f"{self._done():>4}/{self.total}  {_cut(name)}  done, {self._times(now)}", final=True)
        elif self.live or now - self.told > LOG_EVERY_S:
            self.told = now
            self._line(f"{self._done():>4}/{self.total}  {_cut(name)}  {fraction:4.0%}, {self._times(now)}")

    def _done(self) -> int:
        return sum(f == 1.0 for f in self.fractions.values())

    def _times(self, now: float) -> str:
        left = self._left(now)
        return f"{minutes(now - self.started)} elapsed" + (
            f", about {minutes(left)} left" if left > 1 else ""
        )

    def _left(self, now: float) -> float:
        """Seconds left: as long as the groups so far took on average, and no less than any needs at its pace."""
        part = sum(self.fractions.values()) / self.total
        left = (now - self.started) * (1 - part) / part if part > 0 else 0.0
        for name, (since, then) in self.seen.items():
            fraction = self.fractions[name]
            if then < fraction < 1:  # groups differ in length: one long one may outlast the average
                left = max(left, (now - since) * (1 - fraction) / (fraction - then))
        return left

    def _line(self, text: str, final: bool = False) -> None:
        if self.live:
            self.stream.write(f"\r\x1b[K{text}" + ("\n" if final else ""))
        else:
            self.stream.write(text + "\n")
        self.stream.flush()


def _cut(name: str) -> str:
    half = LONGEST // 2
    return name if len(name) <= LONGEST else f"{name[:half]}…{name[1 - half :]}"


def minutes(seconds: float) -> str:
    """Seconds as "1:05" or "2:03:07"."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
