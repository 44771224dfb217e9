"""Runs: which there are, with which values, and how a record says it."""

from dataclasses import replace

import pytest
from tiny_exhibit import EXHIBIT

from repro.errors import BadValueError, UnknownNameError
from repro.exhibits import get
from repro.record.plan import custom, planned
from repro.record.run import Run, digest, parameters, runs, runs_of_spec, spec_of
from repro.spec import Override, Param

SLOW = {"arm-2": {"steps": Override(90, "it is slow"), "rate": Override(0.5, "it is slow")}}
SLOWER = replace(EXHIBIT.profile("quick"), arm_overrides=SLOW)


def values(made, *names):
    """Arm → its values of these parameters."""
    return {r.arm: tuple(r.params[n] for n in names) for r in made}


def test_a_run_is_an_arm_with_a_seed():
    more = replace(EXHIBIT.profile("quick"), more_seeds={"arm-3": (7,)}, arms=("arm-3", "arm-1"))
    made = runs(EXHIBIT, more)
    assert [r.name for r in made] == ["arm-3/0", "arm-3/1", "arm-3/7", "arm-1/0", "arm-1/1"]
    assert made[0].setting == {"factor": 3} and made[0].params["steps"] == 60
    assert [r.name for r in runs(EXHIBIT, more, seeds=(5,))] == ["arm-3/5", "arm-1/5"]


def test_an_arms_own_data_set_comes_before_the_profiles():
    arms = (replace(EXHIBIT.arms[0], dataset="mnist"), *EXHIBIT.arms[1:])
    profile = replace(EXHIBIT.profile("quick"), dataset="cifar10", stand_in="digits")
    made = runs(replace(EXHIBIT, arms=arms), profile)
    assert {(r.arm, r.dataset, r.stand_in) for r in made if r.arm in ("arm-4", "arm-1")} == {
        ("arm-4", "mnist", "digits"),
        ("arm-1", "cifar10", "digits"),
    }


def test_a_treebank_beside_images_has_a_stand_in_of_its_own_kind_where_any_is_allowed():
    arms = (replace(EXHIBIT.arms[0], dataset="ud_ewt"), *EXHIBIT.arms[1:])
    for allowed, wanted in (("mnist5k", "invented_trees"), (None, None)):
        profile = replace(EXHIBIT.profile("quick"), dataset="mnist", stand_in=allowed)
        made = {(r.arm, r.stand_in) for r in runs(replace(EXHIBIT, arms=arms), profile)}
        assert {("arm-4", wanted), ("arm-1", allowed)} <= made


def test_arms_may_have_values_of_their_own():
    made = values(runs(EXHIBIT, SLOWER), "steps", "rate")
    assert made == {"arm-2": (90, 0.5)} | {f"arm-{n}": (60, 0.01) for n in (4, 3, 1)}


def test_the_users_changes_come_last():
    made = values(runs(EXHIBIT, SLOWER, changes={"steps": "7"}), "steps", "rate")
    assert made == {"arm-2": (7, 0.5)} | {f"arm-{n}": (7, 0.01) for n in (4, 3, 1)}


def test_values_for_one_arm_are_checked_too():
    wrong = replace(SLOWER, arm_overrides={"arm-2": {"step": Override(9, "misspelt")}})
    with pytest.raises(UnknownNameError, match="steps"):
        runs(EXHIBIT, wrong)
    with pytest.raises(BadValueError, match="rate"):
        parameters(EXHIBIT, SLOWER, {"rate": "fast"}, arm="arm-2")


def test_arms_have_only_the_parameters_that_apply_to_them():
    only = Param("momentum", 0.9, "Table 0", only={"factor": (4, 3)})
    exhibit = replace(EXHIBIT, params=(*EXHIBIT.params, only))
    made = runs(exhibit, EXHIBIT.profile("quick"))
    assert {r.arm for r in made if "momentum" in r.params} == {"arm-4", "arm-3"}


OWN = tuple(
    replace(a, params={"rate": Override(0.3, "Table 0")}) if a.id == "arm-3" else a for a in EXHIBIT.arms
)
WITH_OWN = replace(EXHIBIT, arms=OWN)


def test_an_arms_own_value_lies_between_the_papers_and_the_profiles():
    alone = replace(SLOWER, arm_overrides={})
    changed = replace(alone, overrides={"rate": Override(0.7, "small")})
    one = replace(changed, arm_overrides={"arm-3": {"rate": Override(0.9, "small")}})

    def rates(profile, settings=None):
        return [parameters(WITH_OWN, profile, settings, a)["rate"] for a in (None, "arm-4", "arm-3")]

    assert rates(alone) == [0.01, 0.01, 0.3]
    assert rates(changed) == [0.7, 0.7, 0.7]
    assert rates(one) == [0.7, 0.7, 0.9]
    assert rates(one, {"rate": "0.2"}) == [0.2, 0.2, 0.2]


def test_an_arms_own_value_must_name_a_parameter():
    wrong = replace(EXHIBIT, arms=(replace(OWN[0], params={"rte": Override(1.0, "Table 0")}),))
    with pytest.raises(UnknownNameError, match="did you mean 'rate'"):
        runs(wrong, SLOWER)


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
    assert [values[n] for n in given] == [0, 1, ((1, 2),), "die"]


def test_a_spec_is_its_runs_folded_by_arm():
    made = runs(WITH_OWN, SLOWER)
    spec = spec_of(made)
    assert spec["params"].keys() == {"pause", "fail", "how"}, "what all arms share"
    assert spec["arms"]["arm-2"]["params"] == {"rate": 0.5, "steps": 90}
    assert spec["arms"]["arm-3"]["params"] == {"rate": 0.3, "steps": 60}
    assert [r.identity() for r in runs_of_spec(spec)] == [r.identity() for r in made]
    assert [r.name for r in runs_of_spec(spec)] == [r.name for r in made]
    assert spec_of(runs_of_spec(spec)) == spec


def test_a_spec_is_the_same_whatever_the_labels_and_the_grouping():
    before = digest(spec_of(runs(EXHIBIT, EXHIBIT.profile("quick"))))
    other = replace(
        EXHIBIT.profile("quick"), together=("*",), apart_on_cpu=("arm-4",), at_most=2, budget="1 h"
    )
    labels = tuple(replace(a, label="x", reported={}) for a in EXHIBIT.arms)
    assert digest(spec_of(runs(replace(EXHIBIT, arms=labels, group_by=()), other))) == before


def test_a_run_survives_a_journey_as_json():
    run = runs(WITH_OWN, SLOWER)[0]
    assert Run.from_json(run.as_json()) == run
    long = replace(run, params={"drops": ((1, 2.0),)})
    assert (
        Run.from_json(long.as_json()).params == {"drops": [[1, 2.0]]}
        and long.as_json() == Run.from_json(long.as_json()).as_json()
    )


def test_some_of_the_profiles_seeds_are_its_record_and_others_are_not():
    more = replace(EXHIBIT.profile("quick"), more_seeds={"arm-3": (7,)})
    exhibit = replace(EXHIBIT, profiles=(more,))
    everything = planned(exhibit, "quick")
    for seeds in (None, (0,), (1, 0), (7,)):
        assert planned(exhibit, "quick", seeds) == everything and custom(exhibit, "quick", seeds, {}) == []
    own = planned(exhibit, "quick", (0, 8))
    assert [r.name for r in own if r.arm == "arm-3"] == ["arm-3/0", "arm-3/8"]
    assert custom(exhibit, "quick", (0, 8), {"rate": 1, "pause": 0}) == ["pause", "rate", "seeds"]


def test_arms_that_the_profile_does_not_run_are_refused():
    few = replace(EXHIBIT, profiles=(replace(EXHIBIT.profile("quick"), arms=("arm-3", "arm-1")),))
    assert len(planned(few, "quick", arms=("arm-1",))) == 4, "the record is that of all arms"
    with pytest.raises(UnknownNameError, match="unknown arm of meprop/tiny at quick 'arm-4'"):
        planned(few, "quick", arms=("arm-4",))


def test_cifar_nets_have_the_papers_width_and_models():
    table2 = get("dni/table2")
    paper = table2.profile("paper")
    dni = parameters(table2, paper, arm="cifar10-fcn-dni-3")
    assert (dni["width"], dni["dni_sg_hidden"]) == (1000, (4000,)) and "cdni_sg_hidden" not in dni
    assert parameters(table2, paper, arm="dni-3")["width"] == 256
    assert parameters(table2, paper, {"width": "64"}, "cifar10-fcn-dni-3")["width"] == 64
