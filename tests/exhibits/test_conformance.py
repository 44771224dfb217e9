"""Every exhibit folder, found by itself: what it must state, that its claims judge what is there."""

import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from every_exhibit import invented, of_profiles
from record_fakes import DATA, fake_record, rows_of, without

import repro.exhibits
from repro.exhibits import PAPERS
from repro.notebook.source import source_of
from repro.record.judge import judge_one
from repro.record.nulls import vacuous
from repro.record.run import arms_of, parameters, runs
from repro.record.view import MissingData, View
from repro.show.kinds import KINDS
from repro.spec import PROFILES

FOLDER = Path(repro.exhibits.__file__).parent
PLACE = re.compile(
    r"(v\d )?(A\.\d|[A-D]\b|Tables?|Figures?|Eqs?\.|equation|[Ss]ections?|supplement|appendix|Algorithm|abstract|"
    r"Theorem|Proposition|Definition|Lemma)",
    re.IGNORECASE,
)

# The folder -----------------------------------------------------------------------------------------------------


def test_its_folder_is_its_id_and_holds_its_parts(exhibit):
    folder = FOLDER.joinpath(*exhibit.package.split(".")[2:])
    assert exhibit.package.endswith("skeleton") or "/".join(folder.parts[-2:]).replace("_", "-") == exhibit.id
    files = {p.name for p in folder.glob("*.py")}
    assert {"__init__.py", "spec.py", "claims.py", "figure.py"} <= files
    assert files <= {
        "__init__.py",
        "spec.py",
        "arms.py",
        "asides.py",
        "claims.py",
        "figure.py",
        "work.py",
    }  # arms and asides of a long spec
    assert ("work.py" in files) == (exhibit.runs_of is None)
    assert sum(len((folder / f).read_text().splitlines()) for f in files) <= 640


def test_its_work_is_there(exhibit):
    assert callable(import_module(f"{exhibit.trained_by}.work").work)


# The spec -------------------------------------------------------------------------------------------------------


def test_ids_and_names_are_told_apart(exhibit):
    assert exhibit.paper in PAPERS and exhibit.kind in KINDS
    for things in (exhibit.arms, exhibit.claims):
        ids = [t.id for t in things]
        assert ids and len(set(ids)) == len(ids)
    for named in (exhibit.params, exhibit.metrics, exhibit.profiles):
        names = [n.name for n in named]
        assert names and len(set(names)) == len(names)


def test_it_explains_itself(exhibit):
    assert exhibit.title and len(exhibit.shows) > 60 and PLACE.match(exhibit.place)
    assert all(m.doc for m in exhibit.metrics) and all(a.label and a.series for a in exhibit.arms)
    for _, path in exhibit.algorithms:
        assert compile(source_of(path).text, path, "exec")


def test_its_record_keeps_the_error_on_held_out_images(exhibit):
    """What `--set hold_out=…` is asked for; a metric that the exhibit does not have would be dropped in silence."""
    if any(p.name == "hold_out" for p in exhibit.params):
        assert any(m.name.startswith("validation_error") for m in exhibit.metrics)


def test_every_arm_is_told_apart_by_setting_and_data(exhibit):
    kinds = [(a.dataset, sorted(a.setting.items())) for a in exhibit.arms]
    assert all(kinds.count(k) == 1 for k in kinds)
    view = View([(a.id, 0, "m", 0, "", 0.0) for a in exhibit.arms], exhibit.arms)
    keys = sorted({k for a in exhibit.arms for k in a.setting})
    for a in exhibit.arms:
        assert view.arm(dataset=a.dataset, **{k: a.setting.get(k) for k in keys}) == a.id


@of_profiles
def test_every_profile_plans_runs_and_names_what_there_is(exhibit, profile):
    assert [p.name for p in exhibit.profiles] == list(PROFILES)
    sized, known = exhibit.profile(profile), {a.id for a in exhibit.arms}
    made = runs(exhibit, sized)
    assert made and len({r.name for r in made}) == len(made) and sized.budget
    assert {*sized.more_seeds, *sized.apart_on_cpu} <= known and set(sized.together) <= {"*", *known}
    assert set(sized.arm_overrides) <= {a.id for a in arms_of(exhibit, sized)}
    if profile in ("cpu", "paper"):
        assert sized.stand_in is None, "only small profiles may substitute"


def test_every_parameter_has_its_source_and_an_arm(exhibit):
    for p in exhibit.params:
        assert p.source if p.assumed else PLACE.match(p.source), f"{p.name}: {p.source!r}"
        assert any(p.applies(a.setting) for a in exhibit.arms), f"no arm has {p.name}"
        for name, values in p.only.items():
            assert set(values) <= {a.setting.get(name) for a in exhibit.arms}, f"{p.name}: {name}"


@of_profiles
def test_overrides_name_parameters_keep_their_type_and_reach_an_arm(exhibit, profile):
    sized = exhibit.profile(profile)
    for arm, overrides in {None: sized.overrides, **sized.arm_overrides}.items():
        values = parameters(exhibit, sized, arm=arm)
        for name, override in overrides.items():
            like = exhibit.param(name).value
            assert override.why and values[name] == override.value
            assert isinstance(override.value, type(like) | (int if isinstance(like, float) else type(like)))
    for arm in exhibit.arms:
        assert all(exhibit.param(name).applies(arm.setting) for name in arm.params), arm.id


OF_AN_UNKNOWN_SCALE = {"dni/table1", "dni/fig4", "dni/fig16"}
"""Where the paper's weight of the auxiliary loss is on a gradient whose scale it does not state (deviation 4)."""


def test_the_papers_profile_is_the_papers(exhibit):
    silent = {p.name for p in exhibit.params if p.assumed}
    silent |= {"aux_weight"} if exhibit.id in OF_AN_UNKNOWN_SCALE else set()
    paper = exhibit.profile("paper")
    assert set().union(paper.overrides, *paper.arm_overrides.values()) <= silent


def test_arms_report_known_metrics_and_share_what_groups_them(exhibit):
    metrics = {m.name for m in exhibit.metrics}
    for arm in exhibit.arms:
        assert set(arm.reported) <= metrics
    settings = {name for arm in exhibit.arms for name in arm.setting}
    assert set(exhibit.group_by or ()) <= settings, "one that no arm has groups nothing"


def test_claims_have_place_numbers_tolerance_and_known_profiles(exhibit):
    for claim in exhibit.claims:
        assert PLACE.search(claim.place), f"{claim.id}: {claim.place!r}"
        assert claim.text and claim.paper and claim.tolerance
        assert set(claim.profiles) <= set(PROFILES)
        assert claim.profiles or claim.elsewhere, "one that is never judged says why"
        assert exhibit.kind == "analytic" or "smoke" not in claim.profiles, "smoke only shows that it runs"


def test_deviations_are_numbered(exhibit):
    assert [d.number for d in exhibit.deviations] == list(range(1, len(exhibit.deviations) + 1))
    assert all(d.what and d.paper and d.ours and d.why for d in exhibit.deviations)


# The claims -----------------------------------------------------------------------------------------------------


def test_claims_about_nothing_say_what_is_missing(exhibit):
    for claim in exhibit.claims:
        for view in (View([]), View([], exhibit.arms, {(a.id, 0) for a in exhibit.arms})):
            with pytest.raises(MissingData):
                claim.test(view)


@of_profiles
def test_no_claims_test_fails(exhibit, profile):
    judged = invented(exhibit.id, profile).judgements(exhibit)
    assert judged and [j.reason for j in judged if "its test failed" in j.reason] == []


def test_every_claim_asks_for_arms_that_there_are(exhibit):
    """Where all of them are run; else it would stay open for ever."""
    whole = replace(exhibit, profiles=tuple(replace(p, arms=()) for p in exhibit.profiles))
    record = fake_record(whole, "paper", rows_of(whole, "paper"), DATA)
    asked = {j.claim.id: j.reason for j in record.judgements(whole)}
    assert {
        i: why for i, why in asked.items() if re.match("not in this record: (an|one) arm with ", why)
    } == {}


def test_where_the_numbers_of_a_figure_were_read_is_said(exhibit):
    """A table prints its numbers; those of a curve are as good as the eye that read them."""
    told = exhibit.kind == "training" and not all(c.finding for c in exhibit.claims)
    assert exhibit.read or not (told and exhibit.place.startswith("Figure"))


def test_no_claim_holds_where_there_is_nothing_to_see(exhibit):
    assert vacuous(exhibit, invented(exhibit.id, "cpu").rows) == {}


@of_profiles
def test_a_lost_arm_never_decides_a_claim(exhibit, profile):
    """Each verdict stays what it was or becomes open: none is won or lost by what is not there."""
    record = invented(exhibit.id, profile)
    view, before = record.view(exhibit), record.judgements(exhibit)
    for lost in view.arms():
        less = without(view, lost)
        for claim, verdict in ((j.claim, j.verdict) for j in before):
            j = judge_one(claim, record.facts, less.anew())
            assert j.verdict in ("open", verdict), f"{claim.id} without {lost}"
            assert "its test failed" not in j.reason, f"{claim.id} without {lost}: {j.reason}"
