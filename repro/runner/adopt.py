"""Long runs survive harmless edits.

When code that a run reaches has changed, its result is not believed and not thrown away either: the steps after the
start, and those after the last checkpoint, are taken again with today's code. Where weights and rows come out the
same, bit for bit, the result (or the checkpoint) is adopted and names both digests; else the run is trained again,
and the log says why. What shows only in the steps between (a rate that would drop elsewhere) goes unnoticed: that is
for parameters, which are part of a run's identity.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from repro.errors import OutOfTimeError, first_line
from repro.files import write_bytes
from repro.record.run import Run
from repro.runner import cache, code
from repro.runner.keys import code_of, work_of
from repro.train.checkpoint import load_checkpoint
from repro.train.loop import LATEST, PREVIOUS, PRINT_AFTER, ROWS, Replay, Result

WORTH_S = 30.0
"""Seconds of training from which on a replay costs less than training again."""

Work = Callable[..., Result]
"""work(runs, **options of Context): trains them, or replays."""

_log = logging.getLogger("repro.runner")


def finished(runs_dir: str, keys: Mapping[str, str], package: str, work: Work) -> dict[str, dict[str, Any]]:
    """Run's name → the adopted result, for those of `keys` (name → key) that other code has made.

    A result is checked in the group in which it was trained, since the last digits may depend on it.
    """
    sha, digests = code_of(package), code.digests(work_of(package))
    found: dict[str, dict[str, Any]] = {}
    tried: dict[Path, bool] = {}
    for name, key in keys.items():
        for old in cache.others(runs_dir, key, sha):
            prints = old["meta"]["prints"]
            if old["meta"]["train_s"] * old["group"]["size"] < WORTH_S:
                continue
            folder = Path(runs_dir) / "groups" / old["group"]["folder"]
            if folder not in tried:
                tried[folder] = _same(folder, LATEST, prints, work, finished=True)
            if tried[folder]:
                history = [*old.get("adopted", ()), {"code_sha256": old["code_sha256"], "code": old["code"]}]
                checked = {k: [p["from"], p["at"]] for k, p in prints.items()}
                now = {"code_sha256": sha, "code": digests, "adopted": history, "replayed": checked}
                found[name] = cache.keep(runs_dir, {**old, **now})
                break
    return found


def checkpoints(folder: Path, work: Work) -> None:
    """Bring the checkpoints of unfinished training by other code here, if this code does the same."""
    if (folder / LATEST).exists() or not folder.parent.exists():
        return
    there = [f for f in folder.parent.iterdir() if f != folder and (f / LATEST).exists()]
    for old in sorted(there, key=lambda f: (f / LATEST).stat().st_mtime, reverse=True):
        saved = load_checkpoint(old / LATEST)
        if not saved or saved["spent"] < WORTH_S or not (old / ROWS).exists():
            continue
        if _same(old, PREVIOUS, saved["prints"], work):
            # last what says that they are here: a kill between costs nothing
            for name in (ROWS, PREVIOUS, LATEST):
                write_bytes(folder / name, (old / name).read_bytes())
            _forget(old, LATEST, PREVIOUS, ROWS)
            return


def tidy(folder: Path, meta: Mapping[str, Any]) -> None:
    """After the end: keep what a replay needs of training that was worth it, remove the rest."""
    if not folder.exists():  # so quick that there was nothing to write
        return
    worth = meta.get("train_s", 0.0) >= WORTH_S and "late" in meta.get("prints", {})
    torn = [p.name for p in folder.glob("*.tmp")]  # left by runners that were killed in the middle of a write
    _forget(folder, PREVIOUS, ROWS, "checkpoint.bad", "previous.bad", "progress", "failure.txt", *torn)
    if not worth:
        _forget(folder, LATEST)


def _forget(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # more is there
        folder.rmdir()
        folder.parent.rmdir()


def _same(
    folder: Path, checkpoint: str, prints: Mapping[str, Any], work: Work, finished: bool = False
) -> bool:
    """Whether today's code goes the same way after the start and after the checkpoint of the group in `folder`."""
    for name in ("early", "late"):
        if name not in prints or (name == "late" and not (folder / checkpoint).exists()):
            return _no(folder, f"there is no {name} fingerprint to compare with")
    if not finished and prints["late"]["at"] - prints["late"]["from"] < PRINT_AFTER:
        return _no(folder, "the steps after its checkpoint are too few to compare")
    try:
        saved = load_checkpoint(folder / checkpoint)
        if saved is None:
            return _no(folder, "its checkpoint is damaged")
        runs = [Run.from_json(r) for r in saved["runs"]]
        for name, start in (("early", None), ("late", folder / checkpoint)):
            asked = Replay(start, prints[name]["at"], to_end=finished and start is not None)
            now = work(runs, replay=asked).meta.get("replayed") or {}
            for part in ("weights", "rows"):
                if now.get(part) != prints[name][part]:
                    return _no(folder, f"after {prints[name]['at']} steps its {part} are others")
    except OutOfTimeError:
        raise
    except Exception as e:  # code that cannot replay is code that does something else
        return _no(folder, first_line(e))
    _log.info("the code has changed, the numbers have not: %s is adopted", folder)
    return True


def _no(folder: Path, why: str) -> bool:
    _log.warning("the code has changed since %s was trained, and %s: it is trained again", folder, why)
    return False
