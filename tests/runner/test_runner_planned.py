"""A claim is registered when its runs are planned: no later run makes it look older than it is."""

from dataclasses import replace

import pytest
from running import with_profile
from tiny_exhibit import EXHIBIT

from repro import exhibits
from repro.claim import Outcome
from repro.errors import ExhibitError
from repro.record.view import MissingData
from repro.runner.registered import NOT_PLANNED, registered
from repro.runner.run import Options, run_exhibit
from repro.show.claims import judged_late


def _kinder(view):
    return Outcome(True, EXHIBIT.claims[0].test(view).ours)


KINDER = replace(EXHIBIT, claims=(replace(EXHIBIT.claims[0], test=_kinder),))
MORE = replace(EXHIBIT, claims=(*EXHIBIT.claims, replace(EXHIBIT.claims[0], id="second")))


def test_a_claim_that_changed_after_its_runs_stays_late_from_the_cache(places):
    assert run_exhibit(EXHIBIT, "smoke").facts["claims"] == registered(EXHIBIT)
    record = run_exhibit(KINDER, "smoke")
    assert record.facts["claims"] == registered(EXHIBIT) != registered(KINDER)
    assert judged_late(KINDER, record) == {"faster"}


def test_one_that_came_after_its_runs_was_never_planned(places):
    run_exhibit(EXHIBIT, "smoke")
    record = run_exhibit(MORE, "smoke")
    assert record.facts["claims"]["second"] == NOT_PLANNED
    assert judged_late(MORE, record) == {"second"}


def test_one_old_run_among_new_ones_is_enough(places):
    run_exhibit(EXHIBIT, "quick", Options(seeds=(0,)))
    assert judged_late(KINDER, run_exhibit(KINDER, "quick")) == {"faster"}


@pytest.fixture
def anew(places, monkeypatch):
    """`anew(exhibit, how)`: its record, trained by another arithmetic or other code, in the same folder."""

    def make(exhibit, how):
        if how == "by other code":
            for module in ("carry", "run", "results"):
                monkeypatch.setattr(f"repro.runner.{module}.code_of", lambda package: "f" * 64)
        return run_exhibit(exhibit, "smoke", Options(threads=2 if how == "with two threads" else 1))

    return make


@pytest.mark.parametrize("how", ["by other code", "with two threads"])
def test_runs_that_were_looked_at_and_are_trained_again_are_no_new_ones(anew, how):
    run_exhibit(EXHIBIT, "smoke")
    record = anew(KINDER, how)
    assert record.facts["claims"] == registered(EXHIBIT) and judged_late(KINDER, record) == {"faster"}


@pytest.mark.parametrize("how", ["by other code", "with two threads"])
def test_a_claim_that_came_between_was_never_planned(anew, how):
    run_exhibit(EXHIBIT, "smoke")
    assert judged_late(MORE, anew(MORE, how)) == {"second"}


@pytest.mark.parametrize("how", ["by other code", "with two threads"])
def test_trained_again_under_the_same_claims_they_are_as_planned(anew, how):
    run_exhibit(EXHIBIT, "smoke")
    assert anew(EXHIBIT, how).facts["claims"] == registered(EXHIBIT)


def test_runs_that_another_exhibit_planned_say_nothing(places):
    run_exhibit(EXHIBIT, "smoke")
    other = replace(with_profile("smoke", KINDER), id="meprop/other")
    assert judged_late(other, run_exhibit(other, "smoke")) == set()


def test_claims_of_an_exhibit_that_shows_anothers_runs_are_planned_with_them(places, monkeypatch):
    other = replace(EXHIBIT, id="meprop/other", runs_of=EXHIBIT.id)
    monkeypatch.setitem(exhibits.EXTRA, other.id, other)
    run_exhibit(EXHIBIT, "smoke")
    assert judged_late(other, run_exhibit(other, "smoke")) == set()
    kinder = replace(KINDER, id=other.id, runs_of=EXHIBIT.id)
    assert judged_late(kinder, run_exhibit(kinder, "smoke")) == {"faster"}


def _one_arm(view):
    return Outcome(view.mean("arm-4", "height") > 0, "4")


def test_only_the_runs_that_a_claim_reads_speak_of_it(places):
    """A record may grow: a claim of new arms is registered with their runs, whenever the others were planned."""
    narrow = replace(EXHIBIT.claims[0], id="narrow", test=_one_arm)
    run_exhibit(EXHIBIT, "quick", Options(arms=("arm-3", "arm-2", "arm-1")))
    grown = replace(EXHIBIT, claims=(*EXHIBIT.claims, narrow))
    assert judged_late(grown, run_exhibit(grown, "quick")) == set()
    wide = replace(narrow, id="wide", test=EXHIBIT.claims[0].test)
    wider = replace(grown, claims=(*grown.claims, wide))
    assert judged_late(wider, run_exhibit(wider, "quick")) == {"wide"}


def _ends_early(view):
    view.mean("arm-4", "height")
    raise MissingData("more than there is")


def test_a_claim_that_does_not_come_to_an_end_may_read_any_run(places):
    early = replace(EXHIBIT.claims[0], id="early", test=_ends_early)
    run_exhibit(EXHIBIT, "quick", Options(arms=("arm-3", "arm-2", "arm-1")))
    grown = replace(EXHIBIT, claims=(*EXHIBIT.claims, early))
    assert run_exhibit(grown, "quick").facts["claims"]["early"] == NOT_PLANNED


def test_nor_does_one_that_reads_none(places):
    blind = replace(EXHIBIT.claims[0], id="blind", test=lambda view: Outcome(True, "1"))
    run_exhibit(EXHIBIT, "smoke")
    grown = replace(EXHIBIT, claims=(*EXHIBIT.claims, blind))
    assert run_exhibit(grown, "smoke").facts["claims"]["blind"] == NOT_PLANNED


@pytest.mark.parametrize(
    ("spec", "stops"),
    [
        ("EXHIBIT = (", False),
        ("import a_package_that_nobody_has", False),
        ("# like meprop/tiny\nEXHIBIT = (", False),
        ("EXHIBIT = Exhibit(runs_of='meprop/tiny-2',", False),
        ("EXHIBIT = Exhibit(runs_of='meprop/tiny',", True),
        ("from tiny.spec import EXHIBIT as TINY\nEXHIBIT = (", True),
    ],
)
def test_a_half_written_exhibit_stops_none_but_that_whose_runs_it_shows(
    places, mine, monkeypatch, spec, stops
):
    """Its claims would be registered with the runs; those of all others have nothing to do with it."""
    mine.write("spec", spec)
    monkeypatch.setitem(exhibits.EXTRA, "meprop/mine", "mine")
    if stops:
        with pytest.raises(
            ExhibitError, match=r"^mine\.spec does not import: SyntaxError.*names meprop/tiny"
        ):
            run_exhibit(EXHIBIT, "smoke")
    else:
        assert run_exhibit(EXHIBIT, "smoke").facts["missing"] == []


def test_metrics_that_are_nearly_called_the_same_are_told_of(places, caplog):
    """What was measured and has no metric is not in the record: a letter too few would look like runs that lack."""
    (height,) = EXHIBIT.metrics
    run_exhibit(replace(EXHIBIT, metrics=(height, replace(height, name="heigth_2"))), "smoke")
    assert not caplog.records, "what was measured is there"
    run_exhibit(replace(EXHIBIT, metrics=(replace(height, name="breadth"),)), "smoke")
    assert not caplog.records, "nothing like it was measured"
    run_exhibit(replace(EXHIBIT, metrics=(replace(height, name="heigt"),)), "smoke")
    (said,) = [r.getMessage() for r in caplog.records]
    assert said.startswith(
        "meprop/tiny: the spec's metric heigt was not measured, and height, which was, is no metric"
    )
