"""Pieces: which runs train together, and with which values."""

from dataclasses import replace

import pytest
from repro.piece import parameters, pieces
from tiny_exhibit import EXHIBIT

from repro import pages
from repro.errors import BadValueError, UnknownNameError
from repro.exhibits import get
from repro.notebook.tables import specification
from repro.spec import Override, Param

SLOW = {"arm-2": {"steps": Override(90, "it is slow"), "rate": Override(0.5, "it is slow")}}
TOGETHER = replace(EXHIBIT.profile("quick"), arm_overrides=SLOW, together=("*",))
GROUPED = replace(EXHIBIT, group_by=())


def test_arms_with_values_of_their_own_are_a_piece_apart():
    made = {tuple(a["id"] for a in p.arms): p.params for p in pieces(GROUPED, TOGETHER)}
    assert made.keys() == {("arm-4", "arm-3", "arm-1"), ("arm-2",)}
    assert [(p["steps"], p["rate"]) for p in made.values()] == [(60, 0.01), (90, 0.5)]


def test_arms_whose_values_are_the_same_stay_together():
    same = {"arm-2": {"steps": Override(60, "as the others")}}
    assert len(pieces(GROUPED, replace(TOGETHER, arm_overrides=same))) == 1


def test_the_users_settings_come_last():
    made = pieces(GROUPED, TOGETHER, settings={"steps": "7"})
    assert {p.params["steps"] for p in made} == {7} and {p.params["rate"] for p in made} == {0.01, 0.5}


def test_values_for_one_arm_are_checked_too():
    wrong = replace(TOGETHER, arm_overrides={"arm-2": {"step": Override(9, "misspelt")}})
    with pytest.raises(UnknownNameError, match="steps"):
        pieces(GROUPED, wrong)
    with pytest.raises(BadValueError, match="rate"):
        parameters(EXHIBIT, TOGETHER, {"rate": "fast"}, arm="arm-2")


def test_they_are_shown_with_their_reason(monkeypatch):
    exhibit = replace(GROUPED, profiles=(TOGETHER,))
    rows = {
        r[0]: r
        for r in specification(exhibit, "quick", [p.as_json() for p in pieces(exhibit, TOGETHER)]).rows
    }
    assert rows["steps"][1] == "60; arm-2: 90" and "arm-2: it is slow" in rows["steps"][3]
    assert rows["pause"][1] == "0" and "slow" not in rows["pause"][3]
    monkeypatch.setattr(pages, "all_exhibits", lambda: [exhibit])
    assert "| `quick`, arm-2 | `rate` | 0.01 | 0.5 | it is slow |" in pages.deviations()


OWN = tuple(
    replace(a, params={"rate": Override(0.3, "Table 0")}) if a.id == "arm-3" else a for a in GROUPED.arms
)
WITH_OWN = replace(GROUPED, arms=OWN)


def test_an_arms_own_value_lies_between_the_papers_and_the_profiles():
    alone = replace(TOGETHER, arm_overrides={})
    changed = replace(alone, overrides={"rate": Override(0.7, "small")})
    one = replace(changed, arm_overrides={"arm-3": {"rate": Override(0.9, "small")}})

    def rates(profile, settings=None):
        return [parameters(WITH_OWN, profile, settings, a)["rate"] for a in (None, "arm-4", "arm-3")]

    assert rates(alone) == [0.01, 0.01, 0.3]
    assert rates(changed) == [0.7, 0.7, 0.7]
    assert rates(one) == [0.7, 0.7, 0.9]
    assert rates(one, {"rate": "0.2"}) == [0.2, 0.2, 0.2]
    assert {tuple(a["id"] for a in p.arms) for p in pieces(WITH_OWN, alone)} == {
        ("arm-4", "arm-2", "arm-1"),
        ("arm-3",),
    }


def test_an_arms_own_value_must_name_a_parameter():
    wrong = replace(GROUPED, arms=(replace(OWN[0], params={"rte": Override(1.0, "Table 0")}),))
    with pytest.raises(UnknownNameError, match="did you mean 'rate'"):
        pieces(wrong, TOGETHER)


def test_an_arms_own_value_is_shown_with_its_place():
    profile = replace(TOGETHER, arm_overrides={})
    exhibit = replace(WITH_OWN, profiles=(profile,))
    found = {
        r[0]: r for r in specification(exhibit, "quick", [p.as_json() for p in pieces(exhibit, profile)]).rows
    }
    assert found["rate"][1] == "0.01; arm-3: 0.3" and "arm-3: Table 0" in found["rate"][3]
    small = replace(exhibit, profiles=(replace(profile, overrides={"rate": Override(0.7, "small")}),))
    found = {
        r[0]: r
        for r in specification(small, "quick", [p.as_json() for p in pieces(small, small.profiles[0])]).rows
    }
    assert found["rate"][1] == "0.7" and "Table 0; here: small" == found["rate"][3]


def test_cifar_nets_have_the_papers_width_and_models():
    table2 = get("dni/table2")
    paper = table2.profile("paper")
    dni = parameters(table2, paper, arm="cifar10-fcn-dni-3")
    assert (dni["width"], dni["dni_sg_hidden"]) == (1000, (4000,))
    assert parameters(table2, paper, arm="dni-3")["width"] == 256
    assert parameters(table2, paper, {"width": "64"}, "cifar10-fcn-dni-3")["width"] == 64
    for arm in table2.arms:
        assert all(o.why == "v1 A.1" for o in arm.params.values())
        assert not {"width", "sg_hidden"} & set(arm.settings)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("steps", "-5", "steps is -5; expected more than 0"),
        ("steps", "0", "steps is 0; expected more than 0"),
        ("rate", "1e400", "rate is inf; expected finite numbers"),
        ("pause", "-0.1", "pause is -0.1; expected 0 or more"),
        ("drops", '[["a", 1]]', "expected values like those of"),
        ("drops", "[[0.5, NaN]]", "expected finite numbers"),
        ("how", "later", "unknown how 'later'.*raise"),
    ],
)
def test_values_without_sense_are_refused(name, value, words):
    params = [replace(p, choices=("raise", "once", "die")) if p.name == "how" else p for p in EXHIBIT.params]
    exhibit = replace(EXHIBIT, params=(*params, Param("drops", ((0.6, 0.1),), "Table 0")))
    with pytest.raises((BadValueError, UnknownNameError), match=words):
        parameters(exhibit, EXHIBIT.profile("quick"), {name: value})


def test_values_with_sense_are_taken():
    exhibit = replace(EXHIBIT, params=(*EXHIBIT.params, Param("drops", ((0.6, 0.1),), "Table 0")))
    given = {"pause": "0", "steps": "1", "drops": "[[1, 2]]", "how": "die"}
    values = parameters(exhibit, EXHIBIT.profile("quick"), given)
    assert [values[n] for n in given] == [0, 1, ([1, 2],), "die"]
