"""Where claims stand when a bigger record has fewer runs than a smaller one."""

from __future__ import annotations

from pathlib import Path

import pytest
from record_fakes import fake_record, rows_of

from repro.exhibits import get
from repro.notebook import show
from repro.record.standing import NO_NUMBERS, best_profile, standing
from repro.record.store import save
from repro.show import coverage, indications, readme

EXHIBIT = get("meprop/fig4")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All runs at cpu; at paper those of two arms, from which F4-4 is judged."""
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    save(fake_record(EXHIBIT, "cpu", rows_of(EXHIBIT, "cpu")), tmp_path)
    few = [r for r in rows_of(EXHIBIT, "paper") if r[0] in ("dense", "top-1")]
    save(fake_record(EXHIBIT, "paper", few), tmp_path)
    return tmp_path


def test_a_claim_stands_on_the_biggest_record_that_has_its_numbers(folder: Path) -> None:
    found = {s.judgement.claim.id: s for s in standing(EXHIBIT, folder)}
    numbers = {k: s for k, s in found.items() if s.judgement.ours != NO_NUMBERS}
    assert {k for k, s in numbers.items() if s.record.profile == "paper"} == {"F4-4"}
    assert {s.record.profile for k, s in numbers.items() if k != "F4-4"} == {"cpu"}
    assert [s.judgement.claim.id for s in standing(EXHIBIT, folder)] == [c.id for c in EXHIBIT.claims]
    assert found["F4-4"].judgement.verdict != "open" and found["F4-1"].judgement.verdict != "open"


def test_that_of_most_claims_is_shown_and_the_other_told_beside_it(folder: Path) -> None:
    assert best_profile(EXHIBIT, folder) == "cpu"
    told = repr(show.recorded("meprop/fig4").in_short())
    assert told.index("(profile `cpu`") < told.index("**At `paper`**, so far without all runs") < len(told)
    name = "(F4\N{NON-BREAKING HYPHEN}4)"
    assert told.count(name) == 2 and told.rindex(name) > told.index("**At `paper`**")
    (row,) = [line for line in readme.readme_block().splitlines() if "[meprop/fig4]" in line]
    assert "/cpu.json); [paper](" in row
    known = indications.committed(EXHIBIT)
    assert known["F4-4"].endswith("(paper)") and known["F4-1"].endswith("(cpu)")
    held = [s.judgement.claim.text for s in standing(EXHIBIT) if s.judgement.verdict == "reproduced"]
    assert held and all(text in coverage.result(EXHIBIT) for text in held)


def test_the_biggest_of_equals_and_the_only_one(folder: Path) -> None:
    save(fake_record(EXHIBIT, "paper", rows_of(EXHIBIT, "paper")), folder)
    assert best_profile(EXHIBIT, folder) == "paper"
    assert {s.record.profile for s in standing(EXHIBIT, folder)} == {"paper"}
    assert best_profile(get("sg/fig7"), folder) is None and standing(get("sg/fig7"), folder) == []


def test_a_record_that_cannot_be_read_says_nothing(folder: Path) -> None:
    (folder / "meprop/fig4/paper.json").write_text("{")
    assert best_profile(EXHIBIT, folder) == "cpu"
