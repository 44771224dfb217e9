"""What nobody has timed is guessed to within a factor of three of what it took once it had been."""

import pytest

from repro.exhibits import get
from repro.record.run import runs
from repro.runner.estimate import seconds
from repro.runner.groups import Group

TOOK = {
    ("meprop/table1", "mnist-dense-adam"): (240, 360),
    ("meprop/table1", "parsing-dense-adam"): (600, 780),
    ("meprop/table1", "pos-dense-adam"): (420, 660),
    ("meprop/table5", "dense-2"): (180, 240),
}
"""Exhibit and arm at `cpu` → seconds that one run takes on a CPU core, from its profile's budget."""


@pytest.mark.parametrize(("exhibit", "arm"), TOOK)
def test_a_guess_is_of_the_right_size(exhibit, arm):
    e = get(exhibit)
    one = next(r for r in runs(e, e.profile("cpu")) if r.arm == arm)
    guess, how = seconds(Group(e.trained_by, (one,)), "cpu", {})
    low, high = TOOK[exhibit, arm]
    assert how == "guessed" and low / 3 < guess < 3 * high
