"""Claim of DNI's Figure 16."""

from __future__ import annotations

from repro.claim import Claims, Outcome
from repro.exhibits.dni.table1.spec import name
from repro.record.stats import every, mean, paired
from repro.record.view import View

TEXT = (2, 3, 4, 5, 8)
claims = Claims()


def _over_time(view: View, arm: str) -> dict[int, float]:
    """Seed → mean validation bpc over the validations that all runs of the arm have."""
    curve = view.curve(arm, "validation_bpc")
    whole = max(map(len, curve.values()))
    steps = [s for s, v in curve.items() if len(v) == whole]
    rows = [r for r in view.select(arm, "validation_bpc") if r[3] in steps]
    return {s: mean([r[5] for r in rows if r[1] == s]) for s in sorted({r[1] for r in rows})}


@claims(
    "F16-1",
    "On Penn Treebank DNI has fewer bits per character than BPTT all the way, at each T",
    place="Figure 16; Figure 4, right, for DNI + Aux",
    paper="below at all data times, by 0.01 to 0.04",
    tolerance="mean over the validations below BPTT's at each T, 95 % intervals of differences paired by seed",
    profiles=("cpu", "paper"),
)
def _below(view: View) -> Outcome:
    there = view.those_run([name("ptb", "dni", t) for t in TEXT], "validation_bpc")
    found = {}
    for t in (t for t in TEXT if name("ptb", "dni", t) in there):
        dni, bptt = (_over_time(view, name("ptb", m, t)) for m in ("dni", "bptt"))
        found[t] = paired([bptt[s] - dni[s] for s in dni if s in bptt])
    told = ", ".join(f"T = {t}: {d}" for t, d in found.items())
    return Outcome(every(found.values()), f"BPTT less DNI: {told}")
