"""One file from the first mirror that gives it: resumed, bounded in time and length, checked.

A mirror may be absent, slow, wrong or cut off; whatever it does ends in the published bytes or in a sentence
about that mirror. Half a file is only ever called `NAME.part`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from metadata.http import Answer
from repro.data.fetch.files import sha256
from repro.data.fetch.request import AUTOMATIC, CutError, Limits, MirrorError, UselessError, ask, more, start
from repro.data.fetch.sources import File

Progress = Callable[[str, int, int], None]  # file name, bytes so far, bytes in all


class NoMirrorError(Exception):
    """No mirror gave the file. `network_out`: not one of them answered at all."""

    def __init__(self, reasons: Iterable[str], network_out: bool):
        super().__init__("; ".join(reasons))
        self.network_out = network_out


class Downloads:
    """One attempt to get some files: remembers the mirrors that proved useless and the time spent."""

    def __init__(self, mirrors: Iterable[str], limits: Limits = AUTOMATIC, progress: Progress | None = None):
        self.mirrors = list(mirrors)
        self.limits = limits
        self.progress = progress
        self.deadline = time.monotonic() + limits.total
        self.patience = limits.unreachable
        self.answered = False
        self.useless: list[str] = []

    def get(self, file: File, dest: Path) -> None:
        """Bring `file` to `dest`: `NoMirrorError` if no mirror gives it, `OSError` if it cannot be kept."""
        part = dest.with_name(dest.name + ".part")
        reasons = []
        for mirror in list(self.mirrors):
            url = mirror.rstrip("/") + "/" + file.name
            try:
                self._from(url, file, part)
            except UselessError as error:
                self.mirrors.remove(mirror)
                self.useless.append(f"{mirror} {error}")
            except MirrorError as error:
                reasons.append(f"{url} {error}")
            else:
                part.replace(dest)
                return
        raise NoMirrorError(self.useless + reasons, not self.answered)

    def _from(self, url: str, file: File, part: Path) -> None:
        """Complete `part` from `url` and check it; resume after a cut as long as bytes keep coming."""
        for _ in range(self.limits.tries):
            before = _size(part)
            try:
                self._stream(url, file, part)
            except CutError:
                if _size(part) == before:
                    raise
                continue
            got = sha256(part)
            if got == file.sha256:
                return
            part.unlink()
            if not before:  # else the bytes of an earlier attempt may be to blame: once more from the start
                raise MirrorError(f"sent other bytes (SHA-256 {got})")
        raise MirrorError(f"did not finish in {self.limits.tries} requests")

    def _stream(self, url: str, file: File, part: Path) -> None:
        """Append to `part` what it lacks, in one request."""
        if _size(part) > file.size:
            part.unlink()
        have = _size(part)
        if have == file.size:
            return
        with self._ask(url, have) as answer:
            at = start(answer, have, file.size)
            if at is None:
                part.unlink()
                raise CutError("cannot resume")
            with part.open("r+b" if at else "wb") as out:
                out.seek(at)
                self._copy(answer, file, out, at)

    def _copy(self, answer: Answer, file: File, out: BinaryIO, at: int) -> None:
        """Write the body to `out` from byte `at` until the file is complete, no further."""
        since, mark = time.monotonic(), at
        while chunk := more(answer):
            at += len(chunk)
            if at > file.size:
                out.truncate(0)
                raise MirrorError(f"sends more than the file's {file.size} bytes")
            out.write(chunk)
            if self.progress:
                self.progress(file.name, at, file.size)
            now = time.monotonic()
            if now > self.deadline:
                raise UselessError(
                    f"too slow: {at} of {file.size} bytes when {self.limits.total:.0f} s were up"
                )
            if now - since >= self.limits.window:
                if at - mark < self.limits.slowest * (now - since):
                    raise UselessError(f"too slow: {at - mark} bytes in {now - since:.0f} s")
                since, mark = now, at
        if at < file.size:
            raise CutError(f"ended after {at} of {file.size} bytes")

    def _ask(self, url: str, have: int) -> Answer:
        """The mirror's answer, its body unread; in time, or `UselessError`."""
        began = time.monotonic()
        wait = min(self.limits.answer, self.patience, self.deadline - began)
        if wait <= 0:
            raise UselessError("not asked: out of time")
        try:
            answer = ask(url, have, self.limits, wait)
        except UselessError:
            self.patience -= time.monotonic() - began
            raise
        self.answered = True
        return answer


def _size(path: Path) -> int:
    """Bytes of a file, 0 if there is none."""
    return path.stat().st_size if path.exists() else 0
