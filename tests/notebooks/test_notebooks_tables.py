"""The specification: what each arm used, where the value stands, why ours differs; and what a record lacks."""

from dataclasses import replace

import pytest
from record_fakes import fake_record
from tiny_exhibit import EXHIBIT, TWO_SETS

from repro.exhibits import get
from repro.notebook.short import in_short
from repro.notebook.tables import _called, missing, provenance, specification
from repro.record.record import Record
from repro.record.run import runs, spec_of
from repro.show.style import data_note
from repro.spec import Override, Param, Profile, because


def rows_of(exhibit, profile):
    """Parameter → (used, paper, source) as the specification shows them."""
    sized = replace(exhibit, profiles=(profile,))
    spec = spec_of(runs(sized, profile))
    return {r[0]: r[1:4] for r in specification(sized, profile.name, spec).rows}


def test_what_all_arms_share_and_what_one_has_for_itself():
    own = {"arm-2": {"rate": Override(0.5, "it is slow")}}
    found = rows_of(EXHIBIT, Profile("quick", (0, 1), overrides=because("short", steps=9), arm_overrides=own))
    assert found["steps"] == ("9", "60", "Table 0; here: short")
    assert found["rate"] == ("0.01; arm-2: 0.5", "0.01", "Table 0; here: arm-2: it is slow")
    assert found["pause"] == ("0 (none)", "not stated", "assumed: the tests' own")


def test_an_arms_own_value_in_the_paper_is_shown_with_its_place():
    arms = tuple(
        replace(a, params=because("Table 1", rate=0.3)) if a.id == "arm-3" else a for a in EXHIBIT.arms
    )
    exhibit, plain = replace(EXHIBIT, arms=arms), Profile("quick", (0,))
    papers = "0.01; arm-3: 0.3"
    assert rows_of(exhibit, plain)["rate"] == (papers, papers, "Table 0; here: arm-3: Table 1")
    changed = replace(plain, overrides=because("small", rate=0.7))
    assert rows_of(exhibit, changed)["rate"] == ("0.7", papers, "Table 0; here: small")


@pytest.mark.parametrize(
    ("only", "used"), [((4, 3), "7"), ((5,), "not used"), ((4, 3, 2, 1), "7"), ((1,), "7")]
)
def test_a_parameter_that_some_arms_have_is_shown_as_they_use_it(only, used):
    extra = Param("extra", 7, "Table 0", only={"factor": only})
    found = rows_of(replace(EXHIBIT, params=(*EXHIBIT.params, extra)), Profile("quick", (0,)))
    assert found["extra"][0] == used


def test_many_arms_are_called_by_what_they_share_alone():
    exhibit = get("sg/fig9")
    spec = spec_of(runs(exhibit, exhibit.profile("cpu")))
    (steps,) = [r for r in specification(exhibit, "cpu", spec).rows if r[0] == "steps"]
    assert steps[1] == "10,000; given hy: 5,000"
    assert "; here: given hy: Figure 2; 16 arms (" in steps[3] and len("".join(steps)) < 400
    arms = [a.id for a in exhibit.arms]
    assert _called(exhibit, arms, arms) == "all arms"
    assert _called(exhibit, arms[:2], arms) == ", ".join(arms[:2]), "two are named"
    assert _called(exhibit, arms[1:], arms).startswith("23 arms ("), "they share nothing alone"


def test_the_profile_in_one_line_names_every_data_set():
    spec = spec_of(runs(TWO_SETS, TWO_SETS.profile("quick")))
    caption = specification(TWO_SETS, "quick", spec).caption
    assert caption.startswith("profile quick: data set digits, mnist (stand-in allowed: digits); seeds 0, 1;")


def test_missing_runs_are_told_by_reason():
    record = fake_record(EXHIBIT, "quick", [])
    lost = [{"run": "arm-4/0", "why": "not run yet"}, {"run": "arm-3/1", "why": "it died"}]
    lost.append({"run": "arm-2/0", "why": "not run yet"})
    left = Record({**record.facts, "missing": lost}, ())
    assert missing(left) == "arm-4/0, arm-2/0 (not run yet); arm-3/1 (it died)"
    assert ("missing", missing(left)) in provenance(left).rows
    assert ("missing", "nothing") in provenance(record).rows
    many = Record({**record.facts, "missing": [{"run": f"a/{n}", "why": "x"} for n in range(1200)]}, ())
    assert missing(many) == "1,200 runs (a/0, a/1, a/2, …) (x)"


def test_a_change_is_told_wherever_its_record_is():
    plain = fake_record(EXHIBIT, "quick", [])
    for custom in ([], ["seeds", "steps"]):
        record = Record({**plain.facts, "custom": custom}, ())
        told = [
            ("changed", "seeds, steps") in provenance(record).rows,
            "changed: seeds, steps" in in_short(EXHIBIT, record),
            "changed: seeds, steps" in data_note(EXHIBIT, record),
        ]
        assert told == [bool(custom)] * 3


def test_the_papers_value_of_arms_that_have_another_there_stands_beside_it() -> None:
    exhibit = get("meprop/table4")
    spec = spec_of(runs(exhibit, exhibit.profile("cpu")))
    papers = {r[0]: r[2] for r in specification(exhibit, "cpu", spec).rows}
    assert papers["batch"] == "10; task pos: 1; task parsing: 10,000"
    assert papers["dropout"].startswith("0.5; ") and papers["dropout"].endswith(": 0.2")
    assert papers["hidden"] == "500" and papers["epochs"] == "not stated"
