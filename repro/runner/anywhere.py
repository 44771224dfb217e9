"""Results that other machines made, found whatever arithmetic they are kept under: a record is put together of them.

Of a run that several machines have, the first counts: CUDA before CPU, and among each the arithmetic that comes first
as canonical JSON (CUDA's version, the GPU, threads, torch). That hangs on what there is, never on when it came.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from repro import device as devices
from repro.data import DataInfo
from repro.record.run import canonical
from repro.runner import cache
from repro.runner.carry import Job, keys_of, look_up

ANY = "any"
"""In the place of a device: nothing is trained, and what any machine has trained is taken."""

_log = logging.getLogger("repro.runner")


def preferred(arithmetics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The arithmetics in the order in which they are asked, each once."""
    by_text = {canonical(a): a for a in arithmetics}
    return [by_text[t] for t in sorted(by_text, key=lambda t: (by_text[t].get("device") != "cuda", t))]


def found(job: Job, data: Mapping[str, DataInfo | None], sha: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Run's name → its result by the code `sha`, and why there is none for those that only other code has made.

    `data` by run name; `job.device` does not count. Runs that are measured jointly come from one machine.
    """
    known = [
        *cache.arithmetics(job.runs_dir),
        devices.arithmetic("cpu", job.threads),
        {k: v for k, v in devices.arithmetic("cpu", job.threads).items() if k != "native"},
    ]  # older results do not say
    results: dict[str, Any] = {}
    several, outdated = set(), dict[str, str]()
    for arithmetic in preferred(known):
        keys = keys_of(job, data, arithmetic)
        there = look_up(job, keys, sha)
        several |= there.keys() & results.keys()
        results = {**there, **results}
        for name in keys.keys() - there.keys():
            if next(cache.others(job.runs_dir, keys[name], sha), None):
                outdated[name] = (
                    "there is a result, but by other code: only a machine like its own can adopt it"
                )
    if several:
        _log.warning(
            "%s: %d runs are there from several machines; CUDA goes before CPU, then what is first by name",
            *(job.exhibit, len(several)),
        )
    return results, {name: why for name, why in outdated.items() if name not in results}
