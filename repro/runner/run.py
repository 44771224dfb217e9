"""Run an exhibit: schedule its pieces on an executor, collect every result, make the record."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, field
from typing import Any

from metadata.pins import pin
from repro import device as devices
from repro.claims import Row, judge
from repro.errors import PieceError, ReproError
from repro.paths import runs_dir as default_runs_dir
from repro.record import SCHEMA, Record, csv_text, finite, git_state
from repro.runner.pieces import Job, carry_out, data_of
from repro.spec import Exhibit, Piece, digest, pieces, spec_of

Progress = Callable[[str, float], None]
"""progress(name of the piece, fraction done): called from the runner's own process."""


@dataclass(frozen=True)
class Options:
    """How to run; none of these changes the numbers except `seeds` and `settings`."""

    device: str = "auto"
    data_dir: str | None = None
    runs_dir: str | None = None
    download: bool = True
    seeds: tuple[int, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1
    retries: int = 0


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
    device = devices.pick(options.device)
    made = pieces(exhibit, exhibit.profile(profile), options.seeds, options.settings)
    for piece in made[:1]:  # missing data: one clear error now, not one a piece later
        data_of(piece, options.data_dir, options.download)
    folder = str(default_runs_dir(options.runs_dir))
    threads = None if options.workers == 1 and executor is None else 1
    jobs = [Job(p.as_json(), folder, device, options.data_dir, options.download, threads) for p in made]
    by_seed = sorted(jobs, key=lambda j: min(j.piece["seeds"]))  # an interrupted run has whole seeds
    results, failures = _collect(by_seed, options, progress, executor)
    if not results:
        raise PieceError("; ".join(failures.values()) or f"{exhibit.id} has no pieces at {profile}")
    return make_record(exhibit, profile, made, results, failures, options)


def _collect(
    jobs: list[Job], options: Options, progress: Progress | None, executor: Executor | None
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Results and failures by piece name; every future's result is asked for."""
    results: dict[str, dict[str, Any]] = {}
    failures: dict[str, str] = {}
    if executor is None and options.workers == 1:
        for job in jobs:
            _attempt(job, lambda j: carry_out(j, progress), options.retries, results, failures)
        return results, failures
    own = None if executor else _local_pool(options.workers)
    pool = executor or own
    assert pool is not None
    try:
        waiting: dict[Future[dict[str, Any]], Job] = {pool.submit(carry_out, job): job for job in jobs}
        for done, future in enumerate(as_completed(waiting), 1):
            job = waiting[future]

            def first_then_again(j: Job, f: Future[dict[str, Any]] = future) -> dict[str, Any]:
                return f.result() if f.exception() is None or options.retries == 0 else carry_out(j)

            _attempt(job, first_then_again, options.retries, results, failures)
            if progress:
                progress(f"{job.piece['exhibit']} {job.piece['name']}", done / len(jobs))
    finally:
        if own:
            own.shutdown(cancel_futures=True)
    return results, failures


def _local_pool(workers: int) -> Executor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _attempt(
    job: Job,
    call: Callable[[Job], dict[str, Any]],
    retries: int,
    results: dict[str, dict[str, Any]],
    failures: dict[str, str],
) -> None:
    name = job.piece["name"]
    for attempt in range(retries + 1):
        try:
            results[name] = call(job)
            failures.pop(name, None)
            return
        except PieceError as e:
            failures[name] = str(e)
        except ReproError:
            raise
        except Exception as e:  # a worker that died: named, not lost
            failures[name] = f"piece {name}, attempt {attempt + 1}: {type(e).__name__}: {e}"


def make_record(
    exhibit: Exhibit,
    profile: str,
    made: tuple[Piece, ...],
    results: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, str],
    options: Options,
) -> Record:
    """Put the pieces' results together, in the pieces' fixed order, with everything that explains them."""
    done = [results[p.name] for p in made if p.name in results]
    rows: list[Row] = [tuple(r) for d in done for r in d["rows"]]  # type: ignore[misc]
    order = {a.id: i for i, a in enumerate(exhibit.arms)}
    rows.sort(key=lambda r: (order[r[0]], r[1], r[2], r[3]))
    spec = spec_of(made)
    paper = pin(exhibit.paper)
    commit, dirty = git_state()
    custom = sorted(options.settings) + (["seeds"] if options.seeds is not None else [])
    text = csv_text(rows)
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "exhibit": exhibit.id,
        "profile": profile,
        "paper": {"arxiv": paper.arxiv, "title": paper.title, "pith": paper.pith, "trust": paper.trust},
        "spec": spec,
        "spec_sha256": digest(spec),
        "custom": custom,
        "data": done[0]["data"],
        "seeds": sorted({s for p in made for s in p.seeds}),
        "missing": [
            {"piece": p.name, "why": failures.get(p.name, "")} for p in made if p.name not in results
        ],
        "fingerprints": {k: v for d in done for k, v in d["meta"].get("fingerprints", {}).items()},
        "notes": next((d["meta"]["info"] for d in done if "info" in d["meta"]), {}),
        "csv": {
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "rows": len(rows),
            "finite": finite(rows),
        },
        "code": {
            "commit": commit,
            "dirty": dirty,
            "modules": {k: v for d in done for k, v in d["code"].items()},
        },
        "environment": _distinct([d["meta"]["environment"] for d in done]),
        "timing": {
            "wall_s": round(sum(d["meta"]["wall_s"] for d in done), 1),
            "pieces": {d["piece"]["name"]: round(d["meta"]["wall_s"], 2) for d in done},
            "peak_memory_mb": round(max(d["meta"]["peak_memory_mb"] for d in done)),
        },
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    facts["verdicts"] = {
        j.claim.id: {"verdict": j.verdict, "ours": j.ours} for j in judge(exhibit, facts, rows)
    }
    return Record(facts, tuple(rows))


def _distinct(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept
