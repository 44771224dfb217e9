"""Unfinished training after an edit: its checkpoints are brought over if the code still does the same."""

import pytest
from edited import AGAIN, HARMFUL, HARMLESS, LATER, PLAIN, WORK, run
from running import steps
from tiny.work import Walker

from repro.runner import adopt
from repro.runner.keys import code_of


@pytest.fixture
def halfway(places, pace, monkeypatch):
    """Training that Ctrl-C stopped in step 230: checkpoints of 150 and 200; and the undisturbed record."""
    whole, _ = run(places, runs_dir=str(places / "whole"))
    real = Walker.host
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Walker, "host", lambda self, t: interrupt() if t == 230 else real(self, t))
        run(places)
    return whole.sha256()


def interrupt():
    raise KeyboardInterrupt


def test_unfinished_training_goes_on_after_a_harmless_edit(places, pace, halfway):
    pace(HARMLESS)
    record, taken = run(places)
    assert taken == 50 + 50 + 100 and record.sha256() == halfway
    assert [p.parent.name for p in (places / "runs/groups").glob("*/*/checkpoint.pt")] == [
        code_of("mine")[:16]
    ]


def test_unfinished_training_goes_on_after_edit_after_edit(places, pace, halfway, monkeypatch):
    """Stopped again before the first checkpoint that the second code writes."""
    pace(HARMLESS)
    real = Walker.host
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Walker, "host", lambda self, t: interrupt() if t == 210 else real(self, t))
        run(places)
    pace(AGAIN)
    record, taken = run(places)
    assert taken == 50 + 50 + 100 and record.sha256() == halfway


@pytest.mark.parametrize("text", [HARMFUL, LATER])
def test_unfinished_training_starts_afresh_after_a_harmful_edit(places, pace, halfway, text):
    pace(text)
    record, _ = run(places)
    assert [t for _, t, _ in steps(places / "steps.log")][-300:] == list(range(300))
    assert record.sha256() != halfway


def test_a_kill_while_checkpoints_are_brought_over_costs_nothing(places, pace, halfway, monkeypatch):
    pace(HARMLESS)
    real = adopt.write_bytes

    def torn(path, data):
        if path.name == "checkpoint.pt":
            interrupt()
        real(path, data)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(adopt, "write_bytes", torn)
        run(places)
    record, taken = run(places)
    assert taken == 50 + 50 + 100 and record.sha256() == halfway


def test_a_new_module_that_the_work_reaches_and_then_changes_is_noticed(places, mine):
    """The opt-out: nobody had to list it. With a native source beside it, too."""
    mine.write("work", WORK.replace("mine.pace", "mine.kernels.pace"))
    mine.write("kernels/__init__", "")
    mine.write("kernels/pace", PLAIN)
    assert run(places)[1] == 300 and run(places)[1] == 0
    mine.write("kernels/pace", HARMLESS)
    assert run(places)[1] == 300
    mine.write("kernels/pace", "int pace;", ".cpp")
    assert run(places)[1] == 300 and run(places)[1] == 0
    mine.write("kernels/pace", "long pace;", ".cpp")
    assert run(places)[1] == 300
    mine.write("kernels/other", PLAIN)
    assert run(places)[1] == 0, "what is not reached changes nothing"
