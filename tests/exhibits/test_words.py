"""What exhibits say in words is understood where it stands: parameters, claims, what new ones are copied from."""

import re

from repro.exhibits import read
from repro.record.view import View

SKELETON = read("repro.exhibits.skeleton")


def test_a_parameter_that_may_be_0_says_what_0_stands_for(exhibit):
    """A reader of "evaluated 40,000 (in full: 0)" cannot know that 0 is all of it."""
    given = [
        o for p in exhibit.profiles for own in (p.overrides, *p.arm_overrides.values()) for o in own.items()
    ]
    given += [o for a in exhibit.arms for o in a.params.items()]
    values = [(p.name, p.value) for p in exhibit.params] + [(name, o.value) for name, o in given]
    zeros = {name for name, v in values if not v and not isinstance(v, bool | float)}  # 0.0 is an amount
    assert {name for name in zeros if not exhibit.param(name).zero} == set()


def test_a_claim_that_leans_on_the_one_before_it_says_what_it_leaves_out(exhibit):
    """It is shown alone, too: the README names what holds, and leaves out what is open."""
    assert set(exhibit.asides) <= {c.id for c in exhibit.claims}
    leans = re.compile(r"(So|Nor|Its?|That|This|Those|They|Neither its)\b")
    assert [c.id for c in exhibit.claims if leans.match(c.text) and not c.aside] == []


def test_what_new_claims_are_copied_from_says_its_gate():
    """A reader of the tolerance must not have to read the test to learn when it decides nothing."""
    rows = [(a.id, s, "test_error", 1, "", 90.0) for a in SKELETON.arms for s in range(3)]
    (claim,) = SKELETON.claims
    assert claim.test(View(rows, SKELETON.arms)).gate and "; gate: " in claim.tolerance
