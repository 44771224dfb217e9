"""Which runs train together: scheduling alone, so that no change of it makes anything stale or trains it again."""

from dataclasses import replace

import pytest
from running import kept, trained, with_profile
from tiny_exhibit import EXHIBIT

from repro.exhibits import get
from repro.record.fresh import stale_because
from repro.record.record import csv_text
from repro.record.run import runs
from repro.record.store import save
from repro.runner.groups import groups
from repro.runner.run import Options, run_exhibit, to_do
from repro.spec import Override

ARMS = ("arm-4", "arm-3", "arm-2", "arm-1")
GROUPED = replace(EXHIBIT, group_by=())


def names(device="cpu", exhibit=GROUPED, **changes):
    profile = replace(EXHIBIT.profile("cpu"), **changes)
    return [g.name for g in groups(exhibit, profile, runs(exhibit, profile), device)]


def test_one_by_one_in_an_order_that_has_whole_seeds():
    assert names() == [f"{arm}/{s}" for s in (0, 1, 2) for arm in ARMS]


def test_together_are_runs_of_the_arms_that_are_joined():
    assert names(together=("*",)) == ["arm-4..arm-1/0-2"]
    assert names(together=("arm-4", "arm-2")) == [
        "arm-4..arm-2/0-2",
        *(f"{a}/{s}" for s in (0, 1, 2) for a in ("arm-3", "arm-1")),
    ]


def test_without_group_by_an_arm_is_by_itself():
    assert names(exhibit=EXHIBIT, together=("*",)) == [f"{a}/0-2" for a in ARMS]


def test_only_equal_shapes_parameters_and_data_are_together():
    shaped = replace(GROUPED, group_by=("factor",))
    assert len(names(exhibit=shaped, together=("*",))) == 4
    slow = {"arm-2": {"steps": Override(90, "it is slow")}}
    assert names(together=("*",), arm_overrides=slow) == ["arm-4..arm-1/0-2", "arm-2/0-2"]
    same = {"arm-2": {"steps": Override(60, "as the others")}}
    assert names(together=("*",), arm_overrides=same) == ["arm-4..arm-1/0-2"]
    data = tuple(replace(a, dataset="mnist") if a.id == "arm-1" else a for a in EXHIBIT.arms)
    assert names(exhibit=replace(GROUPED, arms=data), together=("*",)) == ["arm-4..arm-2/0-2", "arm-1/0-2"]


@pytest.mark.parametrize("more", [{}, {"missing": True}])
def test_groups_that_were_not_begun_or_were_interrupted_stay_as_they_were(places, more):
    """Their checkpoints are kept under their runs, so a smaller rest is not shared out anew."""
    seven = {"arms": ("arm-4",), "seeds": tuple(range(7)), "together": ("*",), "at_most": 3}
    one = with_profile("cpu", replace(EXHIBIT, claims=()), **seven)
    first = to_do(one, "cpu", Options(**more))
    assert [g.name for g in first] == ["arm-4/0-2", "arm-4/3-5", "arm-4/6"]
    record = run_exhibit(one, "cpu", Options(seeds=(3, 4, 5)))
    if more:  # here or in the committed record
        save(record, places / "results")
        (places / "runs").rename(places / "other")
    assert to_do(one, "cpu", Options(**more)) == [first[0], first[2]]
    run_exhibit(one, "cpu", Options(seeds=(0,)))
    assert [g.name for g in to_do(one, "cpu", Options(**more))] == ["arm-4/1-2", "arm-4/6"]


def test_a_cpu_takes_runs_that_outgrow_its_cache_one_by_one():
    apart = {"together": ("*",), "apart_on_cpu": ("arm-3",)}
    assert names("cpu", **apart) == ["arm-4..arm-1/0-2", "arm-3/0", "arm-3/1", "arm-3/2"]
    assert names("cuda", **apart) == ["arm-4..arm-1/0-2"]


@pytest.mark.parametrize(
    ("at_most", "sizes"), [(0, [12]), (12, [12]), (11, [6, 6]), (5, [4, 4, 4]), (1, [1] * 12)]
)
def test_a_group_has_at_most_so_many_runs_shared_out_evenly(at_most, sizes):
    profile = replace(EXHIBIT.profile("cpu"), together=("*",), at_most=at_most)
    made = groups(GROUPED, profile, runs(GROUPED, profile), "cpu")
    assert [len(g.runs) for g in made] == sizes
    assert sorted(r.name for g in made for r in g.runs) == sorted(r.name for r in runs(GROUPED, profile))


def test_what_is_measured_jointly_is_one_group_whatever_the_profile_says():
    joint = replace(EXHIBIT, jointly=True)
    assert names(exhibit=joint, at_most=2) == ["arm-4..arm-1/0-2"]


@pytest.mark.parametrize(
    "regrouped",
    [
        {"together": ("*",)},
        {"together": ("*",), "at_most": 3},
        {"together": ("*",), "apart_on_cpu": ("arm-4",)},
        {"together": ("arm-1",)},
    ],
    ids=str,
)
def test_another_grouping_makes_nothing_stale_and_trains_nothing_again(places, regrouped):
    before = run_exhibit(GROUPED, "quick")
    (places / "steps.log").unlink()
    other = with_profile("quick", GROUPED, **regrouped)
    assert stale_because(other, before) == "" and to_do(other, "quick", Options()) == []
    after = run_exhibit(other, "quick")
    assert trained(places) == set() and after.sha256() == before.sha256()


def test_the_numbers_do_not_depend_on_the_grouping(places):
    made = [
        run_exhibit(with_profile("quick", GROUPED, **how), "quick", Options(runs_dir=str(places / str(n))))
        for n, how in enumerate(({}, {"together": ("*",)}, {"together": ("*",), "at_most": 3}))
    ]
    assert len({csv_text(r.rows) for r in made}) == len({r.sha256() for r in made}) == 1


def test_a_group_of_which_some_is_kept_trains_the_rest(places):
    run_exhibit(GROUPED, "quick", Options(arms=("arm-3",), seeds=(1,)))
    assert trained(places) == {"arm-3/1"}
    (places / "steps.log").unlink()
    run_exhibit(with_profile("quick", GROUPED, together=("*",)), "quick")
    assert trained(places) == {f"{a}/{s}" for a in ARMS for s in (0, 1)} - {"arm-3/1"}


def test_two_exhibits_that_show_the_same_runs_train_them_once(places):
    """Under other names of the arms and of the exhibit, at another profile, in another order."""
    run_exhibit(EXHIBIT, "quick")
    (places / "steps.log").unlink()
    renamed = tuple(replace(a, id=f"curve-{a.id[-1]}", label="x", reported={}) for a in EXHIBIT.arms[::-1])
    other = replace(with_profile("cpu", seeds=(1, 0)), id="meprop/other", arms=renamed, claims=())
    record = run_exhibit(other, "cpu")
    assert trained(places) == set() and len(kept(places)) == 8
    assert {r[0] for r in record.rows} == {f"curve-{n}" for n in (1, 2, 3, 4)}
    theirs = {(r[0], r[1]): r[5] for r in run_exhibit(EXHIBIT, "quick").rows if r[3] == 60}
    assert {(f"arm-{r[0][-1]}", r[1]): r[5] for r in record.rows if r[3] == 60} == theirs


def test_only_what_differs_is_trained(places):
    run_exhibit(EXHIBIT, "quick")
    (places / "steps.log").unlink()
    slow = {"arm-2": {"steps": Override(90, "it is slow")}}
    run_exhibit(with_profile("quick", arm_overrides=slow), "quick")
    assert trained(places) == {"arm-2/0", "arm-2/1"}


def test_what_a_work_says_of_one_arm_the_record_does_not_say_of_all(places):
    """meProp's k follows from a percentage: each arm has its own."""
    figure, small = get("meprop/fig4"), {"max_steps": 2, "hidden": 50, "evaluations": 1, "dev_images": 100}
    arms = ("dense", "top-4", "small-16")
    notes = run_exhibit(figure, "smoke", Options(arms=arms, changes=small)).facts["notes"]
    assert notes["dev"] == 100 and not {"k", "width"} & notes.keys()
    assert notes["arms"] == {
        a: {"k": k, "width": w} for a, k, w in zip(arms, (50, 2, 8), (50, 50, 8), strict=True)
    }


JOINT = replace(EXHIBIT, jointly=True, kind="timing")


def test_what_is_measured_jointly_is_kept_as_a_whole(places):
    first = run_exhibit(JOINT, "quick")
    assert not first.facts["missing"]
    (places / "steps.log").unlink()
    assert run_exhibit(JOINT, "quick").sha256() == first.sha256() and trained(places) == set()


def test_what_is_measured_jointly_is_made_again_as_a_whole(places):
    run_exhibit(JOINT, "quick")
    everything = trained(places)
    (places / "steps.log").unlink()
    (lost, *_) = kept(places)
    lost.unlink()
    assert len(to_do(JOINT, "quick", Options())[0].runs) == 8
    run_exhibit(JOINT, "quick")
    assert trained(places) == everything


def test_some_of_what_is_measured_jointly_is_all_of_it(places):
    """Asked for one arm: measured beside no other it would be another number."""
    assert not run_exhibit(JOINT, "quick", Options(arms=("arm-4",))).facts["missing"]
    (places / "steps.log").unlink()
    run_exhibit(JOINT, "quick")
    assert trained(places) == set()


def test_runs_measured_beside_others_are_others(places):
    run_exhibit(JOINT, "quick")
    (places / "steps.log").unlink()
    run_exhibit(replace(JOINT, arms=JOINT.arms[:2]), "quick", Options())
    assert trained(places) == {f"{a}/{s}" for a in ARMS[:2] for s in (0, 1)}


def test_arms_that_are_alike_are_no_deadlock(places):
    twins = (EXHIBIT.arms[0], replace(EXHIBIT.arms[0], id="twin"))
    record = run_exhibit(with_profile("quick", replace(GROUPED, arms=twins), together=("*",)), "quick")
    arm, twin = ([r[1:] for r in record.rows if r[0] == a.id] for a in twins)
    assert arm == twin != []
