"""What is kept of a group's training, run by run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repro.data import DataInfo
from repro.runner import code
from repro.runner.groups import Group
from repro.runner.keys import code_of, work_of
from repro.train.loop import Result


def results_of(
    group: Group,
    done: Result,
    meta: Mapping[str, Any],
    data: Mapping[str, DataInfo | None],
    keys: Mapping[str, str],
    folder: str,
) -> dict[str, dict[str, Any]]:
    """Run's name → its result: its rows, what made them, and its share of what the group took."""
    sha, digests, made = code_of(group.package), code.digests(work_of(group.package)), {}
    share = {k: meta[k] / len(group.runs) for k in ("wall_s", "train_s")}
    for i, run in enumerate(group.runs):
        info = data[run.name]
        made[run.name] = {
            "run": run.identity(),
            "key": keys[run.name],
            "code_sha256": sha,
            "code": digests,
            "data": info and _plain(info),
            "group": {"folder": folder, "slot": i, "size": len(group.runs)},
            "rows": [row[1:] for row in done.rows if row[0] == i],
            "meta": {
                **meta,
                **share,
                "info": done.meta.get("info", {}),
                "fingerprints": done.meta["beginnings"][i] if "beginnings" in done.meta else {},
                "steps": done.meta.get("steps"),
                "prints": done.meta.get("prints", {}),
            },
        }
    return made


def _plain(data: DataInfo) -> dict[str, Any]:
    return {
        "asked": data.asked,
        "name": data.name,
        "note": data.note,
        "stand_in": data.stand_in,
        "files": dict(data.files),
    }
