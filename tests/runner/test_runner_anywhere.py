"""A record is put together from what several machines made, without a device and without training."""

import json
import logging
from dataclasses import replace
from importlib import metadata

import pytest
import torch
from running import kept, steps, trained
from tiny_exhibit import EXHIBIT

from repro import blas, native
from repro import device as devices
from repro.cli import main
from repro.errors import RunError
from repro.exhibits import EXTRA
from repro.record.audit import problems
from repro.runner.anywhere import preferred
from repro.runner.run import Options, run_exhibit, to_do

GPU = {"device": "cuda", "threads": 1, "torch": "2.11.0+cu130", "gpu": "NVIDIA H100", "cuda": "13.0"}
CPU = {"device": "cpu", "threads": 1, "torch": "2.11.0+cpu"}


@pytest.fixture
def on(places, monkeypatch):
    """`on(arithmetic, **options)`: the record of the tiny exhibit, run on a machine of this arithmetic."""

    def run(arithmetic, exhibit=EXHIBIT, profile="quick", **options):
        facts = devices.facts
        with monkeypatch.context() as patch:
            patch.setattr(devices, "arithmetic", lambda device, threads: dict(arithmetic))
            patch.setattr(devices, "facts", lambda device: facts("cpu") | {"device": arithmetic["torch"]})
            return run_exhibit(exhibit, profile, Options("cpu", **options))

    return run


def test_a_record_of_what_two_machines_made(on, places):
    on(GPU, arms=("arm-4", "arm-3"))
    on(CPU, arms=("arm-2",))
    run_exhibit(EXHIBIT, "quick", Options("cpu", arms=("arm-1",)))
    before = len(steps(places / "steps.log"))
    assert to_do(EXHIBIT, "quick", Options("any")) == []
    record = run_exhibit(EXHIBIT, "quick", Options("any"))
    assert len(steps(places / "steps.log")) == before, "nothing was trained"
    assert record.facts["missing"] == [] and problems(EXHIBIT, record) == []
    assert {tuple(m["runs"]) for m in record.facts["environment"]} == {
        ("arm-4/0", "arm-4/1", "arm-3/0", "arm-3/1"),
        ("arm-2/0", "arm-2/1"),
        ("arm-1/0", "arm-1/1"),
    }
    alone = run_exhibit(EXHIBIT, "quick", Options("cpu"))
    assert record.sha256() == alone.sha256(), "the same numbers, wherever they came from"
    assert ["runs" in m for m in alone.facts["environment"]] == [False], "one machine made all of them"


def test_what_nobody_made_is_missing(on, places):
    on(GPU, arms=("arm-4",))
    record = run_exhibit(EXHIBIT, "quick", Options("any"))
    assert {m["why"] for m in record.facts["missing"]} == {"not run yet"}
    assert len(record.facts["missing"]) == 6 and trained(places) == {"arm-4/0", "arm-4/1"}


def test_of_two_machines_the_rule_decides(on, places, caplog):
    on(CPU, arms=("arm-4",))
    on(GPU, arms=("arm-4", "arm-3"))
    with caplog.at_level(logging.WARNING):
        record = run_exhibit(EXHIBIT, "quick", Options("any"))
    assert [m["device"] for m in record.facts["environment"]] == [GPU["torch"]]
    assert "2 runs are there from several machines; CUDA goes before CPU" in caplog.text


def test_the_order_of_machines_is_theirs_alone():
    other = {**GPU, "gpu": "NVIDIA H200"}
    expected = [GPU, other, CPU, {**CPU, "torch": "2.13.0+cpu"}]
    assert preferred(expected[::-1]) == preferred([*expected, GPU]) == expected


def test_joint_measurements_are_never_mixed(on, places):
    joint = replace(EXHIBIT, jointly=True)
    on(GPU, joint)
    on(CPU, joint)
    for path, result in kept(places).items():  # the GPU's set has lost one
        if result["arithmetic"] == GPU:
            path.unlink()
            break
    record = run_exhibit(joint, "quick", Options("any"))
    assert [m["device"] for m in record.facts["environment"]] == [CPU["torch"]]


def test_results_of_other_code_are_named(on, places, monkeypatch):
    on(GPU, arms=("arm-4",))
    monkeypatch.setattr("repro.runner.run.code_of", lambda package: "f" * 64)
    with pytest.raises(RunError, match=r"only by other code \(2 runs\); `repro merge FILES`"):
        run_exhibit(EXHIBIT, "quick", Options("any"))
    with pytest.raises(RunError, match="none; `repro merge"):
        run_exhibit(EXHIBIT, "cpu", Options("any", runs_dir=str(places / "elsewhere")))


def test_results_from_before_they_named_their_arithmetic_are_found(places):
    run_exhibit(EXHIBIT, "quick", Options("cpu"))
    for path in (places / "runs" / "arithmetic").iterdir():
        path.unlink()
    assert run_exhibit(EXHIBIT, "quick", Options("any")).facts["missing"] == []


def test_the_command_needs_no_device(on, places, monkeypatch, capsys):
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    on(GPU)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    arguments = ["run", "meprop/tiny", "--profile", "quick", "--device", "any", "--out", str(places / "o")]
    assert main(arguments) == 0
    assert "nothing is trained" in capsys.readouterr().err
    facts = json.loads((places / "o/meprop/tiny/quick.json").read_text())
    assert facts["missing"] == [] and facts["environment"][0]["device"] == GPU["torch"]


@pytest.fixture
def cuda(monkeypatch):
    """A machine with a GPU, as torch describes it."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices, "_driver", lambda: "580.1")


def test_a_gpu_is_part_of_the_key_and_its_driver_is_not(cuda, monkeypatch):
    before = devices.arithmetic("cuda", 1)
    assert before["gpu"] == "NVIDIA H100" and before["cuda"] == "13.0"
    assert devices.facts("cuda")["driver"] == "580.1" and "580.1" not in str(before)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200")
    assert devices.arithmetic("cuda", 1) != before
    before = devices.arithmetic("cuda", 1)
    monkeypatch.setattr(metadata, "version", lambda name: {"triton": "3.6.0"}[name])
    assert devices.arithmetic("cuda", 1) == {**before, "triton": "3.6.0"} != before
    assert devices.facts("cuda")["triton"] == "3.6.0"
    monkeypatch.setattr(blas, "name", lambda: blas.BLAS)
    monkeypatch.setattr(native, "there", lambda: False)
    assert set(devices.arithmetic("cpu", 1)) == {"device", "threads", "torch"}, "a CPU's key is as it was"


def test_the_key_says_of_tf32_what_is_really_set(cuda, monkeypatch):
    """`prepare` sets it; the key is asked for earlier."""
    matmul, cudnn = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    try:
        torch.backends.cudnn.allow_tf32 = True
        early = devices.arithmetic("cuda", 1)
        devices.prepare("cuda")
        facts = devices.facts("cuda")
        assert early["tf32"] == devices.arithmetic("cuda", 1)["tf32"] == facts["tf32"]
        assert facts["capability"] == "9.0" and facts["flush_denormal"] is False
        assert devices.facts("cpu")["flush_denormal"] is True and "tf32" not in devices.facts("cpu")
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = matmul, cudnn


def test_a_driver_is_read_or_unknown(monkeypatch, tmp_path):
    devices._driver.cache_clear()
    text = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build\n"
    monkeypatch.setattr(devices.Path, "read_text", lambda self: text)
    assert devices._driver() == "580.82.07"
    devices._driver.cache_clear()
    monkeypatch.setattr(devices.Path, "read_text", lambda self: (_ for _ in ()).throw(FileNotFoundError()))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices._driver() is None
    devices._driver.cache_clear()


def test_notes_of_an_arithmetic_that_are_none_of_ours_are_passed_over(on, places):
    on(GPU)
    folder = places / "runs" / "arithmetic"
    (folder / "0123456789abcdef.json").write_text('{"device": "cuda"}')
    (folder / "half.json").write_text("{")
    assert run_exhibit(EXHIBIT, "quick", Options("any")).facts["missing"] == []
