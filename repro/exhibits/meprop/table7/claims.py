"""Claims of meProp's Table 7. They hold for a device at a size, whatever the data."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from repro.claim import Claims, Outcome
from repro.exhibits.meprop.table7.spec import HIDDEN, MS
from repro.record.stats import median
from repro.record.view import View

claims = Claims()
_table = partial(claims, profiles=("cpu", "paper"), stand_in_ok=True)


def _medians(view: View) -> dict[int | None, float]:
    """k → median milliseconds over all repetitions; None: the dense products."""
    repetitions = {k: view.select(view.arm(k=k), "backward_ms") for k in (None, *MS)}
    return {k: median([row[5] for row in rows]) for k, rows in repetitions.items()}


@_table(
    "T7-1",
    "With a large layer, unified top-k makes the backward products several times faster",
    place="section 4.8, Table 7",
    paper="36.8x at k = 8 … 4.4x at k = 512 (GTX 1080)",
    tolerance="≥ 10x at k = 8, ≥ 2x at k = 512 and never above n / k; the card's own figures are not expected",
)
def _faster(view: View) -> Outcome:
    ms = _medians(view)
    s = {k: ms[None] / ms[k] for k in MS}
    possible = all(
        s[k] <= 1.05 * HIDDEN / k for k in MS
    )  # nothing saves more than the products it leaves out
    told = f"{s[8]:.1f}x at k = 8 … {s[512]:.1f}x at k = 512"
    return Outcome(possible and s[512] >= 2 and s[8] >= 10, told)


@_table(
    "T7-2",
    "The larger k, the smaller the gain",
    place="Table 7",
    paper="8.37 < 9.16 < … < 69.95 < 308 ms",
    tolerance="medians rise with k (10 % slack a step), more than twofold from 8 to 512, and stay below dense",
)
def _monotone(view: View) -> Outcome:
    ms = _medians(view)
    dense, times = ms[None], [ms[k] for k in MS]
    rising = all(b > 0.9 * a for a, b in pairwise(times)) and times[-1] > 2 * times[0]
    told = f"medians {times[0]:.3g} … {times[-1]:.3g} ms, dense {dense:.3g} ms"
    return Outcome(rising and dense > times[-1], told)


@_table(
    "T7-3",
    "Small k saturates at fixed costs: halving k hardly helps there",
    place="Table 7",
    paper="×1.09 from 8 to 16, ×1.81 from 256 to 512",
    tolerance="ratio 8→16 between 0.8 and 1.25 and below the ratio 256→512, which is above 1.2",
)
def _plateau(view: View) -> Outcome:
    ms = _medians(view)
    small, large = ms[16] / ms[8], ms[512] / ms[256]
    holds = 0.8 < small < 1.25 and small < large and large > 1.2
    return Outcome(holds, f"twice the k costs ×{small:.2f} from 8 to 16, ×{large:.2f} from 256 to 512")
