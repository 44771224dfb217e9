"""Every exhibit's smoke runs, really trained: their record is whole; drawn, judged and told without a warning."""

import pytest
from running import kept
from small import small

from repro.exhibits import all_exhibits, get, ids
from repro.runner.run import Options, run_exhibit
from repro.show.claims import in_short, lines
from repro.show.draw import alt_text, draw, svg_text
from repro.show.kinds import numbers


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory):
    """One for all: exhibits that show the same runs train them once."""
    return str(tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("exhibit_id", ids())
def test_what_a_smoke_run_makes_can_be_shown(exhibit_id, runs_dir):
    exhibit = get(exhibit_id)
    options = Options("cpu", runs_dir=runs_dir, download=False, changes=small(exhibit))
    record = run_exhibit(exhibit, "smoke", options)
    assert record.rows and record.facts["csv"]["finite"] and not record.facts["missing"]
    shown = {m.name for e in all_exhibits() if e.trained_by == exhibit.trained_by for m in e.metrics}
    own = [result for result in kept(runs_dir).values() if exhibit.id in result["registered"]]
    measured = {row[0] for result in own for row in result["rows"]}
    assert measured <= shown, "no record would hold it: a name that was mistyped, or work for nothing"
    judged = record.judgements(exhibit)
    assert [(j.claim.id, j.reason) for j in judged if "its test failed" in j.reason] == []
    told = lines(exhibit, judged)
    assert all(c.id in told for c in exhibit.claims)
    assert exhibit.title in alt_text(exhibit, record) and in_short(exhibit, record)
    assert numbers(exhibit, record).rows
    assert svg_text(draw(exhibit, record)).rstrip().endswith("</svg>")
