"""Where claims stand when a bigger record has fewer runs than a smaller one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from record_fakes import fake_record, rows_of

from repro.errors import StaleRecordError
from repro.exhibits import get
from repro.notebook import show
from repro.record.run import digest
from repro.record.standing import NO_NUMBERS, best_profile, standing
from repro.record.store import save
from repro.show import indications, results

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
    assert told.index("(profile `cpu`") < told.index("**On the record at `paper`**") < len(told)
    name = "(F4\N{NON-BREAKING HYPHEN}4)"
    assert told.count(name) == 2 and told.rindex(name) > told.index("**On the record at `paper`**")
    page = results.page().partition("[meprop/fig4]")[2].partition("### ")[0]
    assert "/cpu.json); [paper](" in page
    known = indications.committed(EXHIBIT)
    assert known["F4-4"].endswith("(paper)") and known["F4-1"].endswith("(cpu)")
    held = [s.judgement.claim.text for s in standing(EXHIBIT) if s.judgement.verdict == "reproduced"]
    assert held and all(text in page for text in held)


def test_the_biggest_of_equals_and_the_only_one(folder: Path) -> None:
    save(fake_record(EXHIBIT, "paper", rows_of(EXHIBIT, "paper")), folder)
    assert best_profile(EXHIBIT, folder) == "paper"
    assert {s.record.profile for s in standing(EXHIBIT, folder)} == {"paper"}
    assert best_profile(get("sg/fig7"), folder) is None and standing(get("sg/fig7"), folder) == []


def facts_of(folder: Path, profile: str) -> Any:
    return json.loads((folder / f"meprop/fig4/{profile}.json").read_text())["verdicts"]


def rewrite(folder: Path, profile: str, verdicts: Any) -> None:
    path = folder / f"meprop/fig4/{profile}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "verdicts": verdicts}))


def test_of_records_on_which_as_many_stand_it_is_the_bigger(folder: Path) -> None:
    mine = facts_of(folder, "cpu")
    names = [k for k, v in mine.items() if v["ours"] != NO_NUMBERS]
    few = set(names[: len(names) // 2])
    rewrite(folder, "cpu", {k: v for k, v in mine.items() if k in names[: 2 * len(few)]})
    rewrite(folder, "paper", {k: v if k in few else {**v, "ours": NO_NUMBERS} for k, v in mine.items()})
    assert few and best_profile(EXHIBIT, folder) == "paper"


def test_a_stale_record_is_refused(folder: Path) -> None:
    path = folder / "meprop/fig4/paper.json"
    facts = json.loads(path.read_text())
    facts["spec"]["params"] = {**facts["spec"].get("params", {}), "hidden": 123}
    path.write_text(json.dumps({**facts, "spec_sha256": digest(facts["spec"])}))
    with pytest.raises(StaleRecordError, match="hidden"):
        standing(EXHIBIT, folder)


def test_a_record_that_cannot_be_read_says_nothing(folder: Path) -> None:
    (folder / "meprop/fig4/paper.json").write_text("{")
    assert best_profile(EXHIBIT, folder) == "cpu"


def test_numbers_of_a_profile_that_cannot_assess_a_claim_give_way() -> None:
    """T2-7 is about a rate that only cpu has; T2-4 about the paper's, at which not all of its arms have run."""
    stands = {s.judgement.claim.id: s for s in standing(get("sg/table2"))}
    assert stands["T2-7"].record.profile == "cpu" and stands["T2-7"].judgement.verdict == "reproduced"
    assert stands["T2-2"].record.profile == "paper"
    assert all(s.judgement.ours != NO_NUMBERS for s in stands.values())
