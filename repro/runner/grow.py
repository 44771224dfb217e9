"""A record grows where earlier runs are at hand only as rows of the committed record.

Another machine, another contributor, a runs folder that was cleared: what is committed need not be trained again to
be added to. A run is taken along if it is the same run (`Run.identity`) under the same name, on the same data. Its
machine, its time and its fingerprints come with it, and `code` says under `earlier` which commit had made it, by
which modules: `repro status` tells where they have changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from repro.errors import RecordError
from repro.paths import results_dir
from repro.record.audit import GROWS
from repro.record.fresh import stale_because
from repro.record.parts import machine_by_run, machines, notes, told_by_arm
from repro.record.record import Record, csv_facts, data_facts, data_sets, done_names, in_order
from repro.record.run import Run, canonical, runs, runs_of_spec
from repro.record.store import load, path_of, recorded
from repro.record.view import Row
from repro.runner.registered import NOT_PLANNED, reads, registered
from repro.spec import Exhibit

COMMITTED = "in the committed record: `repro commit` takes it along"
"""Why a record lacks a run that was passed over for this."""


def committed(exhibit: Exhibit, profile: str, made: Sequence[Run]) -> set[str]:
    """The names of those of `made` that the committed record has: `repro commit` takes them along.

    None where a record is made as a whole: at the small profiles, and where runs are measured jointly.
    """
    if profile not in GROWS or exhibit.jointly or profile not in recorded(exhibit):
        return set()
    had = _trained(load(results_dir(), exhibit.id, profile))
    return {r.name for r in made if had.get(r.name) == canonical(r.identity())}


def lacked(record: Record, there: Record) -> list[str]:
    """The runs that `record` is said to lack and `there` has, on whatever data."""
    had, wanted = _trained(there), {r.name: r for r in runs_of_spec(record.facts["spec"])}
    names = [m["run"] for m in record.facts["missing"] if m["run"] in wanted]
    return [n for n in names if had.get(n) == canonical(wanted[n].identity())]


def takeable(exhibit: Exhibit, record: Record, there: Record) -> list[str]:
    """Those of them that can be taken along: if the record is of today's plan, and their data are in no conflict."""
    return [] if stale_because(exhibit, record) or conflict(record, there) else lacked(record, there)


def conflict(record: Record, there: Record) -> str:
    """The data set that both asked for and that is another in each, in words; empty if none is."""
    ours = {d["asked"]: d for d in data_sets(record.facts)}
    for theirs in data_sets(there.facts):
        mine = ours.get(theirs["asked"], theirs)
        if (mine["name"], mine["files"]) != (theirs["name"], theirs["files"]):
            sums = " (other checksums)" if mine["name"] == theirs["name"] else ""
            return f"its {theirs['asked']} is {mine['note']}, theirs {theirs['note']}{sums}"
    return ""


def replaced(record: Record, there: Record) -> tuple[int, int]:
    """Of how many runs of `there` the record has other numbers, and how many it does not have at all."""
    mine, theirs = _trained(record), _trained(there)
    both = {n for n, identity in theirs.items() if mine.get(n) == identity}
    was = {r[:5]: r[5] for r in there.rows}
    other = {f"{r[0]}/{r[1]}" for r in record.rows if repr(was.get(r[:5], r[5])) != repr(r[5])}
    return len(both & other), len(set(theirs.values()) - set(mine.values()))


def grown(exhibit: Exhibit, record: Record, there: Record, taken: Sequence[str]) -> Record:
    """`record` with the runs `taken` of `there`, as one that had trained them too; its verdicts are to be judged."""
    new, old = record.facts, there.facts
    own, names = set(done_names(new)), set(taken)
    kept = [r for r in runs(exhibit, exhibit.profile(record.profile)) if r.name in own | names]
    order, arms = [r.name for r in kept], dict.fromkeys(r.arm for r in kept)
    rows = in_order(exhibit, [*record.rows, *(r for r in there.rows if f"{r[0]}/{r[1]}" in names)])
    by_run = machine_by_run(old["environment"], done_names(old)) | machine_by_run(new["environment"], own)
    told = _told(old) | _told(new)
    facts = {
        **new,
        "missing": [m for m in new["missing"] if m["run"] not in names],
        "data": _data(kept, old, new),
        "fingerprints": _by_run(order, names, old.get("fingerprints"), new.get("fingerprints")),
        "notes": notes({arm: told[arm] for arm in arms}),
        "csv": csv_facts(rows),
        "claims": _claims(exhibit, record, there, rows, {n.rpartition("/")[0] for n in names}),
        "environment": machines({n: by_run[n] for n in order}),
        "timing": _timing(order, names, old, new),
        "code": {**new["code"], "earlier": [*_earlier(old, names), *new["code"].get("earlier", ())]},
    }
    return Record(facts | ({"carried": old["carried"]} if "carried" in old else {}), tuple(rows))


def as_seen(exhibit: Exhibit, record: Record) -> Record:
    """`record` with its claims as they stood when a committed record, of whatever profile, had its runs first.

    To train a run again on the same data is to see it again: a claim that has changed since stays marked.
    Measurements of time (`jointly`) are others each time. Of the committed records no rows are read.
    """
    for profile in recorded(exhibit) if not exhibit.jointly else ():
        path = path_of(results_dir(), exhibit.id, profile)
        try:
            there = Record(json.loads(path.read_bytes()), ())
        except ValueError as e:
            raise RecordError(f"{path.name} of {exhibit.id} is not JSON ({e}): mend it first") from None
        known = set(_trained(there).values()) if not conflict(record, there) else set[str]()
        arms = {name.rpartition("/")[0] for name, identity in _trained(record).items() if identity in known}
        claims = _claims(exhibit, record, there, record.rows, arms)
        record = Record({**record.facts, "claims": claims}, record.rows)
    return record


def _trained(record: Record) -> dict[str, str]:
    """Name → identity of the runs that a record has."""
    done = set(done_names(record.facts))
    return {r.name: canonical(r.identity()) for r in runs_of_spec(record.facts["spec"]) if r.name in done}


def _data(kept: Sequence[Run], old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Of the data sets of both records those that the runs used, in their order."""
    sets = {d["asked"]: d for d in (*data_sets(old), *data_sets(new))}
    asked = dict.fromkeys(r.dataset for r in kept)
    return data_facts([sets[a] for a in asked if a in sets])


def _told(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return told_by_arm(facts.get("notes", {}), dict.fromkeys(n.rpartition("/")[0] for n in done_names(facts)))


def _by_run(kept: Sequence[str], taken: set[str], old: Any, new: Any) -> dict[str, Any]:
    """By the run's name, from `old` where it was taken."""
    found = {n: ((old if n in taken else new) or {}).get(n) for n in kept}
    return {n: value for n, value in found.items() if value is not None}


def _timing(
    kept: Sequence[str], taken: set[str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """As of one record. Runs of which `old` does not say what each took are taken for equally long."""
    then, now = old["timing"], new["timing"]
    each = then.get("runs", {})
    untold = [n for n in done_names(old) if n not in each]
    share = max(then["wall_s"] - sum(each.values()), 0) / max(len(untold), 1)
    wall = now["wall_s"] + sum(each.get(n, share) for n in taken)
    peak = max(then["peak_memory_mb"], now["peak_memory_mb"])
    return {
        "wall_s": round(wall, 1),
        "runs": _by_run(kept, taken, each, now.get("runs")),
        "peak_memory_mb": peak,
    }


def _claims(
    exhibit: Exhibit, record: Record, there: Record, rows: Sequence[Row], arms: set[str]
) -> dict[str, str]:
    """As `registered.as_planned`: today's digest if it was that when each run that the claim reads was planned.

    `arms`: those of which `there` has planned runs.
    """
    today, found = registered(exhibit), dict(record.facts["claims"])
    for claim in exhibit.claims if arms else ():
        then = there.facts["claims"].get(claim.id, NOT_PLANNED)
        if then != today[claim.id] and arms & {*reads(claim, exhibit, rows)}:
            found[claim.id] = then
    return found


def _earlier(facts: Mapping[str, Any], taken: set[str]) -> list[dict[str, Any]]:
    """The code that made the runs taken from a record, with what was adopted; also of those that it had taken."""
    before = [{**e, "runs": [n for n in e["runs"] if n in taken]} for e in facts["code"].get("earlier", ())]
    known = {n for e in before for n in e["runs"]}
    made = {k: v for k, v in facts["code"].items() if k not in ("dirty", "earlier")}
    own = {**made, "created": facts["created"], "runs": [n for n in done_names(facts) if n in taken - known]}
    return [e for e in (*before, own) if e["runs"]]
