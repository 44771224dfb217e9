"""The few statistics that claims and tables use; n is small, so the spread is always shown.

What a comparison decides it decides by its interval: True, False, or None where n seeds do not decide it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEVEL = 0.95
"""Of every interval, two-sided, unless said."""


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def sd(values: Sequence[float]) -> float:
    """Sample standard deviation (n − 1); NaN for fewer than two values, which have no spread."""
    if len(values) < 2:
        return math.nan
    m = mean(values)
    return math.sqrt(math.fsum((v - m) ** 2 for v in values) / (len(values) - 1))


def median(values: Sequence[float]) -> float:
    """Middle value (mean of the two middle ones); NaN of nothing."""
    if not values:
        return math.nan
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def plus_minus(values: Sequence[float], digits: int = 2) -> str:
    """ "mean ± sd (n)" as text; without the spread when n = 1."""
    if len(values) < 2:
        return f"{mean(values):.{digits}f} (n = {len(values)})"
    return f"{mean(values):.{digits}f} ± {sd(values):.{digits}f} (n = {len(values)})"


@dataclass(frozen=True)
class Difference:
    """An estimate of a difference (or a mean) with its standard error and degrees of freedom, from n seeds.

    With one seed the error is NaN: no comparison decides anything.
    """

    mean: float
    error: float
    df: float
    n: int

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The two-sided confidence interval by Student's t."""
        if not self.df > 0 or math.isnan(self.error):
            return -math.inf, math.inf
        half = self.error * t_quantile(0.5 + level / 2, self.df)
        return self.mean - half, self.mean + half

    def above(self, margin: float = 0.0, level: float = LEVEL) -> bool | None:
        """Whether it exceeds `margin`: yes if the whole interval does, no if none of it does."""
        low, high = self.interval(level)
        return True if low > margin else False if high <= margin else None

    def within(self, margin: float) -> bool | None:
        """Whether it is 0 up to `margin`: two one-sided tests at 5 % say yes; an interval wholly beyond says no."""
        low, high = self.interval(0.9)
        if -margin < low and high < margin:
            return True
        low, high = self.interval()
        return False if low >= margin or high <= -margin else None

    def __str__(self) -> str:
        low, high = self.interval()
        if math.isinf(low):
            return f"{self.mean:+.2f} (one seed)"
        return f"{self.mean:+.2f} [{low:+.2f}, {high:+.2f}]"


def paired(differences: Sequence[float]) -> Difference:
    """The mean of differences seed by seed."""
    n = len(differences)
    return Difference(mean(differences), sd(differences) / math.sqrt(n) if n else math.nan, n - 1, n)


def unpaired(a: Sequence[float], b: Sequence[float]) -> Difference:
    """mean(a) − mean(b) of independent seeds, with Welch's degrees of freedom."""
    parts = [sd(v) ** 2 / len(v) if v else math.nan for v in (a, b)]
    error = math.sqrt(sum(parts))
    below = sum(p**2 / (len(v) - 1) for p, v in zip(parts, (a, b), strict=True) if len(v) > 1)
    df = sum(parts) ** 2 / below if below > 0 else float(len(a) + len(b) - 2)
    return Difference(mean(a) - mean(b), error, df if error > 0 else len(a) + len(b) - 2, min(len(a), len(b)))


def every(differences: Iterable[Difference], margin: float = 0.0) -> bool | None:
    """Whether all exceed `margin`: yes if each does; no if one does not, at a level shared among all (Bonferroni)."""
    found = list(differences)
    if all(d.above(margin) for d in found):
        return True
    strict = 1 - (1 - LEVEL) / max(len(found), 1)
    return False if any(d.above(margin, strict) is False for d in found) else None


def each_ahead(differences: Iterable[Difference], counts: float) -> bool | None:
    """Whether all exceed 0, where less than `counts` is nothing: no if one that does not is surely below that.

    Where two are equal no number of seeds says that one is not a little ahead, so `every` would stay open for good.
    """
    found = list(differences)
    strict = 1 - (1 - LEVEL) / max(len(found), 1)
    missing = [d for d in found if d.above() is not True]
    if any(d.above(counts, strict) is False for d in missing):
        return False
    return None if missing else True


def some(differences: Iterable[Difference], margin: float = 0.0) -> bool | None:
    """Whether one exceeds `margin` (what "the best" means): yes at a level shared among all; no if none does."""
    found = list(differences)
    strict = 1 - (1 - LEVEL) / max(len(found), 1)
    if any(d.above(margin, strict) for d in found):
        return True
    return False if all(d.above(margin) is False for d in found) else None


def both(*answers: bool | None) -> bool | None:
    """Whether all answers are yes; no as soon as one is no, else undecided."""
    if any(a is False for a in answers):
        return False
    return True if all(answers) else None


def t_quantile(p: float, df: float) -> float:
    """The p-quantile of Student's t with `df` degrees of freedom."""
    from scipy.special import stdtrit  # late: reading records needs no scipy

    return float(stdtrit(df, p))
