"""The memory of mirrors that just failed, so that a missing network is paid for once.

Each notebook of `make reproduce` is a process of its own: hence a small file in the data folder, with a short
life, beside the memory of this process.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from repro.files import write_json

NAME = ".mirrors-failed.json"
LIFE_S = 600.0
NETWORK = "*"  # the entry for "no mirror at all answered": it speaks for the mirrors of other sets too
_memory: dict[str, float] = {}


def note(base: Path, mirrors: Iterable[str], network_out: bool) -> None:
    """Remember that all of `mirrors` failed just now, and whether the network as a whole seems out."""
    now = time.time()
    _memory.update({m: now for m in mirrors} | ({NETWORK: now} if network_out else {}))
    with contextlib.suppress(OSError):  # a folder that cannot be written: this process's memory must do
        write_json(base / NAME, {**_read(base), **_memory})


def failed_lately(base: Path, mirrors: Iterable[str], own_mirrors: bool = False) -> bool:
    """Whether asking `mirrors` again is pointless: each of them failed, or the network was out, lately.

    `own_mirrors`: the user named them, perhaps on this very machine, so only their own failures count.
    """
    now = time.time()
    # a time in the future (a clock set back) counts for nothing
    fresh = {m for m, at in {**_read(base), **_memory}.items() if 0 <= now - at < LIFE_S}
    return (NETWORK in fresh and not own_mirrors) or fresh.issuperset(mirrors)


def clear(base: Path) -> None:
    """Forget all failures (after a download that worked)."""
    _memory.clear()
    with contextlib.suppress(OSError):
        (base / NAME).unlink()


def forget() -> None:
    """Forget what this process remembers; the file stays (tests)."""
    _memory.clear()


def _read(base: Path) -> dict[str, float]:
    """The file's entries; none where it is absent or unreadable."""
    try:
        data = json.loads((base / NAME).read_text(encoding="utf-8"))
        return {str(k): float(v) for k, v in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
