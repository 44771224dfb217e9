"""A run is kept under all that moves its numbers, and under nothing else."""

from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from tiny_exhibit import EXHIBIT

from repro import blas, native
from repro.data import DataInfo
from repro.device import arithmetic
from repro.record.run import Run, digest, runs
from repro.runner.keys import key_by

DATA = DataInfo("mnist", "mnist", False, MappingProxyType({"a.gz": "0" * 64}), "MNIST")
RUN = runs(EXHIBIT, EXHIBIT.profile("smoke"))[0]


def key(run=RUN, package="tiny", data=DATA, device="cpu", threads=1, beside=()):
    return key_by(package, run, data, arithmetic(device, threads), beside)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": replace(DATA, files={"a.gz": "1" * 64})},
        {"data": replace(DATA, name="digits")},
        {"data": None},
        {"device": "cuda"},
        {"threads": 2},
        {"beside": (RUN,)},
        {"run": replace(RUN, params={**RUN.params, "steps": 21})},
        {"run": replace(RUN, seed=1)},
        {"run": replace(RUN, setting={"factor": 5})},
        {"run": replace(RUN, dataset="mnist")},
    ],
    ids=str,
)
def test_all_that_moves_the_numbers_counts(changes, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a device")
    assert key(**changes) != key()


def test_the_version_of_torch_counts(monkeypatch):
    before = key()
    monkeypatch.setattr(torch, "__version__", "9.9.9")
    assert key() != before


def test_keys_on_a_cpu_are_what_they_were(monkeypatch):
    """Results of earlier versions are kept under them; where oneDNN multiplies or kernels in C help that is said."""
    monkeypatch.setattr(native, "there", lambda: False)
    monkeypatch.setattr(blas, "name", lambda: blas.ONEDNN)
    other = key(data=None)
    monkeypatch.setattr(blas, "name", lambda: blas.BLAS)
    arithmetic = {"device": "cpu", "threads": 1, "torch": torch.__version__}
    facts = {"run": RUN.identity(), "work": "tiny.work:work", "data": None, "arithmetic": arithmetic}
    assert key(data=None) == digest(facts) != other
    monkeypatch.setattr(native, "compiler", lambda: "cc 12.2")
    assert key(data=None) == digest(facts | {"arithmetic": arithmetic | {"native": "cc 12.2"}})
    two = arithmetic | {"threads": 2}
    assert key(data=None, threads=2) == digest(facts | {"arithmetic": two}), "several threads do without"


def test_another_work_counts(mine):
    mine.write("work", "def work(given, ctx):\n    return 1\n")
    assert key(package="mine") != key()


@pytest.mark.parametrize(
    "changes",
    [
        {"data": replace(DATA, note="MNIST, differently said")},
        {"run": replace(RUN, arm="another-name")},
        {"run": replace(RUN, stand_in="digits")},
        {"run": replace(RUN, params=dict(reversed(RUN.params.items())))},
        {"run": Run.from_json(RUN.as_json())},
    ],
    ids=str,
)
def test_names_and_words_do_not_count(changes):
    assert key(**changes) == key()


def test_tuples_are_what_they_are_in_json():
    long, plain = (replace(RUN, params={**RUN.params, "drops": d}) for d in (((1, 2),), [[1, 2]]))
    assert key(long) == key(plain) != key()
