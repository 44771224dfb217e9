"""The committed records: they load, hold, and their verdicts are won neither by chance nor by what is not there."""

from pathlib import Path

import pytest

from repro.exhibits import all_exhibits, get
from repro.record import audit
from repro.record.judge import judge
from repro.record.nulls import vacuous
from repro.record.store import load, recorded

RESULTS = Path(__file__).resolve().parents[2] / "results"
RECORDS = [(e.id, profile) for e in all_exhibits() for profile in recorded(e, RESULTS)]


@pytest.fixture(params=RECORDS, ids=" ".join)
def both(request):
    exhibit_id, profile = request.param
    return get(exhibit_id), load(RESULTS, exhibit_id, profile)


def test_they_are_fresh_complete_and_of_committed_code(both):
    exhibit, record = both
    audit.refuse_for_results(exhibit, record)
    assert audit.problems(exhibit, record) == []
    assert [j.reason for j in record.judgements(exhibit) if "its test failed" in j.reason] == []
    assert (RESULTS / exhibit.id / f"{record.profile}.svg").exists()


def test_no_claim_survives_where_there_is_nothing_to_see(both):
    exhibit, record = both
    assert vacuous(exhibit, record.rows) == {}


def test_a_lost_arm_never_decides_a_claim(both):
    """Each verdict stays what it was or becomes open."""
    exhibit, record = both
    before = {j.claim.id: j.verdict for j in record.judgements(exhibit)}
    for lost in record.view(exhibit).arms():
        rows = [r for r in record.rows if r[0] != lost]
        for j in judge(exhibit, record.facts, rows):
            assert j.verdict in ("open", before[j.claim.id]), f"{j.claim.id} without {lost}"
            assert "its test failed" not in j.reason, f"{j.claim.id} without {lost}: {j.reason}"


def test_a_lost_run_never_decides_a_claim(both):
    """One seed less moves means and spreads: a claim that reads the arm is open, the others are as they were."""
    exhibit, record = both
    before = {j.claim.id: j.verdict for j in record.judgements(exhibit)}
    for arm, seed in {r[:2] for r in record.rows}:
        rows = [r for r in record.rows if r[:2] != (arm, seed)]
        for j in judge(exhibit, record.facts, rows):
            assert j.verdict in ("open", before[j.claim.id]), f"{j.claim.id} without {arm}/{seed}"
            assert "its test failed" not in j.reason, f"{j.claim.id} without {arm}/{seed}: {j.reason}"
