"""The tiny exhibit: four arms walk towards 1 at different speeds, with noise."""

from repro.spec import Arm, Deviation, Exhibit, Metric, Override, Param, Profile

OURS = "the tests' own"
EXHIBIT = Exhibit(
    id="meprop/tiny",
    title="A tiny exhibit",
    place="nowhere",
    shows="Nothing.",
    kind="training",
    params=(
        Param("steps", 60, "Table 0", "steps of a run"),
        Param("rate", 0.01, "Table 0", "of the slowest arm"),
        Param("pause", 0.0, OURS, "seconds a step", assumed=True, zero="none"),
        Param("fail", "", OURS, "run that fails", assumed=True),
        Param("how", "raise", OURS, "raise, once (in the first attempt), die", assumed=True),
    ),
    arms=tuple(Arm(f"arm-{n}", f"arm {n}", "arms", {"factor": n}, {"height": 0.1 * n}) for n in (4, 3, 2, 1)),
    metrics=(Metric("height", "m", "how far", 0.0, lower_is_better=False),),
    profiles=(
        Profile("smoke", (0,), overrides={"steps": Override(20, "seconds")}, together=("*",)),
        Profile("quick", (0, 1)),
        Profile("cpu", (0, 1, 2)),
        Profile("paper", (0, 1, 2)),
    ),
    deviations=(Deviation(1, "size", "large", "tiny", "a test", "none"),),
)
