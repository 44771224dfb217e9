"""Which data set is really used: the published one, else, loudly and only where allowed, its stand-in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from repro import paths
from repro.data.fetch.files import UnavailableError, examine, forget, missing_error
from repro.data.fetch.sources import Source, source, stand_ins
from repro.data.sets import DataInfo
from repro.errors import UnknownNameError

if TYPE_CHECKING:
    from repro.data.fetch.download import Progress

PathLike = str | os.PathLike[str]
_settled: dict[tuple[object, ...], DataInfo] = {}
_said: set[tuple[str, str]] = set()


def info(
    name: str, data_dir: PathLike | None = None, stand_in: str | None = None, download: bool = True
) -> DataInfo:
    """Settle which data `name` stands for: found, else downloaded, else the bundled set `stand_in` if one is named.

    The answer is kept for this process. `UnknownNameError`: no such data set, or no stand-in of its kind.
    `DataError`: a file is corrupt, or missing with no stand-in allowed; the message says what to put where.
    """
    wanted, base = source(name), paths.data_dir(data_dir)
    if stand_in is not None and stand_in not in stand_ins(wanted):
        raise UnknownNameError(f"stand-in for {name}", stand_in, stand_ins(wanted))
    key = (name, base, stand_in, download, os.environ.get("REPRO_OFFLINE"), os.environ.get("REPRO_MIRRORS"))
    if key not in _settled:
        _settled[key] = _settle(wanted, base, stand_in, download)
    return _settled[key]


def note(name: str, asked: str) -> str:
    """What titles and verdicts call the data set `name` in the place of `asked`, in today's words."""
    found, wanted = source(name), source(asked)
    if not found.bundled:
        return found.title
    text = found.title.removesuffix(")") + _adapted(found, wanted) + ")"
    return text if wanted == found else f"stand-in: {text}, not {wanted.title.split(' (')[0]}"


def status(name: str, data_dir: PathLike | None = None) -> str:
    """Of a data set on disk: `present`, `missing: …` or `corrupt: …`. No network, no stand-in."""
    wanted, base = source(name), paths.data_dir(data_dir)
    if wanted.bundled:
        return "present" if _has(wanted) else f"missing: {_package(wanted)} is not installed"
    missing, corrupt = examine(wanted, base)
    if corrupt:
        return f"corrupt: {', '.join(corrupt)}"
    return f"missing: {', '.join(f.name for f in missing)}" if missing else "present"


def check(name: str, data_dir: PathLike | None = None) -> None:
    """`DataError` unless every file of the data set is on disk and is the published one."""
    wanted, base = source(name), paths.data_dir(data_dir)
    if wanted.bundled:
        from repro.data.bundled import check_bundled

        check_bundled(wanted)
        return
    _require(wanted, base)


def download(name: str, data_dir: PathLike | None = None, progress: Progress | None = None) -> DataInfo:
    """Download what is missing of a data set, patiently, and replace what is corrupt.

    `progress(file name, bytes so far, bytes in all)` is called as bytes arrive. `DataError` when the set
    cannot be had: which files with which sums to put where.
    """
    wanted, base = source(name), paths.data_dir(data_dir)
    if not wanted.bundled and any(examine(wanted, base)):
        from repro.data.fetch.obtain import obtain

        obtain(wanted, base, asked=True, progress=progress)
    _settled.clear()  # what was missing may be there now
    return info(name, base, download=False)


def reset() -> None:
    """Forget everything this process has settled, verified, said or seen fail (tests)."""
    _settled.clear()
    _said.clear()
    from repro.data.fetch import marker

    marker.forget()
    forget()


def _settle(wanted: Source, base: Path, stand_in: str | None, download: bool) -> DataInfo:
    """`info` without its memory."""
    if wanted.bundled:
        return _bundled_info(wanted, wanted)
    try:
        _require(wanted, base, download)
    except UnavailableError as error:
        if stand_in is None:
            raise
        import logging  # a quarter of this module's import time, and rarely needed

        found = _bundled_info(source(stand_in), wanted)
        if (wanted.name, stand_in) not in _said:
            _said.add((wanted.name, stand_in))
            logging.getLogger("repro.data").warning(
                "%s is not on disk and cannot be downloaded (%s): %s", wanted.name, error.why, found.note
            )
        return found
    return DataInfo(wanted.name, wanted.name, False, wanted.sums, note(wanted.name, wanted.name))


def _require(wanted: Source, base: Path, download: bool = False) -> None:
    """Every file present and verified, after a download if that is allowed and needed."""
    missing, corrupt = examine(wanted, base)
    for error in corrupt.values():
        raise error
    if missing and not download:
        raise missing_error(wanted, missing, base, "not on disk")
    if missing:
        from repro.data.fetch.obtain import obtain

        obtain(wanted, base)


def _has(bundled: Source) -> bool:
    """Whether the package that brings a set is installed."""
    from importlib.util import find_spec

    try:
        return find_spec(bundled.bundled) is not None
    except ValueError:  # half imported, or hidden
        return False


def _package(bundled: Source) -> str:
    """The name under which one installs the package that brings a set."""
    return {"sklearn": "scikit-learn"}.get(bundled.bundled, bundled.bundled)


def _bundled_info(found: Source, asked: Source) -> DataInfo:
    """A bundled set, in place of `asked` or for itself."""
    if not _has(found):
        package = _package(found)
        why = f"{package} is not installed"
        raise UnavailableError(
            f"{found.name}: {why}: install it (pip install {package}) or use real data", why
        )
    return DataInfo(found.name, asked.name, asked != found, found.sums, note(found.name, asked.name))


def _adapted(found: Source, asked: Source) -> str:
    """What is done to a bundled set's examples so that they fit in the place of `asked`'s."""
    if found.shape is None or asked.shape is None or (found.form != "digits" and found.shape == asked.shape):
        return ""
    channels, height, width = asked.shape
    return f", resized to {height}x{width}{', three equal channels' if channels == 3 else ''}"
