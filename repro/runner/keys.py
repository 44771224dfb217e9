"""What a result is kept under: all that determines a run's numbers, and nothing else.

The key holds what the run is, the work that trains it, the data's checksums, and what sets the arithmetic; not the
exhibit that shows it, nor what it trained together with. The code has a digest of its own beside the key, because
a result may outlive an edit: see `repro.runner.adopt`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from repro.data import DataInfo
from repro.data import info as data_info
from repro.data.fetch.sources import source
from repro.record.run import Run, digest
from repro.runner import code


@cache
def work_of(package: str) -> str:
    """ "module:function" of the work of an exhibit's package: where the name in its `work.py` comes from."""
    return code.origin(f"{package}.work", "work")


@cache
def code_of(package: str) -> str:
    """Digest of all the code that an exhibit's work reaches."""
    return digest(code.digests(work_of(package)))


def data_of(run: Run, data_dir: str | None, download: bool = True) -> DataInfo | None:
    """Which data the run will use; `DataError` if it is missing and no stand-in is allowed."""
    if run.dataset is None:
        return None
    return data_info(run.dataset, data_dir, run.stand_in, download)


def _as_read(data: DataInfo) -> dict[str, Any]:
    """Which data, which bytes, in which order and form they are read: what finds files is no part of the code."""
    found, asked = source(data.name), source(data.asked)
    form = [found.loader, found.form, found.shape, asked.shape, asked.form]
    return {
        "asked": data.asked,
        "name": data.name,
        "files": [list(f) for f in data.files.items()],
        "as": form,
    }


def key_by(
    package: str, run: Run, data: DataInfo | None, arithmetic: Mapping[str, Any], beside: Sequence[Run] = ()
) -> str:
    """Digest of all that determines the run's numbers but the code. `beside`: the runs it is measured with.

    The machine of this `arithmetic` (see `repro.device.arithmetic`) need not be this one.
    """
    facts: dict[str, Any] = {
        "run": run.identity(),
        "work": work_of(package),
        "data": data and _as_read(data),
        "arithmetic": dict(arithmetic),
    }
    if beside:
        facts["beside"] = [r.identity() for r in beside]
    return digest(facts)
