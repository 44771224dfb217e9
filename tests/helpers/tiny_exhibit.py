"""An exhibit whose runs take milliseconds: two arms walk towards 1 at different speeds, with noise."""

import itertools

from repro.claims import View
from repro.spec import Arm, Claim, Deviation, Exhibit, Metric, Outcome, Override, Param, Profile


def _faster(view: View) -> Outcome:
    """Every arm of the table ends further on than the one below it, by ten seed spreads."""
    ends = [view.mean(f"arm-{n}", "height") for n in (4, 3, 2, 1)]
    return Outcome(all(a > b + 0.02 for a, b in itertools.pairwise(ends)), str(round(ends[0], 3)))


EXHIBIT = Exhibit(
    id="meprop/tiny",
    title="A tiny exhibit",
    place="nowhere",
    shows="Nothing.",
    kind="training",
    params=(
        Param("steps", 60, "Table 0", "steps of a run"),
        Param("rate", 0.01, "Table 0", "of the slowest arm"),
        Param("pause", 0.0, "assumed: the tests' own", "seconds a step"),
        Param("fail", "", "assumed: the tests' own", "arm/seed that fails"),
        Param("how", "raise", "assumed: the tests' own", "raise, once (in the first attempt), die"),
    ),
    arms=tuple(Arm(f"arm-{n}", f"arm {n}", "arms", {"factor": n}, {"height": 0.1 * n}) for n in (4, 3, 2, 1)),
    metrics=(Metric("height", "m", "how far", 0.0, False),),
    profiles=(
        Profile("smoke", (0,), overrides={"steps": Override(20, "seconds")}, together=("*",)),
        Profile("quick", (0, 1)),
        Profile("cpu", (0, 1, 2)),
        Profile("paper", (0, 1, 2)),
    ),
    claims=(Claim("faster", "Each arm is faster.", "Table 0", "0.4", "in this order", _faster),),
    deviations=(Deviation(1, "size", "large", "tiny", "a test", "none"),),
    work="tiny_work:run",
    draw="tiny_work:draw",
    algorithms=(),
)
