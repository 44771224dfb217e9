"""An arm whose settings its work would ignore is refused before it trains as another."""

from dataclasses import replace

import pytest
from repro.piece import pieces
from repro.runner.pieces import Job, attempt
from repro.runner.settings import check_settings
from tiny_exhibit import EXHIBIT

from repro.errors import BadValueError
from repro.exhibits import all_exhibits, get

TABLE2 = get("dni/table2")


@pytest.mark.parametrize("exhibit", all_exhibits(), ids=lambda e: e.id)
def test_what_profiles_run_is_accepted(exhibit):
    made = [p for profile in exhibit.profiles for p in pieces(exhibit, profile)]
    for piece in made:
        check_settings(piece)
    assert made


def everything(exhibit):
    """All arms, each a piece, whether a profile runs them or not."""
    return pieces(exhibit, replace(exhibit.profile("paper"), arms=tuple(a.id for a in exhibit.arms)))


def test_nets_that_are_not_there_are_refused_by_arm_and_setting():
    refused = set()
    for piece in everything(TABLE2):
        try:
            check_settings(piece)
        except BadValueError as e:
            assert f"arm {piece.arms[0]['id']} of dni/table2 has net = 'cnn'" in str(e)
            refused.add(piece.arms[0]["id"])
    assert refused == {a.id for a in TABLE2.arms if "cnn" in a.id} and "mnist-cnn-dni-3" in refused


def test_nothing_is_trained_in_its_place(places):
    (piece, *_) = [p for p in everything(TABLE2) if p.arms[0]["id"] == "mnist-cnn-dni-3"]
    small = replace(piece, dataset="digits", params={**piece.params, "steps": 1})
    outcome = attempt(Job(small.as_json(), str(places / "runs"), "cpu", None))
    assert outcome.keys() == {"failure"}
    assert "mnist-cnn-dni-3" in outcome["failure"] and "net = 'cnn'" in outcome["failure"]


@pytest.mark.parametrize("wrong", [{"factor": 4, "speed": 2}, {"factr": 4}])
def test_unknown_settings_are_refused(wrong):
    (piece, *_) = pieces(EXHIBIT, EXHIBIT.profile("smoke"))
    with pytest.raises(BadValueError, match=r"which tiny_work does not read; it reads factor:"):
        check_settings(replace(piece, arms=({"id": "arm-4", "settings": wrong},)))


@pytest.mark.parametrize("other", [{"factor": 3}, {}])
def test_arms_of_one_piece_must_agree_in_what_is_read_once(other):
    (piece, *_) = pieces(EXHIBIT, EXHIBIT.profile("smoke"))
    both = ({"id": "a", "settings": {"factor": 4}}, {"id": "b", "settings": other})
    with pytest.raises(BadValueError, match=r"arms a and b of meprop/tiny .* differ in factor \(4 and"):
        check_settings(replace(piece, arms=both))
    check_settings(replace(piece, arms=(both[0], {"id": "b", "settings": {"factor": 4}})))


def test_arms_may_differ_in_what_is_read_for_each():
    joined = [p for p in pieces(get("sg/table2"), get("sg/table2").profile("smoke")) if len(p.arms) > 1]
    assert any(len({a["settings"]["data"] for a in p.arms}) > 1 for p in joined)
