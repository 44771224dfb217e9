"""A record keeps the digest of each claim as it stood: of its words, its conditions and its test; not of comments."""

import importlib
from dataclasses import replace

import pytest
from running import Package
from tiny_exhibit import EXHIBIT, STRICT

from repro.runner.registered import registered
from repro.runner.run import run_exhibit

CLAIMS = '''
from repro.record import stats
from repro.claim import Claims, Outcome
from mine.helper import margin

claims = Claims()


@claims("high", "It ends high.", place="Table 1", paper="0.4", tolerance="within 10 %")
def high(view):
    """It does."""
    return Outcome(stats.mean(view.final("arm-4", "height")) > margin(), "x")


@claims("other", "It ends.", place="Table 1", paper="0.4", tolerance="any")
def other(view):
    return Outcome(True, "x")
'''
HELPER = "def margin():\n    return 0.4\n\n\ndef unused():\n    return 1\n"


@pytest.fixture
def digests(tmp_path, monkeypatch):
    """`digests(claims=…, helper=…)`: id → digest of the claims with this source."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    package = Package(tmp_path)

    def make(claims=CLAIMS, helper=HELPER):
        package.write("helper", helper)
        package.write("claims", claims)
        made = tuple(importlib.import_module("mine.claims").claims)
        return registered(replace(EXHIBIT, claims=made))

    yield make
    package.forget()


def test_what_is_said_behind_a_claim_is_not_registered():
    """It helps who reads the sentence alone, and changes nothing of what was claimed."""
    said = replace(EXHIBIT, claims=tuple(replace(c, aside="it: the arm") for c in EXHIBIT.claims))
    assert registered(said) == registered(EXHIBIT)
    assert {c.sentence for c in said.claims} == {f"{c.text} [it: the arm]" for c in EXHIBIT.claims}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It ends high.", "It ends very high."),
        ("within 10 %", "within 20 %"),
        ('paper="0.4", tolerance="within', 'paper="0.5", tolerance="within'),
        (
            'place="Table 1", paper="0.4", tolerance="within',
            'place="Table 2", paper="0.4", tolerance="within',
        ),
        ('tolerance="within 10 %"', 'tolerance="within 10 %", profiles=("cpu",)'),
        ('tolerance="within 10 %"', 'tolerance="within 10 %", given="at 333 times the rate"'),
        ('tolerance="within 10 %"', 'tolerance="within 10 %", finding=True'),
        ('tolerance="within 10 %"', 'tolerance="within 10 %", stand_in_ok=True'),
        ("> margin()", ">= margin()"),
        ('final("arm-4"', 'final("arm-3"'),
        ("stats.mean", "stats.median"),
    ],
)
def test_words_conditions_and_test_count_for_their_claim_alone(digests, old, new):
    before, after = digests(), digests(CLAIMS.replace(old, new))
    assert after["high"] != before["high"] and after["other"] == before["other"]


def test_what_a_test_calls_counts(digests, monkeypatch):
    before, after = digests(), digests(helper=HELPER.replace("0.4", "0.3"))
    assert after["high"] != before["high"] and after["other"] == before["other"]


def test_statistics_count_wherever_they_lie(digests, tmp_path, monkeypatch):
    from repro.runner import source

    before = digests()
    copy = tmp_path / "stats.py"
    text = source.locate("repro.record.stats").read_text()
    assert "math.fsum(values) / len(values)" in text
    copy.write_text(text.replace("math.fsum(values) / len(values)", "sum(values) / len(values)"))
    real = source.locate
    found = lambda name: copy if name == "repro.record.stats" else real(name)  # noqa: E731
    found.cache_clear = real.cache_clear
    monkeypatch.setattr(source, "locate", found)
    after = digests()
    assert after["high"] != before["high"] and after["other"] == before["other"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""It does."""', '"""It surely does."""'),
        ("    return Outcome(stats", "    # as in the paper\n    return Outcome(stats"),
        ("\n\n\n@claims", "\n\n\n# next\n@claims"),
    ],
)
def test_comments_do_not_count(digests, old, new):
    assert CLAIMS.replace(old, new) != CLAIMS
    assert digests(CLAIMS.replace(old, new)) == digests()


def test_what_no_test_uses_does_not_count(digests):
    assert digests(helper=HELPER.replace("return 1", "return 2")) == digests()


def test_tests_without_a_name_of_their_own_count_with_all_of_their_module(digests):
    """A lambda, or a test that a function makes."""
    for text in (
        "claims('one', 'text', place='Table 1', paper='1', tolerance='t')(lambda view: Outcome(True, '1'))",
        "def make(n):\n    def test(view):\n        return Outcome(n > 1, '1')\n    return test\n\n"
        "claims('one', 'text', place='Table 1', paper='1', tolerance='t')(make(2))",
    ):
        whole = f"from repro.claim import Claims, Outcome\n\nclaims = Claims()\n{text}\n"
        assert digests(whole) != digests(whole.replace("True, '1'", "False, '1'").replace("n > 1", "n > 2"))


def test_a_record_keeps_them(places):
    record = run_exhibit(EXHIBIT, "quick")
    assert record.facts["claims"] == registered(EXHIBIT) != registered(STRICT)
