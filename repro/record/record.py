"""Records: the result of an exhibit at a profile, as JSON + tidy CSV that explain themselves.

`facts` (the JSON) holds the spec – the list of runs – and its digest, the paper's pin, data sums, code, versions,
devices, times, which runs are missing, the claims as they stood, and the verdicts; `rows` (the CSV) the lines arm,
seed, metric, step, index, value.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from repro.errors import RecordError
from repro.record.judge import Judgement, judge, view_of
from repro.record.run import digest
from repro.record.view import Row, View
from repro.spec import Exhibit

SCHEMA = 2
HEADER = ("arm", "seed", "metric", "step", "index", "value")
VOLATILE = ("created", "timing", "environment", "code")
"""Parts that differ between two runs of the same numbers."""


@dataclass(frozen=True)
class Record:
    """A record in memory: `facts` is the JSON, `rows` the CSV."""

    facts: Mapping[str, Any]
    rows: tuple[Row, ...]
    _judged: list[tuple[Exhibit, list[Judgement]]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def exhibit(self) -> str:
        """Exhibit id."""
        return str(self.facts["exhibit"])

    @property
    def profile(self) -> str:
        """Profile name."""
        return str(self.facts["profile"])

    def view(self, exhibit: Exhibit) -> View:
        """The rows, as claims and figures read them."""
        return view_of(exhibit, self.facts, self.rows)

    def judgements(self, exhibit: Exhibit) -> list[Judgement]:
        """The verdicts, computed from the rows: once, since a notebook asks some ten times."""
        found = next((j for e, j in self._judged if e is exhibit), None)
        if found is None:
            found = judge(exhibit, self.facts, self.rows)
            self._judged.append((exhibit, found))
        return list(found)

    def sha256(self) -> str:
        """Digest of everything but the volatile parts: two runs of the same numbers share it."""
        return digest({k: v for k, v in self.facts.items() if k not in VOLATILE})


def seeds_of(facts: Mapping[str, Any]) -> list[int]:
    """The seeds of a record's spec, each once."""
    return sorted({s for own in facts["spec"]["arms"].values() for s in own["seeds"]})


def run_names(facts: Mapping[str, Any]) -> list[str]:
    """The runs that a record was to have, as "arm/seed"."""
    return [f"{arm}/{s}" for arm, own in facts["spec"]["arms"].items() for s in own["seeds"]]


def done_names(facts: Mapping[str, Any]) -> list[str]:
    """Those of them that it has."""
    lacking = {m["run"] for m in facts["missing"]}
    return [n for n in run_names(facts) if n not in lacking]


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


def csv_facts(rows: Sequence[Row]) -> dict[str, Any]:
    """What a record's JSON says of its CSV."""
    sha = hashlib.sha256(csv_text(rows).encode()).hexdigest()
    return {"sha256": sha, "rows": len(rows), "finite": finite(rows)}


def held(exhibit: Exhibit, rows: Iterable[Row]) -> list[Row]:
    """Of what runs measured, what the exhibit's record holds: its metrics; of one `at_end` a run's last values."""
    at_end, rows = {m.name: m.at_end for m in exhibit.metrics}, list(rows)
    last: dict[tuple[str, int, str], int] = {}
    for row in rows:
        last[row[:3]] = max(row[3], last.get(row[:3], row[3]))
    return [r for r in rows if r[2] in at_end and (not at_end[r[2]] or r[3] == last[r[:3]])]


def in_order(exhibit: Exhibit, rows: Iterable[Row]) -> list[Row]:
    """The rows as a record has them: arm by arm as the exhibit names them, then by seed, metric and step."""
    order = {a.id: i for i, a in enumerate(exhibit.arms)}
    return sorted(rows, key=lambda r: (order[r[0]], r[1], r[2], r[3]))


def verdicts(judgements: Iterable[Judgement]) -> dict[str, dict[str, str]]:
    """Judgements as a record stores them: claim → verdict and our numbers."""
    return {j.claim.id: {"verdict": j.verdict, "ours": j.ours} for j in judgements}


def finite(rows: Sequence[Row]) -> bool:
    """Whether every value is a finite number."""
    return all(math.isfinite(r[5]) for r in rows)
