"""The tiny exhibit's runs, seen otherwise."""

from repro.spec import Exhibit

EXHIBIT = Exhibit(
    id="meprop/tiny-shown",
    title="The same runs again",
    place="nowhere",
    shows="Nothing else.",
    kind="training",
    params=(),
    arms=(),
    metrics=(),
    profiles=(),
    deviations=(),
    runs_of="meprop/tiny",
)
