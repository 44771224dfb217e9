"""What claims about the paper's feed-forward nets share: when there is something to compare, what "trains" means."""

from __future__ import annotations

from collections.abc import Sequence

from repro.claim import Outcome
from repro.record.cells import Cells
from repro.record.stats import both, every

ERROR, RULES = "test_error", ("bprop", "dni", "cdni")
DEEPEST = 6
"""The deepest No Bprop: what stands beside a deeper net."""


def gate(cells: Cells, depths: Sequence[int], less: float = 2.0, learned: float = 3.0) -> str:
    """Why there is nothing to compare: Bprop above `learned` %, or No Bprop less than `less` points above it.

    Beside a 21-layer net stands No Bprop of 6 layers.
    """
    full, none = cells.means("bprop", depths), cells.means("no_bprop", [min(n, DEEPEST) for n in depths])
    if max(full) > learned:
        return f"Bprop itself has not learned here: {max(full):.2f} % (≤ {learned:g} asked)"
    near = min(n - b for n, b in zip(none, full, strict=True))
    return f"No Bprop is less than {less:g} points above Bprop: nothing to compare" if near < less else ""


def trains(
    t: Cells, depths: Sequence[int], lost: float, far: float, points: float, learned: float
) -> Outcome:
    """Another block: what DNI and cDNI may lose to Bprop, and how far No Bprop is from each in the deepest net."""
    near = every((t.gap("bprop", r, n) for r in ("dni", "cdni") for n in depths), -lost)
    none = every((t.gap("no_bprop", r, depths[-1]) for r in RULES), far)
    size = all(t.near(r, depths, points) for r in (*RULES, "no_bprop"))
    told = t.told(*RULES, "no_bprop", rows=depths) + " %"
    return Outcome(both(near, none), told, size, gate(t, depths[-1:], 0, learned))
