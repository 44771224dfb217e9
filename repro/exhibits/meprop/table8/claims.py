"""Claims of meProp's Table 8. They read `overall_ms` in float32, of calls from Python; each names its device."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from repro.claim import Claims, Outcome
from repro.exhibits.meprop.table8.spec import DENSE_MS, HIDDEN, MS
from repro.record.stats import median
from repro.record.view import View

claims = Claims()
_table = partial(claims, stand_in_ok=True, given="float32, on the device named, not the paper's GTX 1080")


def _medians(view: View, precision: str = "float32", metric: str = "overall_ms") -> dict[int | None, float]:
    """k → median milliseconds over all repetitions; None: the dense pass."""
    arms = {k: view.arm(k=k, precision=precision) for k in (None, *MS)}
    return {k: median([row[5] for row in view.select(arm, metric)]) for k, arm in arms.items()}


def _where(view: View) -> str:
    """The kind of device; its name stands in the record."""
    captured = view.has(view.arm(k=8, precision="float32"), "captured_ms")
    return "on a GPU, float32" if captured else "on a CPU, float32"


@_table(
    "T8-1",
    "With large layers, unified top-k makes the whole backward pass several times faster",
    place="section 4.8, Table 8",
    paper="11.8x at k = 8 … 3.6x at k = 512 (GTX 1080)",
    tolerance="at least 2x at every k and never above n / k; size: half to four times the paper's gain at every k",
)
def _faster(view: View) -> Outcome:
    ms = _medians(view)
    gain = {k: ms[None] / ms[k] for k in MS}
    possible = all(gain[k] <= 1.05 * HIDDEN / k for k in MS)
    size = all(0.5 <= gain[k] / (DENSE_MS / MS[k]) <= 4 for k in MS)
    told = f"{_where(view)}: {gain[8]:.1f}x at k = 8 … {gain[512]:.1f}x at k = 512, dense {ms[None]:.4g} ms"
    return Outcome(possible and min(gain.values()) >= 2, told, size)


@_table(
    "T8-2",
    "The larger k, the smaller the gain, and small k saturates",
    place="Table 8",
    paper="1502 < 1543 < … < 4874 < 17696 ms: ×1.03 from 8 to 16, ×1.55 from 256 to 512",
    tolerance="medians rise from each k to the next (2 % slack), all below dense; ×1.25 at most from 8 to 16; size: "
    "at least ×1.25 from 256 to 512",
)
def _monotone(view: View) -> Outcome:
    ms = _medians(view)
    times = [ms[k] for k in MS]
    small, large = ms[16] / ms[8], ms[512] / ms[256]
    rising = all(b > 0.98 * a for a, b in pairwise(times)) and times[-1] > 1.25 * times[0]
    told = f"{_where(view)}: {times[0]:.3g} … {times[-1]:.3g} ms; ×{small:.2f} and ×{large:.2f}"
    return Outcome(rising and ms[None] > max(times) and small < 1.25, told, large >= 1.25)


@claims(
    "T8-3",
    "On matrix units there is less to gain",
    place="Table 8",
    paper="not in the paper",
    tolerance="captured: the gain at k = 8 and at k = 512 is smaller in TF32 than in float32",
    profiles=("paper",),
    stand_in_ok=True,
    finding=True,
    elsewhere="a CPU times float32 alone",
)
def _matrix_units(view: View) -> Outcome:
    every = {p: _medians(view, p, "captured_ms") for p in ("float32", "tf32")}
    gains = {p: [ms[None] / ms[k] for k in (8, 512)] for p, ms in every.items()}
    told = "; ".join(f"{p} {a:.1f}x at k = 8, {b:.1f}x at k = 512" for p, (a, b) in gains.items())
    less = all(a < b for a, b in zip(gains["tf32"], gains["float32"], strict=True))
    return Outcome(less, f"on a GPU: {told}")
