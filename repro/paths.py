"""Absolute places, so that everything runs from any folder.

In a checkout all of them lie in it. An installed package carries records, notebooks and citation in `repro/carried`,
and keeps data and runs in the user's cache folder. The environment variables `REPRO_ROOT`, `REPRO_DATA`, `REPRO_RUNS`
and `REPRO_RESULTS` override the defaults.
"""

from __future__ import annotations

import os
from pathlib import Path

from repro.errors import BadValueError

CARRIED = Path(__file__).resolve().parent / "carried"
"""What a wheel brings beside the code; not there in a checkout."""
APP = "dni-meprop-repro"


def installed() -> bool:
    """Whether this is an installed package rather than a checkout."""
    return CARRIED.is_dir() and not os.environ.get("REPRO_ROOT")


def root() -> Path:
    """The repository's top folder (`REPRO_ROOT`, else the folder that holds the package)."""
    return Path(os.environ.get("REPRO_ROOT") or Path(__file__).resolve().parents[1]).resolve()


def checkout(what: str) -> Path:
    """`root`, for what changes the repository; `BadValueError` where there is none to change."""
    if installed():
        raise BadValueError(f"{what} needs a clone of the repository; this is an installed package")
    return root()


def working() -> Path:
    """What a relative folder in a notebook is relative to: the repository, else the current folder."""
    return Path.cwd() if installed() else root()


def data_dir(given: str | os.PathLike[str] | None = None) -> Path:
    """Where data sets are looked for and put: `given`, else `REPRO_DATA`, else `.data` in the repository."""
    return Path(given or os.environ.get("REPRO_DATA") or _kept("data")).expanduser().resolve()


def runs_dir(given: str | os.PathLike[str] | None = None) -> Path:
    """Where resumable runs are kept: `given`, else `REPRO_RUNS`, else `.runs` in the repository."""
    return Path(given or os.environ.get("REPRO_RUNS") or _kept("runs")).expanduser().resolve()


def native_dir() -> Path:
    """Where kernels compiled on this machine are kept: `.native` in the repository."""
    return _kept("native")


def results_dir() -> Path:
    """The committed records: `REPRO_RESULTS`, else `results` in the repository."""
    return Path(os.environ.get("REPRO_RESULTS") or _brought("results")).expanduser().resolve()


def notebooks_dir() -> Path:
    """The committed notebooks."""
    return _brought("notebooks")


def citation_file() -> Path:
    """How this repository is cited: CITATION.cff."""
    return _brought("CITATION.cff")


def stamp_file(name: str) -> Path:
    """Where the stamp of the commit lies, in a copy of the files or in an installed package."""
    return _brought(name)


def _brought(name: str) -> Path:
    return (CARRIED if installed() else root()) / name


def _kept(name: str) -> Path:
    if not installed():
        return root() / f".{name}"
    from platformdirs import user_cache_path  # here: training in a checkout does without it

    return user_cache_path(APP) / name
