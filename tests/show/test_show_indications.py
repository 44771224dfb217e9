"""What a small run says at its end: in words, and claim by claim beside the committed verdicts."""

import pytest
from record_fakes import DATA, STAND_IN, fake_record, rows_of, save_all

from repro.exhibits import get
from repro.show import indications


@pytest.mark.parametrize(
    ("profile", "data", "on"),
    [
        ("quick", DATA, "In these runs"),
        ("quick", STAND_IN, "On stand-in data"),
        ("smoke", {**DATA, "name": "digits"}, "On stand-in data"),
        ("smoke", None, "In these runs"),
    ],
)
def test_what_no_paper_was_about_is_said_first(profile, data, on):
    exhibit = get("meprop/fig4" if data else "sg/fig6")
    record = fake_record(exhibit, profile, rows_of(exhibit, profile), data)
    assert indications.closing([(exhibit, record)]).startswith(on)


def test_the_committed_verdicts_stand_beside(tmp_path, monkeypatch):
    """Else who has just begun reads "0 of 6" and believes that this is all."""
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    exhibit = get("meprop/fig4")
    made = [(exhibit, fake_record(exhibit, "quick", rows_of(exhibit, "quick"), STAND_IN))]
    assert "committed" not in indications.closing(made) and "none yet" in indications.table(made)
    save_all(tmp_path, "cpu")
    assert "Verdicts are those of the committed records: 7 reproduced" in indications.closing(made)
    lines = indications.table(made).splitlines()
    assert max(map(len, lines)) <= 100 and len(lines) == 2 + sum(not c.finding for c in exhibit.claims)
    assert all("here" in line and " (cpu) " in line for line in lines[2:])
