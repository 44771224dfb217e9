"""Times and memory are the piece's own; a worker whose CUDA context is lost ends."""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from repro.piece import pieces
from repro.runner.pieces import Job, attempt
from tiny_exhibit import EXHIBIT

from repro.runner import pieces as carried
from repro.train import loop


def job(places, device="cpu", **settings):
    made = pieces(EXHIBIT, EXHIBIT.profile("smoke"), settings={"steps": 20} | settings)
    return Job(made[0].as_json(), str(places / "runs"), device, None, checkpoint_s=-1)


def test_wall_time_counts_the_sessions_before(places, monkeypatch):
    """A piece that fails half way and resumes; its checkpoint says 1,000 s."""
    real = loop.save_checkpoint
    monkeypatch.setattr(loop, "save_checkpoint", lambda path, state: real(path, {**state, "spent": 1000.0}))
    failing = job(places, fail="arm-4/0", how="once")
    assert "failure" in attempt(failing)
    meta = attempt(failing)["result"]["meta"]
    assert meta["resumed"] and 1000 < meta["wall_s"] < 1100
    undisturbed = attempt(job(places))["result"]["meta"]
    assert 0 < undisturbed["wall_s"] < 100


@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux can start the peak anew"
)
def test_peak_memory_is_not_that_of_an_earlier_piece():
    large = np.ones(400 * 2**17)  # 400 MiB
    high = carried._peak_mb("cpu")
    del large
    carried._reset_peak("cpu")
    assert carried._peak_mb("cpu") < high - 300


class Ended(BaseException):
    """Stands for `os._exit`: nothing after it runs."""


@pytest.fixture
def lost(monkeypatch):
    """A CUDA device that fails for ever after the first error; the calls of `os._exit`."""

    def fail():
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    def end(status):
        raise Ended(status)

    monkeypatch.setattr(torch.cuda, "synchronize", fail)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(carried, "_reset_peak", lambda device: None)
    monkeypatch.setattr(os, "_exit", end)


def test_a_worker_that_lost_its_device_ends(places, lost, monkeypatch):
    monkeypatch.setattr(multiprocessing, "parent_process", object)
    with pytest.raises(Ended):
        attempt(job(places, "cuda", fail="arm-4/0"))
    (kept,) = Path(places).rglob("failure.txt")
    assert "told to fail" in kept.read_text(), "the cause is written down first"
    assert "told to fail" in attempt(job(places, "cpu", fail="arm-4/0"))["failure"], "a CPU cannot be lost"


def test_the_users_own_process_goes_on(places, lost):
    assert "told to fail" in attempt(job(places, "cuda", fail="arm-4/0"))["failure"]


def test_a_worker_whose_device_works_goes_on(places, lost, monkeypatch):
    monkeypatch.setattr(multiprocessing, "parent_process", object)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    assert "told to fail" in attempt(job(places, "cuda", fail="arm-4/0"))["failure"]


@pytest.mark.parametrize("damage", [lambda t: t.replace("0.", "1.", 1), lambda t: t[:100], lambda t: "[]"])
def test_a_damaged_result_is_named_and_trained_again(places, caplog, damage):
    whole = attempt(job(places))["result"]
    (kept,) = Path(places).rglob("result.json")
    text = kept.read_text()
    assert damage(text) != text
    kept.write_text(damage(text))
    again = attempt(job(places))["result"]
    assert again["rows"] == whole["rows"] and again["meta"]["started"] > whole["meta"]["started"]
    assert "result.json is damaged" in caplog.text
    assert kept.read_text() != damage(text) and attempt(job(places))["result"] == again
