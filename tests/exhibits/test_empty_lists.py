"""No committed verdict rests on an empty list, of which `every` and `both` say yes and `some` says no."""

import sys
from pathlib import Path

import pytest
from record_fakes import without

from repro.exhibits import all_exhibits
from repro.record import stats
from repro.record.store import load, recorded

RESULTS = Path(__file__).resolve().parents[2] / "results"
EXHIBITS = [e for e in all_exhibits() if recorded(e, RESULTS)]


@pytest.fixture
def empty(monkeypatch):
    """The names of the functions that were given nothing, wherever they were imported to."""
    found = []

    def noting(name, decide, one_by_one):
        def decided(*given, **more):
            given = given if one_by_one else (list(given[0]), *given[1:])
            found.extend([] if (given if one_by_one else given[0]) else [name])
            return decide(*given, **more)

        return decided

    modules = [m for name, m in sys.modules.items() if name.startswith("repro.")]
    for name in ("every", "some", "both"):
        decide = getattr(stats, name)
        changed = noting(name, decide, name == "both")
        for module in modules:
            for local in [k for k, v in vars(module).items() if v is decide]:
                monkeypatch.setattr(module, local, changed)
    return found


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda e: e.id)
def test_no_claim_asks_about_nothing(exhibit, empty):
    """On the whole record, and without any one of its arms."""
    assert stats.every([], 0.0) is True and empty == ["every"]
    for profile in recorded(exhibit, RESULTS):
        view = load(RESULTS, exhibit.id, profile).view(exhibit)
        for seen in (view, *(without(view, arm) for arm in view.arms())):
            for claim in exhibit.claims:
                empty.clear()
                try:
                    claim.test(seen.anew())
                except Exception:  # then it is open, whatever the list
                    continue
                assert empty == [], f"{claim.id} at {profile}"
