"""Which null records each claim must fail on: none is taken from a claim in silence."""

import re

from every_exhibit import EXHIBITS, invented

from repro import claim
from repro.record.nulls import null_records
from repro.record.view import View

NAMED = """
chance: dni/fig5 F5-8; dni/rnn-control RC-10; sg/control SC-12; sg/table1 T1-1; sg/theory TH-3;
    meprop/table2 M2-1 M2-9
chance equal pairing permuted reversed shifted shrunk: dni/fig7 F7-5
chance equal permuted: sg/fig9 F9-1
chance equal shifted shrunk steps: dni/fig12 F12-5
chance index pairing shifted shrunk: dni/fig7 F7-1 F7-2 F7-3 F7-7
chance index shifted shrunk: dni/fig13 F13-4
chance pairing reversed shifted shrunk: dni/fig7 F7-8
chance shifted shrunk: dni/fig12 F12-2; dni/fig13 F13-2; sg/fig2 F2-5; sg/fig4 F4-1
chance shifted shrunk steps: dni/fig12 F12-1; dni/fig13 F13-1
chance shrunk: sg/theory TH-7
chance steps: dni/fig4 F4-2; sg/fig4 F4-5
equal permuted: sg/fig2 F2-6
equal permuted reversed steps: dni/fig5 F5-1
index: sg/fig2 F2-1; sg/fig3 F3-1 F3-2; sg/fig5 F5-1 F5-2 F5-3; sg/fig8 F8-6; sg/schematics F1-1 F1-3
    F1-8
permuted reversed: sg/table1 T1-5
steps: sg/fig2 F2-2 F2-4
gated: dni/fig5 F5-3 F5-5 F5-7 F5-9; dni/fig7 F7-4 F7-6; dni/fig11 F11-1 F11-2 F11-3 F11-4 F11-5; dni/fig12 F12-3
    F12-4; dni/fig13 F13-3 F13-5; dni/fig14 F14-1 F14-2 F14-3 F14-4 F14-5 F14-6; dni/fig15 F15-1 F15-2
    F15-3 F15-4 F15-5; dni/table2 D2-1 D2-2 D2-3 D2-4 D2-5 D2-6 D2-7 D2-8 D2-9 D2-10 D2-11 D2-12 D2-13
    D2-14 D2-15 D2-16; sg/table2 T2-1 T2-9 T2-10; meprop/fig4 F4-1 F4-2 F4-3 F4-4 F4-5 F4-6 F4-7;
    meprop/table1 M1-1 M1-2 M1-3 M1-4 M1-5 M1-6 M1-7 M1-8 M1-9; meprop/table3 T3-1 T3-2 T3-3 T3-4;
    meprop/table4 T4-1 T4-2 T4-3 T4-4 T4-5 T4-6 T4-7 T4-8 T4-9; meprop/table5 T5-1 T5-2 T5-3 T5-4 T5-5
    T5-6; meprop/table6 T6-1 T6-2 T6-3 T6-4 T6-5 T6-6
"""
"""Kinds: the claims that name them. Of `ARMS`, the default, are all others; "gated" is `GATED`.

A claim that is taken off the last line, or added to one before it, must fail on less than it did: say why there.
"""
OPEN_TO_WORSE = {
    "sg/control": "SC-1 SC-3 SC-4 SC-5 SC-6 SC-7 SC-8 SC-9 SC-10 SC-11",
    "sg/fig4": "F4-2 F4-3 F4-4 F4-5",
    "sg/table2": "T2-4",
    "meprop/table3": "T3-6",
    "dni/skeleton": "S-1",
}
"""Claims with a gate that need not fail where all is shifted or shrunk towards chance."""


def test_the_two_usual_sets_of_kinds_are_what_they_were():
    assert claim.ARMS == ("equal", "chance", "reversed", "permuted")
    assert claim.GATED == (*claim.ARMS, "shifted", "shrunk")
    assert claim.NULLS == (*claim.GATED, "index", "steps", "pairing")
    made = claim.Claim("id", "text", "Table 1", "1", "tolerance", lambda view: None)
    assert made.null == claim.ARMS, "by default"


def named():
    """(exhibit, claim) → the kinds that `NAMED` says."""
    found = {}
    for line in re.sub(r"\n +", " ", NAMED).strip().splitlines():
        kinds, _, of = line.partition(": ")
        null = set(claim.GATED if kinds == "gated" else kinds.split())
        for each in of.split("; "):
            exhibit, *ids = each.split()
            found |= {(exhibit, i): null for i in ids}
    return found


def test_every_claim_names_the_kinds_that_it_named():
    usual, asked = set(claim.ARMS), {(e.id, c.id): set(c.null) for e in EXHIBITS for c in e.claims}
    assert {who: null for who, null in asked.items() if null != usual} == named()


def test_a_claim_that_asks_whether_a_baseline_has_learned_fails_where_all_is_worse():
    """Its gate is shut where all is at chance; then `GATED` is the default of its kind."""
    lacking = {}
    for exhibit in EXHIBITS:
        gated = set()
        for profile in ("cpu", "paper"):
            (rows,) = null_records(exhibit, invented(exhibit.id, profile).rows, "chance")
            gated |= {c.id for c in exhibit.claims if shut(c, View(rows, exhibit.arms))}
        found = [c.id for c in exhibit.claims if c.id in gated and not {"shifted", "shrunk"} <= set(c.null)]
        lacking |= {exhibit.id: " ".join(found)} if found else {}
    assert lacking == OPEN_TO_WORSE


def shut(asked, view):
    """Whether the claim's gate is, if its test comes to an end."""
    try:
        return bool(asked.test(view).gate)
    except Exception:
        return False
