"""A claim of its own about them."""

from repro.claim import Claims, Outcome

claims = Claims()


@claims("fast", "The fastest arm gets far.", place="Table 0", paper="0.4", tolerance="> 0.3")
def _fast(view):
    return Outcome(view.mean(view.arm(factor=4), "height") > 0.3, "far")
