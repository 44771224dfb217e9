"""Progress of a run as plain lines: a bar would be stderr in a notebook."""

from __future__ import annotations

import time


class Lines:
    """Called with (piece, fraction); prints a line when a piece ends, and every `every_s` seconds."""

    def __init__(self, pieces: int, every_s: float = 20.0):
        self.pieces, self.done, self.every_s = pieces, 0, every_s
        self._said = time.monotonic()

    def __call__(self, piece: str, fraction: float) -> None:
        """Take note of progress, and say it if it is worth a line."""
        now = time.monotonic()
        if fraction >= 1:
            self.done += 1
            print(f"{piece}: done ({self.done} of {self.pieces} pieces)", flush=True)
        elif now - self._said >= self.every_s:
            print(f"{piece}: {fraction:.0%}", flush=True)
        else:
            return
        self._said = now
