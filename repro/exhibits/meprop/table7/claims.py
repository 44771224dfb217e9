"""Claims of meProp's Table 7. They hold for a device at a size; each names its device and precision.

The claims read `backward_ms` in float32, of calls from Python as in the paper's public code, in both layouts of W.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from itertools import pairwise

from repro.claim import Claims, Outcome
from repro.exhibits.meprop.table7.spec import DENSE_MS, HIDDEN, KEPT, LAYOUTS, MS
from repro.record.stats import both, mean, median
from repro.record.view import View

claims = Claims()
_table = partial(
    claims,
    stand_in_ok=True,
    given="float32, on the device named, not the paper's GTX 1080; W in both layouts",
)
_finding = partial(claims, stand_in_ok=True, finding=True)
SATURATES = 7.2 / 0.123
"""Where the paper's times t(k) = 7.2 + 0.123 k ms have doubled: k = a/b."""
Times = dict[int | None, float]
"""k → median milliseconds over all repetitions; None: the dense products."""


def _medians(view: View, layout: str, precision: str = "float32", metric: str = "backward_ms") -> Times:
    arms = {k: view.arm(k=k, layout=layout, precision=precision, zeros=None) for k in (None, *MS)}
    return {k: median([row[5] for row in view.select(arm, metric)]) for k, arm in arms.items()}


def _where(view: View) -> str:
    """The kind of device; its name stands in the record."""
    captured = view.has(view.arm(k=8, layout="out x in", precision="float32", zeros=None), "captured_ms")
    return "on a GPU, float32" if captured else "on a CPU, float32"


def _told(view: View, parts: Mapping[str, str]) -> str:
    return f"{_where(view)}: " + "; ".join(
        f"W {layout.replace('x', '×')} {said}" for layout, said in parts.items()
    )


def fitted(ms: Mapping[int, float]) -> tuple[float, float]:
    """(a, b) of t(k) = a + b k by least squares in relative error, so that small k count as much as large."""
    weights = {k: 1 / t**2 for k, t in ms.items()}
    total = math.fsum(weights.values())
    k_mean = math.fsum(w * k for k, w in weights.items()) / total
    t_mean = math.fsum(w * ms[k] for k, w in weights.items()) / total
    above = math.fsum(w * (k - k_mean) * (ms[k] - t_mean) for k, w in weights.items())
    b = above / math.fsum(w * (k - k_mean) ** 2 for k, w in weights.items())
    return t_mean - b * k_mean, b


def saturation(view: View, layout: str) -> tuple[float, float, float]:
    """a/b of the law fitted to each repetition by itself: (median, and the middle 95 % of the repetitions)."""
    arms = {k: view.arm(k=k, layout=layout, precision="float32", zeros=None) for k in MS}
    times = {k: {row[4]: row[5] for row in view.select(arm, "backward_ms")} for k, arm in arms.items()}
    fits = [fitted({k: times[k][i] for k in MS}) for i in times[8] if all(i in t for t in times.values())]
    found = sorted(a / b if b > 0 else math.inf for a, b in fits)
    cut = round(0.025 * (len(found) - 1))
    return median(found), found[cut], found[len(found) - 1 - cut]


def _misfit(ms: Mapping[int, float]) -> float:
    """Mean relative distance of the times from the fitted law."""
    a, b = fitted(ms)
    return mean([abs(a + b * k - t) / t for k, t in ms.items()])


@_table(
    "T7-1",
    "With a large layer, unified top-k makes the backward products several times faster",
    place="section 4.8, Table 7",
    paper="36.8x at k = 8 … 4.4x at k = 512 (GTX 1080)",
    tolerance="at least 2x at every k and never above n / k; size: half to four times the paper's gain at every k",
    profiles=("cpu", "paper"),
    elsewhere="quick times another size, of which n / k is another",
)
def _faster(view: View) -> Outcome:
    holds, size, told = True, True, {}
    for layout in LAYOUTS:
        ms = _medians(view, layout)
        gain = {k: ms[None] / ms[k] for k in MS}
        # nothing saves more than the products it leaves out
        holds &= all(gain[k] <= 1.05 * HIDDEN / k for k in MS) and min(gain.values()) >= 2
        size &= all(0.5 <= gain[k] / (DENSE_MS / MS[k]) <= 4 for k in MS)
        told[layout] = f"{gain[8]:.1f}x at k = 8 … {gain[512]:.1f}x at k = 512"
    return Outcome(holds, _told(view, told), size)


@_table(
    "T7-2",
    "The larger k, the smaller the gain",
    place="Table 7",
    paper="8.37 < 9.16 < … < 69.95 < 308 ms: t = 7.2 + 0.123 k ms",
    tolerance="medians rise from each k to the next (2 % slack) and more than double, all below dense; size: "
    "t = a + b k fits within 10 %",
)
def _monotone(view: View) -> Outcome:
    holds, size, told = True, True, {}
    for layout in LAYOUTS:
        ms = _medians(view, layout)
        times = {k: ms[k] for k in MS}
        rising = all(y > 0.98 * x for x, y in pairwise(times.values()))
        holds &= rising and ms[None] > max(times.values()) > 2 * times[8]
        (a, b), off = fitted(times), _misfit(times)
        size &= off <= 0.1
        told[layout] = f"t = {a:.3g} + {b:.3g} k ms ({off:.0%} off on average), dense {ms[None]:.4g} ms"
    return Outcome(holds, _told(view, told), size)


@_table(
    "T7-3",
    "Small k saturates at fixed costs: halving k hardly helps there",
    place="Table 7",
    paper="×1.09 from 8 to 16, ×1.81 from 256 to 512; fixed costs are those of k = 59",
    tolerance="twice the k costs less than ×1.25 from 8 to 16 and more than ×1.5 from 256 to 512; size: fixed costs "
    "a/b are those of a k within a factor 2 of the paper's, for the middle 95 % of the repetitions' fits",
)
def _plateau(view: View) -> Outcome:
    holds, sizes, told = True, list[bool | None](), {}
    for layout in LAYOUTS:
        ms = _medians(view, layout)
        small, large = ms[16] / ms[8], ms[512] / ms[256]
        holds &= small < 1.25 and large > 1.5
        middle, low, high = saturation(view, layout)
        inside, outside = (
            SATURATES / 2 <= low and high <= 2 * SATURATES,
            low > 2 * SATURATES or high < SATURATES / 2,
        )
        sizes.append(True if inside else False if outside else None)
        told[layout] = (
            f"×{small:.2f} and ×{large:.2f}; fixed costs are those of k = {middle:.0f} [{low:.0f}, {high:.0f}]"
        )
    return Outcome(holds, _told(view, told), both(*sizes))


@_finding(
    "T7-4",
    "∂L/∂W that keeps its zeros, where only the last step's outputs are cleared, lowers the fixed costs",
    place="Table 7",
    paper="not in the paper",
    tolerance="at least 10 % less time at k = 8 and no more (5 %) at k = 512, W out × in",
    given="float32, on the device named",
)
def _kept(view: View) -> Outcome:
    times: dict[str | None, list[float]] = {}
    for zeros in (None, "kept"):
        arms = [view.arm(k=k, layout="out x in", precision="float32", zeros=zeros) for k in KEPT]
        times[zeros] = [median([row[5] for row in view.select(arm, "backward_ms")]) for arm in arms]
    pairs = list(zip(KEPT, times[None], times["kept"], strict=True))
    told = ", ".join(f"{a:.3g} → {b:.3g} ms at k = {k}" for k, a, b in pairs)
    (_, *small), *_, (_, *large) = pairs
    return Outcome(small[1] < 0.9 * small[0] and large[1] < 1.05 * large[0], f"{_where(view)}: {told}")


@_finding(
    "T7-5",
    "On a GPU small k is bound by launching kernels from Python: captured as a graph it gains more",
    place="Table 7",
    paper="not in the paper",
    tolerance="the gain at k = 8 is at least 1.25 times as large in a captured graph, float32, both layouts",
    profiles=("paper",),
    elsewhere="a CPU has no graphs",
)
def _captured(view: View) -> Outcome:
    holds, told = True, {}
    for layout in LAYOUTS:
        eager, graph = (_medians(view, layout, metric=m) for m in ("backward_ms", "captured_ms"))
        gains = [ms[None] / ms[8] for ms in (eager, graph)]
        holds &= gains[1] >= 1.25 * gains[0]
        told[layout] = f"{gains[0]:.1f}x → {gains[1]:.1f}x ({eager[8]:.3g} → {graph[8]:.3g} ms)"
    return Outcome(holds, _told(view, told))


@_finding(
    "T7-6",
    "On matrix units there is less to gain than in float32",
    place="Table 7",
    paper="not in the paper",
    tolerance="captured, W out × in: gains at k = 8 and at k = 512 smaller in TF32 and bfloat16 than in float32",
    profiles=("paper",),
    elsewhere="a CPU times float32 alone",
)
def _matrix_units(view: View) -> Outcome:
    gains: dict[str, list[float]] = {}
    for precision in ("float32", "tf32", "bfloat16"):
        ms = _medians(view, "out x in", precision, "captured_ms")
        gains[precision] = [ms[None] / ms[k] for k in (8, 512)]
    less = all(a < b for p in ("tf32", "bfloat16") for a, b in zip(gains[p], gains["float32"], strict=True))
    told = "; ".join(f"{p} {a:.1f}x at k = 8, {b:.1f}x at k = 512" for p, (a, b) in gains.items())
    return Outcome(less, f"on a GPU: {told}")
