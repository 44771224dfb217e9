"""Records: the result of an exhibit at a profile, as JSON + tidy CSV that explain themselves.

`<paper>/<exhibit>/<profile>.json` holds the spec and its digest, the paper's pin, data sums, seeds, code,
versions, device, times, what is missing and the verdicts; `<profile>.csv` the rows arm, seed, metric, step,
index, value.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repro.claims import Judgement, Row, judge
from repro.errors import RecordError, StaleRecordError
from repro.piece import digest, pieces
from repro.spec import Exhibit

SCHEMA = 1
HEADER = ("arm", "seed", "metric", "step", "index", "value")
VOLATILE = ("created", "timing", "environment", "code")
"""Parts that differ between two runs of the same numbers."""

_TEXT, _MAP, _LIST = {"type": "string"}, {"type": "object"}, {"type": "array"}
JSON_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "exhibit", "profile", "paper", "spec", "spec_sha256", "csv", "verdicts", "code"],
    "properties": {
        "schema": {"const": SCHEMA},
        "exhibit": _TEXT,
        "profile": {"enum": ["smoke", "quick", "cpu", "paper"]},
        "paper": {
            "type": "object",
            "required": ["arxiv", "title", "trust"],
            "properties": {"arxiv": {"type": "string", "pattern": r"^\d{4}\.\d{4,5}v\d+$"}},
        },
        "spec": {"type": "object", "required": ["pieces"]},
        "spec_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "custom": _LIST,
        "data": {"type": ["object", "null"]},
        "seeds": {"type": "array", "items": {"type": "integer"}},
        "missing": _LIST,
        "fingerprints": _MAP,
        "notes": _MAP,
        "csv": {"type": "object", "required": ["sha256", "rows"]},
        "verdicts": _MAP,
        "code": {"type": "object", "required": ["commit", "dirty", "modules"]},
        "environment": _LIST,
        "timing": _MAP,
        "created": _TEXT,
    },
}


@dataclass(frozen=True)
class Record:
    """A record in memory: `facts` is the JSON, `rows` the CSV."""

    facts: Mapping[str, Any]
    rows: tuple[Row, ...]

    @property
    def exhibit(self) -> str:
        """Exhibit id."""
        return str(self.facts["exhibit"])

    @property
    def profile(self) -> str:
        """Profile name."""
        return str(self.facts["profile"])

    def judgements(self, exhibit: Exhibit) -> list[Judgement]:
        """The verdicts, computed afresh from the rows."""
        return judge(exhibit, self.facts, self.rows)

    def sha256(self) -> str:
        """Digest of everything but the volatile parts: two runs of the same numbers share it."""
        return digest({k: v for k, v in self.facts.items() if k not in VOLATILE})


def data_facts(sets: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What a record says of its data sets: nothing, the one, or several in the same words with each in `sets`.

    Each has `asked`, `name`, `note`, `stand_in` and `files`. Of several, `stand_in` means any of them.
    """
    if len(sets) < 2:
        return sets[0] if sets else None
    asked, name = (" + ".join(str(s[key]) for s in sets) for key in ("asked", "name"))
    note, stand_in = "; ".join(str(s["note"]) for s in sets), any(s["stand_in"] for s in sets)
    return {"asked": asked, "name": name, "note": note, "stand_in": stand_in, "sets": list(sets)}


def data_sets(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The inverse of `data_facts`: the data sets of a record, one by one."""
    data = facts.get("data")
    return list(data.get("sets", [data])) if data else []


def csv_text(rows: Sequence[Row]) -> str:
    """The rows as tidy CSV; floats in the shortest form that reads back exactly."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for arm, seed, metric, step, index, value in rows:
        writer.writerow((arm, seed, metric, step, index, repr(float(value))))
    return out.getvalue()


def csv_rows(text: str, name: str) -> tuple[Row, ...]:
    """The inverse of `csv_text`; `RecordError` names the line that cannot be read."""
    reader = csv.reader(io.StringIO(text))
    if tuple(next(reader, ())) != HEADER:
        raise RecordError(f"{name}: the first line is not {','.join(HEADER)}")
    rows: list[Row] = []
    for n, r in enumerate(reader, 2):
        try:
            arm, seed, metric, step, index, value = r
            rows.append((arm, int(seed), metric, int(step), index, float(value)))
        except ValueError as e:
            raise RecordError(f"{name}, line {n}: {e}") from None
    return tuple(rows)


def path_of(folder: Path, exhibit: str, profile: str) -> Path:
    """Where the JSON of a record lies under `folder` (results/ or an output folder)."""
    return folder / exhibit / f"{profile}.json"


def save(record: Record, folder: Path) -> Path:
    """Write JSON and CSV atomically; returns the JSON's path."""
    path = path_of(folder, record.exhibit, record.profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record.facts, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
    for target, content in ((path.with_suffix(".csv"), csv_text(record.rows)), (path, text)):
        temporary = target.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(content, encoding="utf-8", newline="\n")
        os.replace(temporary, target)
    return path


def load(folder: Path, exhibit: str, profile: str) -> Record:
    """Read a record and check its integrity; `RecordError` names the broken file and what is wrong."""
    path = path_of(folder, exhibit, profile)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        text = path.with_suffix(".csv").read_text(encoding="utf-8")
    except FileNotFoundError as e:
        raise RecordError(
            f"no record {e.filename}: make one with `repro run {exhibit} --profile {profile}`"
        ) from None
    except ValueError as e:
        raise RecordError(
            f"{path.name} of {exhibit} is not JSON ({e}): restore it from git or run again"
        ) from None
    validate(facts, f"{exhibit} at {profile}")
    if facts["exhibit"] != exhibit or facts["profile"] != profile:
        got = f"{facts['exhibit']} at {facts['profile']}"
        raise RecordError(f"the record in the place of {exhibit} at {profile} is one of {got}")
    if hashlib.sha256(text.encode()).hexdigest() != facts["csv"]["sha256"]:
        raise RecordError(f"{exhibit}/{profile}.csv does not have the SHA-256 that its JSON states")
    return Record(facts, csv_rows(text, f"{exhibit}/{profile}.csv"))


def validate(facts: Mapping[str, Any], name: str) -> None:
    """Check a record's JSON against the schema and its own digest; `RecordError` says where it fails."""
    import jsonschema

    try:
        jsonschema.validate(facts, JSON_SCHEMA)
    except jsonschema.ValidationError as e:
        place = "/".join(map(str, e.absolute_path)) or "top level"
        raise RecordError(f"record of {name}: {place}: {e.message}") from None
    if digest(facts["spec"]) != facts["spec_sha256"]:
        raise RecordError(f"record of {name}: its spec does not have the digest it states")


def require_fresh(exhibit: Exhibit, record: Record) -> None:
    """`StaleRecordError` with the first difference if the record was made from another spec than today's."""
    why = stale_because(exhibit, record)
    if why:
        raise StaleRecordError(
            f"the {record.profile} record of {exhibit.id} is stale: {why}; make it again with "
            f"`repro run {exhibit.id} --profile {record.profile}` and commit it with `repro commit`"
        )


def stale_because(exhibit: Exhibit, record: Record) -> str:
    """Why the record no longer fits the exhibit's spec, or an empty string."""
    today = [p.as_json() for p in pieces(exhibit, exhibit.profile(record.profile))]
    if digest({"pieces": today}) == record.facts["spec_sha256"]:
        return ""
    then = {p["name"]: p for p in record.facts["spec"]["pieces"]}
    now = {p["name"]: p for p in today}
    for name in (n for n in now if n in then):  # a changed value first: it says more than changed pieces
        for key, value in now[name].items():
            if value != then[name].get(key):
                return f"{key} of piece {name} changed: {_difference(then[name].get(key), value)}"
    if set(then) != set(now):
        gone, new = sorted(set(then) - set(now)), sorted(set(now) - set(then))
        return f"pieces changed (new: {_few(new)}; gone: {_few(gone)})"
    return "the order of its pieces changed"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (", ".join(names[:3]) or "none") + more


def _difference(then: Any, now: Any) -> str:
    """The first difference of two JSON values, by name: "steps was 400, is 500"."""
    if isinstance(then, dict) and isinstance(now, dict):
        for k in sorted({*then, *now}):
            if then.get(k) != now.get(k):
                return f"{k} {_difference(then.get(k), now.get(k))}"
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        i = next(i for i, (a, b) in enumerate(zip(then, now, strict=True)) if a != b)
        if isinstance(then[i], dict):
            return f"entry {i} {_difference(then[i], now[i])}"
    return f"was {_shown(then)}, is {_shown(now)}"


def _shown(value: Any) -> str:
    text = "absent" if value is None else repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def verdicts(judgements: Iterable[Judgement]) -> dict[str, dict[str, str]]:
    """Judgements as a record stores them: claim → verdict and our numbers."""
    return {j.claim.id: {"verdict": j.verdict, "ours": j.ours} for j in judgements}


def finite(rows: Sequence[Row]) -> bool:
    """Whether every value is a finite number."""
    return all(math.isfinite(r[5]) for r in rows)
