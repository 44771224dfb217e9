"""Run an exhibit: schedule its pieces on an executor, collect every result, make the record."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from metadata.pins import pin
from repro import device as devices
from repro.claims import Row, judge
from repro.errors import BadValueError, PieceError
from repro.paths import runs_dir as default_runs_dir
from repro.piece import Piece, digest, parts, pieces, spec_of
from repro.record import SCHEMA, Record, csv_text, data_facts, finite, verdicts
from repro.runner.pieces import Job, Progress, data_of
from repro.runner.schedule import Collected, collect
from repro.spec import Exhibit
from repro.tree import git_state

__all__ = ["Options", "Progress", "make_record", "plan", "run_exhibit", "to_do"]


@dataclass(frozen=True)
class Options:
    """How to run; none of these changes the numbers except `seeds` and `settings`.

    A piece computes on `threads` CPU threads: with one, numbers are the same bit for bit however many
    `workers` share the pieces. More threads may move the last digits. `elsewhere`: pieces go to other machines,
    so the device is theirs: it must be named, and is looked for there.
    """

    device: str = "auto"
    data_dir: str | None = None
    runs_dir: str | None = None
    download: bool = True
    seeds: tuple[int, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1
    retries: int = 0
    threads: int = 1
    checkpoint_s: float = 20.0
    elsewhere: bool = False

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("retries", 0), ("threads", 1), ("checkpoint_s", 0)):
            if getattr(self, name) < least:
                raise BadValueError(f"{name} is {getattr(self, name)!r}; expected {least} or more")
        if self.elsewhere and self.device not in ("cpu", "cuda"):
            raise BadValueError(
                f"device is {self.device!r}; on other machines expected cpu or cuda: what they have is not known here"
            )

    def kind(self) -> str:
        """The kind of device: "cpu" or "cuda"; `BadValueError` for one that should be here and is not."""
        return self.device if self.elsewhere else devices.pick(self.device)


def plan(exhibit: Exhibit, profile: str, options: Options) -> tuple[Piece, ...]:
    """The pieces that `options` ask for; unknown profiles, parameters, seeds and devices are refused."""
    if options.seeds is not None and (not options.seeds or min(options.seeds) < 0):
        raise BadValueError(f"seeds are {list(options.seeds)}; expected one or more whole numbers from 0 up")
    if options.seeds is not None and len(set(options.seeds)) < len(options.seeds):
        raise BadValueError(f"seeds are {list(options.seeds)}; expected each of them once")
    return pieces(exhibit, exhibit.profile(profile), options.seeds, options.settings)


def to_do(exhibit: Exhibit, profile: str, options: Options) -> list[Piece]:
    """What will be carried out: the pieces, or their parts where this device had better take runs one by one."""
    device, sized = options.kind(), exhibit.profile(profile)
    return [part for piece in plan(exhibit, profile, options) for part in parts(sized, piece, device)]


def run_exhibit(
    exhibit: Exhibit,
    profile: str,
    options: Options | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Record:
    """The record of `exhibit` at `profile`, from cached pieces where there are any.

    Pieces go to `executor` if given (anything with the `concurrent.futures.Executor` interface), else to
    `workers` local processes, else they are carried out here. A failed piece is retried `retries` times, then
    named in the record as missing; `PieceError` only if all failed.
    """
    options = options or Options()
    device = options.kind()
    made = plan(exhibit, profile, options)
    for piece in {(p.dataset, p.stand_in): p for p in made}.values():
        # missing data: one clear error now, not one a piece later
        data_of(piece, options.data_dir, options.download)
    # Our own workers read what this process settled on: a mirror that answers only some of them must not give
    # one piece the published data and the next one the stand-in. Other machines fetch for themselves.
    download = options.download and executor is not None
    folder, threads = str(default_runs_dir(options.runs_dir)), options.threads
    data_dir = options.data_dir or os.environ.get("REPRO_DATA")  # other machines do not have this one's
    todo = to_do(exhibit, profile, options)
    jobs = [Job(p.as_json(), folder, device, data_dir, download, threads, options.checkpoint_s) for p in todo]
    jobs.sort(key=lambda j: min(j.piece["seeds"]))  # an interrupted run has whole seeds
    found = collect(jobs, options.workers, options.retries, progress, executor)
    if not found.results:
        first = next(iter(found.failures.values()), f"{exhibit.id} has no pieces at {profile}")
        more = f" (and {len(found.failures) - 1} more pieces)" if len(found.failures) > 1 else ""
        raise PieceError(f"nothing of {exhibit.id} at {profile} succeeded: {first}{more}")
    return make_record(exhibit, profile, made, todo, found, options)


def make_record(
    exhibit: Exhibit,
    profile: str,
    made: tuple[Piece, ...],
    todo: Sequence[Piece],
    found: Collected,
    options: Options,
) -> Record:
    """Put the results of `todo`, the pieces `made` or their parts, together in that order and explain them."""
    done = [found.results[p.name] for p in todo if p.name in found.results]
    rows = _rows(exhibit, done)
    text, spec, paper = csv_text(rows), spec_of(made), pin(exhibit.paper)
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "exhibit": exhibit.id,
        "profile": profile,
        "paper": {"arxiv": paper.arxiv, "title": paper.title, "pith": paper.pith, "trust": paper.trust},
        "spec": spec,
        "spec_sha256": digest(spec),
        "custom": sorted(options.settings) + (["seeds"] if options.seeds is not None else []),
        "data": _data(exhibit, done),
        "seeds": sorted({s for p in made for s in p.seeds}),
        "missing": [
            {"piece": p.name, "why": found.failures.get(p.name, "")}
            for p in todo
            if p.name not in found.results
        ],
        "fingerprints": {k: v for d in done for k, v in d["meta"].get("fingerprints", {}).items()},
        "notes": next((d["meta"]["info"] for d in done if "info" in d["meta"]), {}),
        "csv": {
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "rows": len(rows),
            "finite": finite(rows),
        },
        **_provenance(done),
    }
    facts["verdicts"] = verdicts(judge(exhibit, facts, rows))
    return Record(facts, tuple(rows))


def _rows(exhibit: Exhibit, done: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows: list[Row] = [tuple(r) for d in done for r in d["rows"]]
    order = {a.id: i for i, a in enumerate(exhibit.arms)}
    rows.sort(key=lambda r: (order[r[0]], r[1], r[2], r[3]))
    return rows


def _data(exhibit: Exhibit, done: Sequence[Mapping[str, Any]]) -> Any:
    """The data sets that the pieces used, each once; a set that some got and others did not is an error."""
    sets = _distinct([d["data"] for d in done if d["data"]])
    for asked in {s["asked"] for s in sets}:
        used = [s["name"] for s in sets if s["asked"] == asked]
        if len(used) > 1:
            raise PieceError(
                f"the pieces of {exhibit.id} that asked for {asked} used different data ({' and '.join(used)}): "
                "fetch the data and rerun"
            )
    return data_facts(sets)


def _provenance(done: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Code, machines and times: what differs between two runs of the same numbers."""
    commit, dirty = git_state()
    metas = [d["meta"] for d in done]
    return {
        "code": {
            "commit": commit,
            "dirty": dirty,
            "modules": {k: v for d in done for k, v in d["code"].items()},
        },
        "environment": _distinct([m["environment"] for m in metas]),
        "timing": {
            "wall_s": round(sum(m["wall_s"] for m in metas), 1),
            "pieces": {d["piece"]["name"]: round(d["meta"]["wall_s"], 2) for d in done},
            "peak_memory_mb": round(max(m["peak_memory_mb"] for m in metas)),
        },
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _distinct(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept
