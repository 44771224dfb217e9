"""Records on disk: where they lie, reading them with their checks, writing them, which there are."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from repro.errors import RecordError
from repro.files import write_together
from repro.paths import results_dir
from repro.record.parts import machine_by_run
from repro.record.record import SCHEMA, Record, csv_rows, csv_text, done_names
from repro.record.run import digest
from repro.spec import PROFILES, Exhibit

AGAIN = "restore it from git or run again"
SUFFIXES = (".json", ".csv", ".svg")
_TEXT, _MAP, _LIST = {"type": "string"}, {"type": "object"}, {"type": "array"}
_TEXTS = {"type": "array", "items": _TEXT}
_SHA = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
JSON_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("schema", "exhibit", "profile", "paper", "spec", "spec_sha256", "custom", "data", "missing"),
        *("csv", "claims", "verdicts", "code", "environment", "timing", "created"),
    ],
    "properties": {
        "schema": {"const": SCHEMA},
        "exhibit": _TEXT,
        "profile": {"enum": list(PROFILES)},
        "paper": {
            "type": "object",
            "required": ["arxiv", "title", "trust"],
            "properties": {"arxiv": {"type": "string", "pattern": r"^\d{4}\.\d{4,5}v\d+$"}},
        },
        "spec": {
            "type": "object",
            "required": ["params", "arms"],
            "properties": {
                "params": _MAP,
                "arms": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["setting", "dataset", "seeds", "params"],
                        "properties": {
                            "setting": _MAP,
                            "params": _MAP,
                            "seeds": {"type": "array", "items": {"type": "integer"}},
                        },
                    },
                },
            },
        },
        "spec_sha256": _SHA,
        "custom": _LIST,
        "data": {"type": ["object", "null"]},
        "missing": {"type": "array", "items": {"type": "object", "required": ["run", "why"]}},
        "fingerprints": _MAP,
        "notes": _MAP,
        "csv": {"type": "object", "required": ["sha256", "rows"], "properties": {"sha256": _SHA}},
        "claims": {"type": "object", "additionalProperties": _SHA},
        "verdicts": _MAP,
        "code": {
            "type": "object",
            "required": ["commit", "dirty", "modules"],
            "properties": {
                "commit": _TEXT,
                "dirty": {"type": "boolean"},
                "modules": _MAP,
                "earlier": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["commit", "modules", "created", "runs"],
                        "properties": {"commit": _TEXT, "modules": _MAP, "created": _TEXT, "runs": _TEXTS},
                    },
                },
            },
        },
        "environment": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["device", "threads", "torch"],
                "properties": {"runs": _TEXTS},
            },
        },
        "timing": {
            "type": "object",
            "required": ["wall_s", "peak_memory_mb"],
            "properties": {"runs": {"type": "object", "additionalProperties": {"type": "number"}}},
        },
        "created": _TEXT,
        "carried": _MAP,
        "superseded": _TEXT,
    },
}


def path_of(folder: Path, exhibit: str, name: str) -> Path:
    """Where the JSON of a record lies under `folder` (results/ or an output folder); `name` as `name_of`."""
    return folder / exhibit / f"{name}.json"


def name_of(facts: Mapping[str, Any]) -> str:
    """A record's name in its folder: its profile; of one with changes "quick-custom-" and the start of its sum.

    So it lies beside the profile's own record, and beside those with other changes.
    """
    own = f"-custom-{facts['spec_sha256'][:8]}" if facts["custom"] else ""
    return f"{facts['profile']}{own}"


def recorded(exhibit: Exhibit, folder: Path | None = None) -> list[str]:
    """The profiles with a record in `folder` (the committed results), from small to big. Nothing is opened."""
    folder, names = folder or results_dir(), [p.name for p in exhibit.profiles]
    return [p for p in PROFILES if p in names and path_of(folder, exhibit.id, p).exists()]


def save(record: Record, folder: Path) -> Path:
    """Write CSV and JSON, none before both can be, the JSON (which holds the CSV's sum) last; returns its path."""
    path = path_of(folder, record.exhibit, name_of(record.facts))
    text = json.dumps(record.facts, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
    write_together({path.with_suffix(".csv"): csv_text(record.rows).encode(), path: text.encode()})
    return path


def load(folder: Path, exhibit: str, name: str) -> Record:
    """Read a record (`name`: its profile, or as `name_of`) and check its integrity.

    `RecordError` names the broken file and what is wrong.
    """
    path, profile = path_of(folder, exhibit, name), name.partition("-")[0]
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        text = path.with_suffix(".csv").read_text(encoding="utf-8")
    except FileNotFoundError as e:
        if e.filename != str(path) and path.exists():
            raise RecordError(f"{exhibit}/{name}.csv is not there, its JSON is: {AGAIN}") from None
        there = ", ".join(p for p in PROFILES if path_of(folder, exhibit, p).exists())
        others = f" (there are those at {there})" if there else ""
        raise RecordError(
            f"no record {e.filename}{others}: make one with `repro run {exhibit} --profile {profile}`"
        ) from None
    except ValueError as e:
        raise RecordError(f"{path.name} of {exhibit} is not JSON ({e}): {AGAIN}") from None
    validate(facts, f"{exhibit} at {profile}")
    if facts["exhibit"] != exhibit or facts["profile"] != profile:
        got = f"{facts['exhibit']} at {facts['profile']}"
        raise RecordError(f"the record in the place of {exhibit} at {profile} is one of {got}")
    if name != name_of(facts):
        raise RecordError(
            f"{path.name} of {exhibit} holds the record {name_of(facts)}: a changed run has its own name"
        )
    if hashlib.sha256(text.encode()).hexdigest() != facts["csv"]["sha256"]:
        raise RecordError(f"{exhibit}/{name}.csv does not have the SHA-256 that its JSON states: {AGAIN}")
    return Record(facts, csv_rows(text, f"{exhibit}/{name}.csv"))


def validate(facts: Mapping[str, Any], name: str) -> None:
    """Check a record's JSON against the schema and its own digest; `RecordError` says where it fails."""
    e = checker().exceptions.best_match(_validator().iter_errors(facts))
    if e is not None:
        place = "/".join(map(str, e.absolute_path)) or "top level"
        raise RecordError(f"record of {name}: {place}: {e.message}")
    if digest(facts["spec"]) != facts["spec_sha256"]:
        raise RecordError(f"record of {name}: its spec does not have the digest it states")
    try:
        machine_by_run(facts["environment"], done_names(facts))
    except KeyError as lost:
        raise RecordError(f"record of {name}: environment: no machine made run {lost}: {AGAIN}") from None


@cache
def _validator() -> Any:
    """Of the schema, which is checked itself: once, it takes longer than a record."""
    kind = checker().validators.validator_for(JSON_SCHEMA)
    kind.check_schema(JSON_SCHEMA)
    return kind(JSON_SCHEMA)


def checker() -> Any:
    """The module jsonschema, imported without parsers of foreign addresses, if nobody has imported it before.

    Where JupyterLab is, these take ten times as long to build as all the rest; no schema of ours has an address.
    """
    slow = "rfc3987_syntax"
    if "jsonschema" not in sys.modules and slow not in sys.modules:
        sys.modules[slow] = None  # type: ignore[assignment]  # importing it now fails, as if it were not installed
        try:
            return importlib.import_module("jsonschema")
        finally:
            del sys.modules[slow]
    return importlib.import_module("jsonschema")
