"""The one claim of the tiny exhibit."""

from itertools import pairwise

from repro.claim import Claims, Outcome

claims = Claims()


@claims("faster", "Each arm is faster.", place="Table 0", paper="0.4", tolerance="in this order")
def faster(view):
    """Every arm of the table ends further on than the one below it, by ten seed spreads."""
    ends = [view.mean(view.arm(factor=n), "height") for n in (4, 3, 2, 1)]
    return Outcome(all(a > b + 0.02 for a, b in pairwise(ends)), str(round(ends[0], 3)))
