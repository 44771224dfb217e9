"""A claim is registered when its runs are planned: no later run makes it look older than it is."""

from dataclasses import replace

from running import with_profile
from tiny_exhibit import EXHIBIT

from repro import exhibits
from repro.claim import Outcome
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
