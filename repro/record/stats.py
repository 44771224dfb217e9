"""The few statistics that claims and tables use; n is small, so the spread is always shown."""

from __future__ import annotations

import math
from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def sd(values: Sequence[float]) -> float:
    """Sample standard deviation (n − 1); 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    m = mean(values)
    return math.sqrt(math.fsum((v - m) ** 2 for v in values) / (len(values) - 1))


def median(values: Sequence[float]) -> float:
    """Middle value (mean of the two middle ones); NaN of nothing."""
    if not values:
        return math.nan
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def standard_error(a: Sequence[float], b: Sequence[float]) -> float:
    """Standard error of mean(a) − mean(b), unequal variances (Welch)."""
    return math.sqrt(sd(a) ** 2 / max(len(a), 1) + sd(b) ** 2 / max(len(b), 1))


def exceeds(a: Sequence[float], b: Sequence[float], margin: float = 0.0) -> bool:
    """mean(a) − mean(b) > margin + 2 standard errors: "beyond seed noise" in the claims."""
    return mean(a) - mean(b) > margin + 2 * standard_error(a, b)


def plus_minus(values: Sequence[float], digits: int = 2) -> str:
    """ "mean ± sd (n)" as text; without the spread when n = 1."""
    if len(values) < 2:
        return f"{mean(values):.{digits}f} (n = {len(values)})"
    return f"{mean(values):.{digits}f} ± {sd(values):.{digits}f} (n = {len(values)})"
