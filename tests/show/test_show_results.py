"""docs/results.md: every exhibit once, every claim with its numbers, their unit and the paper's."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from record_fakes import fake_record, rows_of, save_all
from tiny_exhibit import EXHIBIT

from repro.exhibits import all_exhibits, get, ids
from repro.record.record import Record
from repro.record.standing import Standing, standing
from repro.record.store import load
from repro.show import results
from repro.show.claims import SIGNS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    save_all(tmp_path, "cpu")
    return tmp_path


def sections(text: str) -> dict[str, str]:
    """Exhibit → what the page says of it."""
    found = re.split(r"^### (?:\[(.+?)\]\(.+?\)|(\S+)): ", text, flags=re.M)[1:]
    return {a or b: told for a, b, told in zip(found[::3], found[1::3], found[2::3], strict=True)}


def row(exhibit_id: str, claim: str) -> list[str]:
    """The cells of a claim's line on the committed page."""
    told = sections((ROOT / "docs" / "results.md").read_text(encoding="utf-8"))[exhibit_id]
    (line,) = (x for x in told.splitlines() if re.match(rf"\| \S+ {claim}\b", x))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_it_has_every_exhibit_once_in_order_and_every_claim(recorded):
    told = sections(results.page())
    assert list(told) == ids() and not set(ids()) & set(results.NOT_YET)
    for exhibit in all_exhibits():
        lines = [
            x for x in told[exhibit.id].splitlines() if x.startswith(tuple(f"| {s}" for s in SIGNS.values()))
        ]
        assert len(lines) == len(exhibit.claims)
        for judged, line in zip(load(recorded, exhibit.id, "cpu").judgements(exhibit), lines, strict=True):
            assert line.startswith(f"| {SIGNS[judged.verdict]} {judged.claim.id}")
        assert f"[cpu](../results/{exhibit.id}/cpu.json)" in told[exhibit.id]


def test_a_line_has_our_numbers_and_the_papers_of_one_claim():
    exhibit = get("dni/table1")
    for s in standing(exhibit):
        cells = row("dni/table1", s.judgement.claim.id)
        assert cells[2].replace("\\", "").startswith(s.judgement.ours)
        assert cells[3].replace("\\", "") == s.judgement.claim.paper
        assert cells[0].startswith(SIGNS[s.judgement.verdict])
        assert s.judgement.verdict != "open" or cells[4].replace("\\", "").startswith(s.judgement.reason)


def test_it_counts_what_there_is(recorded, monkeypatch):
    assert re.match(r"(\d+) of \1 figures and tables", results.counted_up())
    monkeypatch.setattr(results, "NOT_YET", {"dni/fig99": ("Figure 99", "what is not there")})
    done, of = map(int, re.match(r"(\d+) of (\d+) ", results.counted_up()).groups())
    assert of == done + 1 and "### dni/fig99: what is not there\n\nFigure 99 · not yet" in results.page()


def test_without_a_record_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    assert "· described, no record yet" in sections(results.page())["dni/table2"]
    assert results.counted_up().startswith("0 of ")


def test_what_was_judged_late_is_marked(recorded):
    exhibit = get("sg/fig6")
    assert "F6-1 †" not in sections(results.page())["sg/fig6"]
    good = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    late = Record({**good.facts, "claims": {**good.facts["claims"], "F6-1": "0" * 64}}, good.rows)
    results_of = [replace(s, record=late) for s in standing(exhibit)]
    assert "(1 †)" in results.tally(exhibit, results_of)


@pytest.mark.parametrize(
    ("exhibit_id", "claim", "end"),
    [
        ("dni/rnn-control", "RC-1", "] (levels)"),  # the unit of what its test reads first
        ("sg/fig2", "F2-1", "(correlation)"),  # a metric without a unit: its name
        ("sg/control", "SC-1", "] points"),  # said already
        ("meprop/table8", "T8-1", " ms"),
        ("meprop/table7", "T7-1", "x at k = 512"),  # a ratio of milliseconds has none
        ("dni/fig12", "F12-1", " (sg distance)"),  # not per cent, which its gate reads
    ],
)
def test_a_number_has_its_unit(exhibit_id, claim, end):
    assert row(exhibit_id, claim)[2].endswith(end)


def test_a_unit_is_of_what_a_claim_would_read_in_a_whole_record(record):
    """An arm that is still to be run is one of the plan: its claim reads the metric, and is not without a unit."""
    grown = Record(record.facts, tuple(r for r in record.rows if r[0] != "arm-4"))
    (judged,) = grown.judgements(EXHIBIT)
    assert judged.verdict == "open"
    assert results.with_unit(EXHIBIT, Standing(replace(judged, ours="0.9"), grown)) == "0.9 (m)"
