"""Pieces: which runs train together, and with which values."""

from dataclasses import replace

import pytest
from tiny_exhibit import EXHIBIT

from repro import pages
from repro.errors import BadValueError, UnknownNameError
from repro.notebook.tables import specification
from repro.piece import parameters, pieces
from repro.spec import Override

SLOW = {"arm-2": {"steps": Override(90, "it is slow"), "rate": Override(0.5, "it is slow")}}
TOGETHER = replace(EXHIBIT.profile("quick"), arm_overrides=SLOW, together=("*",))
GROUPED = replace(EXHIBIT, group_by=())


def test_arms_with_values_of_their_own_are_a_piece_apart():
    made = {tuple(a["id"] for a in p.arms): p.params for p in pieces(GROUPED, TOGETHER)}
    assert made.keys() == {("arm-4", "arm-3", "arm-1"), ("arm-2",)}
    assert [(p["steps"], p["rate"]) for p in made.values()] == [(60, 0.01), (90, 0.5)]


def test_arms_whose_values_are_the_same_stay_together():
    same = {"arm-2": {"steps": Override(60, "as the others")}}
    assert len(pieces(GROUPED, replace(TOGETHER, arm_overrides=same))) == 1


def test_the_users_settings_come_last():
    made = pieces(GROUPED, TOGETHER, settings={"steps": "7"})
    assert {p.params["steps"] for p in made} == {7} and {p.params["rate"] for p in made} == {0.01, 0.5}


def test_values_for_one_arm_are_checked_too():
    wrong = replace(TOGETHER, arm_overrides={"arm-2": {"step": Override(9, "misspelt")}})
    with pytest.raises(UnknownNameError, match="steps"):
        pieces(GROUPED, wrong)
    with pytest.raises(BadValueError, match="rate"):
        parameters(EXHIBIT, TOGETHER, {"rate": "fast"}, arm="arm-2")


def test_they_are_shown_with_their_reason(monkeypatch):
    exhibit = replace(GROUPED, profiles=(TOGETHER,))
    rows = {
        r[0]: r
        for r in specification(exhibit, "quick", [p.as_json() for p in pieces(exhibit, TOGETHER)]).rows
    }
    assert rows["steps"][1] == "60; arm-2: 90" and "arm-2: it is slow" in rows["steps"][3]
    assert rows["pause"][1] == "0" and "slow" not in rows["pause"][3]
    monkeypatch.setattr(pages, "all_exhibits", lambda: [exhibit])
    assert "| `quick`, arm-2 | `rate` | 0.01 | 0.5 | it is slow |" in pages.deviations()
