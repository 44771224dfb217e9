"""A piece that fails is named and retried if asked; the others go on, and the record says what is missing."""

import json
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from repro.piece import pieces
from repro.runner.pieces import Job, attempt
from tiny_exhibit import EXHIBIT

from repro.errors import BadValueError, PieceError, UnknownNameError
from repro.runner import schedule
from repro.runner.run import Options, run_exhibit

FAILING = {"steps": 20, "fail": "arm-3/0"}


def run(progress=None, executor=None, profile="smoke", **options):
    settings = {"steps": 20} | options.pop("settings", {})
    return run_exhibit(EXHIBIT, profile, Options(settings=settings, **options), progress, executor)


def test_one_failure_is_named_and_the_others_go_on(places):
    record = run(settings=FAILING)
    (lost,) = record.facts["missing"]
    assert lost["piece"] == "arm-3/0"
    assert lost["why"] == "piece meprop/tiny arm-3/0 failed: ValueError: the tiny work was told to fail"
    assert {r[0] for r in record.rows} == {"arm-4", "arm-2", "arm-1"}
    assert record.facts["verdicts"]["faster"]["verdict"] == "open"


def test_the_traceback_is_kept_until_the_piece_succeeds(places, caplog):
    run(settings={**FAILING, "how": "once"})
    (text,) = [p.read_text() for p in places.rglob("failure.txt")]
    assert "in _fail" in text and "failure.txt" in caplog.text
    run(settings={**FAILING, "how": "once"})
    assert not list(places.rglob("failure.txt"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_retry_helps_what_fails_once(places, workers):
    settings = {**FAILING, "how": "once"}
    record = run(settings=settings, retries=1, workers=workers)
    assert record.facts["missing"] == []
    assert len(record.rows) == 8


def test_retries_end(places):
    record = run(settings=FAILING, retries=2)
    assert len(record.facts["missing"]) == 1
    tried = (places / "steps.log").read_text().count("arm-3/0 10 ")
    assert tried == 3


def test_nothing_left_is_an_error_that_names_every_piece(places):
    settings = {"fail": "arm-3/0"}
    one = type(EXHIBIT)(**{**vars(EXHIBIT), "arms": (EXHIBIT.arm("arm-3"),)})
    with pytest.raises(
        PieceError, match=r"nothing of meprop/tiny at smoke succeeded: piece .*arm-3/0 failed"
    ):
        run_exhibit(one, "smoke", Options(settings=settings))


@pytest.mark.slow
def test_a_worker_that_dies_costs_only_its_own_piece(places):
    record = run(settings={**FAILING, "how": "die"}, workers=2)
    assert record.facts["missing"] == [
        {"piece": "arm-3/0", "why": "piece meprop/tiny arm-3/0 failed: its worker process died"}
    ]
    assert len(record.rows) == 6


class _Untrustworthy(ThreadPoolExecutor):
    """Loses the second job, as a cluster may lose a node."""

    count = 0

    def submit(self, fn, /, *args, **kwargs):
        self.count += 1
        if self.count == 2:
            lost = Future()
            lost.set_exception(OSError("node gone"))
            return lost
        return super().submit(fn, *args, **kwargs)


def test_what_an_executor_loses_is_named_and_retried_there(places):
    with _Untrustworthy(2) as executor:
        record = run(executor=executor, retries=1)
    assert record.facts["missing"] == [] and executor.count == 5


def test_failures_travel_as_plain_data(places):
    """UnknownNameError cannot be unpickled: raised in a worker, it would break the whole pool."""
    piece = pieces(EXHIBIT, EXHIBIT.profile("smoke"))[0].as_json() | {"dataset": "mnits"}
    outcome = attempt(Job(piece, str(places / "runs"), "cpu", None))
    assert "did you mean 'mnist'" in json.loads(json.dumps(outcome))["failure"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seeds": (0, 0)}, "each of them once"),
        ({"seeds": ()}, "one or more"),
        ({"seeds": (-1,)}, "from 0 up"),
        ({"settings": {"stps": 3}}, "did you mean 'steps'"),
        ({"settings": {"steps": "many"}}, "expected a value like"),
        ({"device": "gpu"}, "expected one of auto, cpu, cuda"),
        ({"profile": "quik"}, "did you mean 'quick'"),
    ],
)
def test_wrong_options_are_refused_before_any_work(places, options, words):
    with pytest.raises((BadValueError, UnknownNameError), match=words):
        run(**options)
    assert not (places / "steps.log").exists()


@pytest.mark.parametrize("name", ["workers", "retries", "threads", "checkpoint_s"])
def test_options_have_a_lower_bound(name):
    with pytest.raises(BadValueError, match=f"{name} is -1"):
        Options(**{name: -1})


def test_pieces_of_different_data_make_no_record(places, monkeypatch):
    """A mirror that answers some workers only must not mix published data and stand-in."""
    plain = attempt

    def odd(job, progress=None):
        outcome = plain(job, progress)
        name = "digits" if job.piece["name"] == "arm-2/0" else "mnist"
        outcome["result"]["data"] = {
            "name": name,
            "stand_in": False,
            "asked": "mnist",
            "note": "",
            "files": {},
        }
        return outcome

    monkeypatch.setattr(schedule, "attempt", odd)
    with pytest.raises(PieceError, match=r"used different data \(mnist and digits\)"):
        run()
