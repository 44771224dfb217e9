"""Claims of meProp's Table 7. They hold for a device at a size, whatever the data; ours are judged on a CPU."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

from repro.claim import Claims, Outcome
from repro.exhibits.meprop.table7.spec import DENSE_MS, HIDDEN, MS
from repro.record.stats import mean, median
from repro.record.view import View

claims = Claims()
_table = partial(claims, stand_in_ok=True, given="on the device that the record names, not the paper's GTX 1080")
SATURATES = 7.2 / 0.123
"""Where the paper's times t(k) = 7.2 + 0.123 k ms have doubled: k = a/b."""


def _medians(view: View) -> dict[int | None, float]:
    """k → median milliseconds over all repetitions; None: the dense products."""
    repetitions = {k: view.select(view.arm(k=k), "backward_ms") for k in (None, *MS)}
    return {k: median([row[5] for row in rows]) for k, rows in repetitions.items()}


def fitted(ms: dict[int, float]) -> tuple[float, float]:
    """(a, b) of t(k) = a + b k by least squares in relative error, so that small k count as much as large."""
    weights = {k: 1 / t**2 for k, t in ms.items()}
    total = math.fsum(weights.values())
    k_mean, t_mean = (math.fsum(w * x for w, x in zip(weights.values(), v, strict=True)) / total for v in (ms, ms.values()))
    above = math.fsum(w * (k - k_mean) * (ms[k] - t_mean) for k, w in weights.items())
    b = above / math.fsum(w * (k - k_mean) ** 2 for k, w in weights.items())
    return t_mean - b * k_mean, b


def _misfit(ms: dict[int, float]) -> float:
    """Mean relative distance of the times from the fitted law."""
    a, b = fitted(ms)
    return mean([abs(a + b * k - t) / t for k, t in ms.items()])


@_table(
    "T7-1",
    "With a large layer, unified top-k makes the backward products several times faster",
    place="section 4.8, Table 7",
    paper="36.8x at k = 8 … 4.4x at k = 512 (GTX 1080)",
    tolerance="at least 2x at every k and never above n / k; size: from half to four times the paper's gain at every k",
)
def _faster(view: View) -> Outcome:
    ms = _medians(view)
    gain = {k: ms[None] / ms[k] for k in MS}
    possible = all(gain[k] <= 1.05 * HIDDEN / k for k in MS)  # nothing saves more than the products it leaves out
    size = all(0.5 <= gain[k] / (DENSE_MS / MS[k]) <= 4 for k in MS)
    told = f"{gain[8]:.1f}x at k = 8 … {gain[512]:.1f}x at k = 512"
    return Outcome(possible and min(gain.values()) >= 2, told, size)


@_table(
    "T7-2",
    "The larger k, the smaller the gain",
    place="Table 7",
    paper="8.37 < 9.16 < … < 69.95 < 308 ms: t = 7.2 + 0.123 k ms",
    tolerance="medians rise from each k to the next (2 % slack), all below dense; size: t = a + b k fits within 10 %",
)
def _monotone(view: View) -> Outcome:
    ms = _medians(view)
    times = {k: ms[k] for k in MS}
    a, b = fitted(times)
    rising = all(y > 0.98 * x for x, y in pairwise(times.values())) and ms[None] > max(times.values()) > 2 * times[8]
    told = f"t = {a:.3g} + {b:.3g} k ms, on average {_misfit(times):.0%} off; dense {ms[None]:,.0f} ms"
    return Outcome(rising, told, _misfit(times) <= 0.1)


@_table(
    "T7-3",
    "Small k saturates at fixed costs: halving k hardly helps there",
    place="Table 7",
    paper="×1.09 from 8 to 16, ×1.81 from 256 to 512; fixed costs are those of k = 59",
    tolerance="twice the k costs less than ×1.25 from 8 to 16 and more than ×1.5 from 256 to 512; size: fixed costs "
    "those of a k within a factor 2 of the paper's",
)
def _plateau(view: View) -> Outcome:
    ms = _medians(view)
    small, large = ms[16] / ms[8], ms[512] / ms[256]
    a, b = fitted({k: ms[k] for k in MS})
    told = f"×{small:.2f} from 8 to 16, ×{large:.2f} from 256 to 512; fixed costs are those of k = {a / b:.0f}"
    return Outcome(small < 1.25 and large > 1.5, told, 0.5 <= a / b / SATURATES <= 2)
