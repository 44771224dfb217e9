"""After an edit a result is neither believed nor thrown away: steps are replayed, and bitwise equality decides."""

from dataclasses import replace

import pytest
from edited import AGAIN, HARMFUL, HARMLESS, LATER, LONG, ONE, PLAIN, WORK, run
from running import kept, steps
from tiny_exhibit import EXHIBIT

from repro.record.record import csv_text
from repro.runner import adopt, code
from repro.runner.keys import code_of
from repro.runner.run import Options, run_exhibit, to_do


def test_a_finished_run_is_adopted_after_a_harmless_edit(places, pace, caplog):
    caplog.set_level("INFO", "repro.runner")
    before, taken = run(places)
    (old,) = kept(places).values()
    assert taken == 300 and "adopted" not in before.facts["code"]
    pace(HARMLESS)
    after, taken = run(places)
    assert taken == 100, "50 steps after the start, and 50 after the last checkpoint"
    assert after.sha256() == before.sha256() and csv_text(after.rows) == csv_text(before.rows)
    assert "the numbers have not" in caplog.text
    sha = {"old": old["code_sha256"], "new": code_of("mine")}
    assert sha["old"] != sha["new"]
    facts = after.facts["code"]
    assert facts["adopted"] == [sha["old"]] and facts["sha256"] == [sha["new"]], "the record names both"
    assert code.changed_since("mine.work:work", facts["modules"]) == []
    (made,) = [r for r in kept(places).values() if r["code_sha256"] == sha["new"]]
    assert made["adopted"] == [{"code_sha256": sha["old"], "code": old["code"]}]
    assert made["replayed"] == {"early": [0, 50], "late": [250, 300]}
    assert made["meta"] == old["meta"], "times and machine are of those who trained it"


def test_what_is_adopted_is_kept(places, pace):
    run(places)
    pace(HARMLESS)
    run(places)
    record, taken = run(places)
    assert taken == 0 and len(record.facts["code"]["adopted"]) == 1


def test_edit_after_edit(places, pace):
    first, _ = run(places)
    shas = [code_of("mine")]
    for text in (HARMLESS, AGAIN):
        pace(text)
        record, taken = run(places)
        assert taken == 100 and record.sha256() == first.sha256()
        assert record.facts["code"]["adopted"] == shas
        shas.append(code_of("mine"))
    pace(PLAIN)
    assert run(places)[1] == 0, "the first result is still there"


@pytest.mark.parametrize(("text", "replayed"), [(HARMFUL, 50), (LATER, 100)])
def test_a_harmful_edit_is_refused_and_the_run_trained_again(places, pace, caplog, text, replayed):
    """One part in 10¹⁰ a step, from the start or where only the late steps come."""
    before, _ = run(places)
    pace(text)
    after, taken = run(places)
    assert taken == replayed + 300 and "adopted" not in after.facts["code"]
    assert after.sha256() != before.sha256()
    assert "steps its weights are others: it is trained again" in caplog.text


@pytest.mark.parametrize(("where", "steps_replayed"), [("evaluate", 50), ("final", 100)])
def test_an_edit_of_what_is_measured_is_refused_too(places, pace, mine, caplog, where, steps_replayed):
    """The weights are the same; the rows would not be."""
    before, _ = run(places)
    rows = {
        "evaluate": "[(r, 'height', t, '', h + 1e-9) for r, h in enumerate(self.heights)]",
        "final": "[(0, 'height', t + 1, '', 1.0)]",
    }[where]
    mine.write(
        "work",
        WORK.replace("    def prints", f"    def {where}(self, t):\n        return {rows}\n\n    def prints"),
    )
    after, taken = run(places)
    assert taken == steps_replayed + 300 and after.sha256() != before.sha256()
    assert "steps its rows are others: it is trained again" in caplog.text


def test_measuring_for_the_fingerprint_leaves_no_trace(places, pace, mine):
    """A learner that counts its evaluations, as one that keeps its best: with a folder, and without."""
    mine.write("work", WORK.replace("    def prints", COUNTING + "    def prints"))
    record, _ = run(places)
    assert [r[5] for r in record.rows if r[3] == 300] == [2.0], "two evaluations, and none that was not due"


COUNTING = """
    count = 0

    def evaluate(self, t):
        self.count += 1
        return [(r, "height", t, "", float(self.count)) for r in range(len(self.runs))]

    def state(self):
        return {**super().state(), "count": self.count}

    def load(self, state):
        super().load(state)
        self.count = state["count"]

"""


def test_code_that_cannot_replay_is_refused(places, pace, mine, caplog):
    """Here: a checkpoint that today's learner cannot read."""
    before, _ = run(places)
    mine.write("work", WORK.replace("    def prints", OTHER_STATE + "    def prints"))
    after, taken = run(places)
    assert taken == 50 + 300 and after.sha256() == before.sha256()
    assert "KeyError: 'momentum'" in caplog.text


OTHER_STATE = """
    def state(self):
        return {**super().state(), "momentum": 0.0}

    def load(self, state):
        super().load(state)
        self.momentum = state["momentum"]

"""


def test_without_the_late_fingerprint_nothing_is_adopted(places, pace, caplog):
    """A run that was too short for a checkpoint, or whose checkpoint was cleared away."""
    run(places, replace(ONE, params=tuple(replace(p) for p in ONE.params)))
    (folder,) = (places / "runs/groups").glob("*/*")
    assert {p.name for p in folder.iterdir()} == {"checkpoint.pt"}
    (folder / "checkpoint.pt").unlink()
    pace(HARMLESS)
    _, taken = run(places)
    assert taken == 300 and "there is no late fingerprint to compare with" in caplog.text


def test_short_runs_leave_nothing_and_are_trained_again(places, pace):
    short = Options(changes={"steps": 60})
    run_exhibit(ONE, "smoke", short)
    assert not (places / "runs/groups").exists(), "no checkpoint, so nothing to compare with"
    pace(HARMLESS)
    (places / "steps.log").unlink()
    run_exhibit(ONE, "smoke", short)
    assert len(steps(places / "steps.log")) == 60


def test_what_was_quick_is_not_worth_a_replay(places, pace, monkeypatch):
    monkeypatch.setattr(adopt, "WORTH_S", 30)
    run(places)
    assert not list((places / "runs/groups").iterdir())
    pace(HARMLESS)
    assert run(places)[1] == 300


def test_a_result_is_checked_in_the_group_in_which_it_was_trained(places, pace):
    """However it would be grouped now: the last digits may depend on it. The group is replayed once."""
    exhibit = replace(ONE, arms=EXHIBIT.arms, group_by=())
    together = replace(exhibit, profiles=tuple(replace(p, together=("*",)) for p in exhibit.profiles))
    before, taken = run(places, together)
    assert taken == 4 * 300
    pace(HARMLESS)
    apart = replace(exhibit, profiles=tuple(replace(p, together=()) for p in exhibit.profiles))
    after, taken = run(places, together)
    assert taken == 4 * 100 and after.sha256() == before.sha256()
    assert to_do(apart, "smoke", Options(changes=LONG)) == []


def test_only_the_runs_that_come_out_the_same_are_adopted(places, pace):
    """The two of the four that move fast enough to meet the changed line are trained again."""
    exhibit = replace(ONE, arms=EXHIBIT.arms)
    run(places, exhibit)
    pace("def pace(h):\n    return h if h < 0.9 else h + 1e-9\n")
    record, _ = run(places, exhibit)
    trained_again = {name for name, t, _ in steps(places / "steps.log") if t == 100}
    assert trained_again and not record.facts["missing"]
    adopted = {r["run"]["setting"]["factor"] for r in kept(places).values() if "adopted" in r}
    assert adopted.isdisjoint(int(name[4]) for name in trained_again)
    assert len(adopted) + len(trained_again) == 4
