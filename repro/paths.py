"""Absolute places, so that everything runs from any folder.

The environment variables `REPRO_ROOT`, `REPRO_DATA`, `REPRO_RUNS` and `REPRO_RESULTS` override the defaults.
"""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The repository's top folder (`REPRO_ROOT`, else the folder that holds the package)."""
    return Path(os.environ.get("REPRO_ROOT") or Path(__file__).resolve().parents[1]).resolve()


def data_dir(given: str | os.PathLike[str] | None = None) -> Path:
    """Where data sets are looked for and put: `given`, else `REPRO_DATA`, else `.data` in the repository."""
    return Path(given or os.environ.get("REPRO_DATA") or root() / ".data").expanduser().resolve()


def runs_dir(given: str | os.PathLike[str] | None = None) -> Path:
    """Where resumable runs are kept: `given`, else `REPRO_RUNS`, else `.runs` in the repository."""
    return Path(given or os.environ.get("REPRO_RUNS") or root() / ".runs").expanduser().resolve()


def results_dir() -> Path:
    """The committed records: `REPRO_RESULTS`, else `results` in the repository."""
    return Path(os.environ.get("REPRO_RESULTS") or root() / "results").expanduser().resolve()


def notebooks_dir() -> Path:
    """The committed notebooks."""
    return root() / "notebooks"


def citation_file() -> Path:
    """How this repository is cited: CITATION.cff."""
    return root() / "CITATION.cff"
