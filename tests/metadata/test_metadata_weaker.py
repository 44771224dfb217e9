"""Changes of a pin: no field changes, or loses its signature, on weaker evidence than it had."""

from dataclasses import replace

import pytest

from metadata import pin
from metadata.errors import RefusedUpdateError
from metadata.pins.refresh import pin_changes

SIGNED = pin("sg")


def says(old, field, trust, **changes):
    """`old` as it would be, with other evidence for one field."""
    evidence = (replace(e, trust=trust, source="new.txt") if e.field == field else e for e in old.evidence)
    return replace(old, evidence=tuple(evidence), **changes)


def test_a_pin_that_stays_as_it_is_has_no_changes():
    assert list(pin_changes(SIGNED, SIGNED)) == []


@pytest.mark.parametrize("had", ["signed", "hash signed"])
@pytest.mark.parametrize("trust", ["derived", "corroborated", "stated", "curated"])
def test_the_same_value_keeps_its_signature(had, trust):
    old = says(SIGNED, "title", had)
    with pytest.raises(RefusedUpdateError, match=f"title would lose its signature: got '{trust}'"):
        list(pin_changes(old, says(old, "title", trust)))
    assert old.title == SIGNED.title, "the value is the same"


def test_other_evidence_for_the_same_value_is_told():
    assert list(pin_changes(says(SIGNED, "title", "signed"), says(SIGNED, "title", "hash signed"))) == [
        "1703.00522v1 title: signed by new.txt -> hash signed by new.txt"
    ]
    (line,) = pin_changes(says(SIGNED, "title", "stated"), says(SIGNED, "title", "curated"))
    assert line.endswith("title: stated by new.txt -> curated by new.txt"), "neither is a signature"


@pytest.mark.parametrize("trust", ["stated", "signed"])
def test_a_signed_value_does_not_change(trust):
    old = says(SIGNED, "title", "signed")
    with pytest.raises(RefusedUpdateError, match=r"title would change, by new\.txt"):
        list(pin_changes(old, says(old, "title", trust, title="Another")))


def test_a_value_without_a_signature_changes_to_a_signed_one_alone():
    old = says(SIGNED, "title", "stated")
    with pytest.raises(RefusedUpdateError, match="title would change"):
        list(pin_changes(old, says(old, "title", "corroborated", title="Another")))
    (line,) = pin_changes(old, says(old, "title", "signed", title="Another"))
    assert line.endswith("(stated) -> 'Another' (signed, by new.txt)")


def test_a_field_that_nothing_gave_may_be_filled_by_anyone():
    old = says(SIGNED, "license", "absent", license=None)
    (line,) = pin_changes(old, says(old, "license", "stated", license="http://example.org/free"))
    assert line.startswith("1703.00522v1 license: None (absent) -> ")
