"""Times and memory are the group's own; a worker whose CUDA context is lost ends."""

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from running import jobs
from tiny_exhibit import EXHIBIT

from repro.runner import machine
from repro.runner.carry import attempt
from repro.train import loop


def job(places, device="cpu", **changes):
    made = jobs(places, changes={"steps": 120} | changes, device=device, checkpoint_s=0)
    return made[0]


def result(outcome):
    return outcome["results"]["arm-4/0"]


def test_wall_time_counts_the_sessions_before(places, monkeypatch):
    """A run that fails half way and resumes; its checkpoint says 1,000 s."""
    real = loop.save_checkpoint
    monkeypatch.setattr(loop, "save_checkpoint", lambda path, state: real(path, {**state, "spent": 1000.0}))
    failing = job(places, fail="arm-4/0", how="once")
    assert "failure" in attempt(failing)
    meta = result(attempt(failing))["meta"]
    assert 1000 < meta["wall_s"] < 1100 and 1000 < meta["train_s"] < 1100
    undisturbed = result(attempt(job(places)))["meta"]
    assert 0 < undisturbed["wall_s"] < 100


def test_runs_share_what_their_group_took(places):
    """So that the times of a record add up, however its runs were grouped."""
    exhibit = replace(EXHIBIT, group_by=())
    (together,) = jobs(places, exhibit, changes={"pause": 0.01})
    metas = [r["meta"] for r in attempt(together)["results"].values()]
    assert len({m["wall_s"] for m in metas}) == 1 and 0.2 < sum(m["wall_s"] for m in metas) < 20


@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux can start the peak anew"
)
def test_peak_memory_is_not_that_of_an_earlier_group():
    large = np.ones(400 * 2**17)  # 400 MiB
    high = machine.peak_mb("cpu")
    del large
    machine.reset_peak("cpu")
    assert machine.peak_mb("cpu") < high - 300


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
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a device")
    monkeypatch.setattr(machine, "reset_peak", lambda device: None)
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
