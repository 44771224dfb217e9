"""A record grows where earlier runs are at hand only as rows of the committed record.

Another machine, another contributor, a runs folder that was cleared: what is committed need not be trained again to
be added to. A run is taken along if it is the same run (see `Run.identity`) on the same data. Its machine, its time
and its fingerprints come with it, and `code` says under `earlier` which commit had made it, by which
modules: `repro status` tells where they have changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repro.paths import results_dir
from repro.record.audit import GROWS
from repro.record.parts import machine_by_run, machines, notes, told_by_arm
from repro.record.record import Record, csv_facts, data_facts, data_sets, in_order, run_names
from repro.record.run import Run, runs_of_spec
from repro.record.store import load, recorded
from repro.record.view import Row
from repro.runner.registered import reads, registered
from repro.spec import Exhibit


def committed(exhibit: Exhibit, profile: str, made: Sequence[Run]) -> set[str]:
    """The names of those of `made` that the committed record has: `repro commit` takes them along."""
    if profile not in GROWS or profile not in recorded(exhibit):
        return set()
    there = load(results_dir(), exhibit.id, profile)
    done = set(_done(there.facts))
    had = {r.name: r.identity() for r in runs_of_spec(there.facts["spec"]) if r.name in done}
    return {r.name for r in made if had.get(r.name) == r.identity()}


def takeable(record: Record, there: Record) -> list[str]:
    """The runs that `record` is said to lack and `there` has: the same, on data that are in no conflict."""
    if record.facts["custom"] or _apart(record, there):
        return []
    lacking, done = {m["run"] for m in record.facts["missing"]}, set(_done(there.facts))
    had = {r.name: r.identity() for r in runs_of_spec(there.facts["spec"]) if r.name in done}
    wanted = (r for r in runs_of_spec(record.facts["spec"]) if r.name in lacking)
    return [r.name for r in wanted if had.get(r.name) == r.identity()]


def grown(exhibit: Exhibit, record: Record, there: Record, taken: Sequence[str]) -> Record:
    """`record` with the runs `taken` of `there`, as one that had trained them too; its verdicts are to be judged."""
    if not taken:
        return record
    new, old = record.facts, there.facts
    own, names = set(_done(new)), set(taken)
    kept = [n for n in run_names(new) if n in own or n in names]
    rows = in_order(exhibit, [*record.rows, *(r for r in there.rows if f"{r[0]}/{r[1]}" in names)])
    sets = {d["asked"]: d for d in (*data_sets(old), *data_sets(new))}
    by_run = machine_by_run(old["environment"], _done(old)) | machine_by_run(new["environment"], own)
    arms = dict.fromkeys(name.rpartition("/")[0] for name in kept)
    facts = {
        **new,
        "missing": [m for m in new["missing"] if m["run"] not in names],
        "data": data_facts(list(sets.values())),
        "fingerprints": _by_run(kept, names, old.get("fingerprints"), new["fingerprints"]),
        "notes": notes(_told(old) | _told(new)) if arms else {},
        "csv": csv_facts(rows),
        "claims": _claims(exhibit, record, there, rows, {n.rpartition("/")[0] for n in names}),
        "environment": machines({n: by_run[n] for n in kept}),
        "timing": _timing(kept, names, old, new),
        "code": {**new["code"], "earlier": [*_earlier(old, names), *new["code"].get("earlier", ())]},
    }
    return Record(facts | ({"carried": old["carried"]} if "carried" in old else {}), tuple(rows))


def _apart(record: Record, there: Record) -> bool:
    """Whether a data set that both asked for is another in each."""
    ours = {d["asked"]: d for d in data_sets(record.facts)}
    return any(ours.get(d["asked"], d) != d for d in data_sets(there.facts))


def _done(facts: Mapping[str, Any]) -> list[str]:
    lacking = {m["run"] for m in facts["missing"]}
    return [n for n in run_names(facts) if n not in lacking]


def _told(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return told_by_arm(facts.get("notes", {}), dict.fromkeys(n.rpartition("/")[0] for n in _done(facts)))


def _by_run(kept: Sequence[str], taken: set[str], old: Any, new: Any) -> dict[str, Any]:
    """By the run's name, from `old` where it was taken."""
    found = {n: ((old if n in taken else new) or {}).get(n) for n in kept}
    return {n: value for n, value in found.items() if value is not None}


def _timing(
    kept: Sequence[str], taken: set[str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """As of one record; of one that does not say what each run took, those taken took their share of all."""
    then, now = old["timing"], new["timing"]
    share = then["wall_s"] * len(taken) / len(_done(old))
    wall = now["wall_s"] + sum(then["runs"][n] for n in taken) if "runs" in then else now["wall_s"] + share
    peak = max(then["peak_memory_mb"], now["peak_memory_mb"])
    runs = _by_run(kept, taken, then.get("runs"), now["runs"])
    return {"wall_s": round(wall, 1), "runs": runs, "peak_memory_mb": peak}


def _claims(
    exhibit: Exhibit, record: Record, there: Record, rows: Sequence[Row], arms: set[str]
) -> dict[str, str]:
    """As `registered.as_planned`: today's digest if it was that when each run that the claim reads was planned."""
    today, found = registered(exhibit), dict(record.facts["claims"])
    for claim in exhibit.claims:
        then, read = there.facts["claims"].get(claim.id, ""), reads(claim, exhibit, rows)
        if then and then != today[claim.id] and (read is None or arms & set(read)):
            found[claim.id] = then
    return found


def _earlier(facts: Mapping[str, Any], taken: set[str]) -> list[dict[str, Any]]:
    """The commits that made the runs taken from a record, with their modules; also of those that it had taken."""
    before = [{**e, "runs": [n for n in e["runs"] if n in taken]} for e in facts["code"].get("earlier", ())]
    known = {n for e in before for n in e["runs"]}
    made = {**{k: facts["code"][k] for k in ("commit", "modules")}, "created": facts["created"]}
    own = {**made, "runs": [n for n in _done(facts) if n in taken and n not in known]}
    return [e for e in (*before, own) if e["runs"]]
