"""The pictures of Figure 1 follow the rules' code: a rule that is wired otherwise is drawn, and judged, otherwise."""

from __future__ import annotations

import pytest
import torch
from matplotlib.text import Annotation
from record_fakes import fake_record

from repro.exhibits import get
from repro.exhibits.sg.schematics.work import work
from repro.record.run import runs
from repro.rules.backward import Rule
from repro.rules.dni import DNI, NetModel
from repro.rules.feedback import DFA
from repro.rules.unified import Propagated
from repro.show.draw import draw
from repro.train.given import Given
from repro.train.loop import Context

EXHIBIT = get("sg/schematics")


def made_now():
    given = runs(EXHIBIT, EXHIBIT.profile("quick"))
    rows = [(given[r].arm, given[r].seed, *row) for r, *row in work(Given(given), Context()).rows]
    return fake_record(EXHIBIT, "quick", rows)


def failed(record) -> set[str]:
    return {j.claim.id for j in record.judgements(EXHIBIT) if j.verdict != "reproduced"}


def arrows(record) -> int:
    return sum(isinstance(c, Annotation) for ax in draw(EXHIBIT, record).axes for c in ax.get_children())


OWN = DNI.consume
SAYS = NetModel.predict


def leaks(self, i, arriving):
    """SG(h, y), and secretly the true gradient besides."""
    return OWN(self, i, arriving) + (arriving if i in self.models else 0)


def blind(self, h, y):
    """An SG that is told label 0 always."""
    return SAYS(self, h, torch.zeros_like(y))


def test_all_hold_and_rows_repeat() -> None:
    one, again = made_now(), made_now()
    assert failed(one) == set() and one.rows == again.rows


@pytest.mark.parametrize(
    ("of", "name", "change", "wrong"),
    [
        # an SG that waits although it need not: the clock is not what was found to matter
        (DNI, "needs", lambda self, i: "arriving", {"F1-2", "F1-4", "F1-6", "F1-7", "F1-8"}),
        (DNI, "consume", leaks, {"F1-2", "F1-4", "F1-5", "F1-7", "F1-8"}),
        # SG + prop that says it waits for nothing
        (Propagated, "needs", lambda self, i: "nothing", {"F1-4", "F1-6", "F1-8"}),
        (NetModel, "predict", blind, {"F1-5"}),
        # backpropagation (and FA) that waits for the loss alone
        (Rule, "needs", lambda self, i: "loss", {"F1-1", "F1-3", "F1-6", "F1-7", "F1-8"}),
        # direct feedback that waits for the layers above
        (DFA, "needs", lambda self, i: "arriving", {"F1-6", "F1-8"}),
    ],
)
def test_a_rule_that_is_wired_otherwise_is_seen(monkeypatch, of, name, change, wrong) -> None:
    monkeypatch.setattr(of, name, change)
    assert failed(made_now()) == wrong


def test_the_picture_loses_the_arrow_that_the_code_loses(monkeypatch) -> None:
    before = arrows(made_now())
    monkeypatch.setattr(NetModel, "predict", blind)
    assert before - arrows(made_now()) == 6, "y → SG: one SG, four of them, and the one of SG + prop"
