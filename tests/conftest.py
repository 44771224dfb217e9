"""What all tests share: the command line in a process of its own, folders, arithmetic as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HELPERS = ROOT / "tests" / "helpers"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported: one thread, as in training


@pytest.fixture(autouse=True)
def denormals_as_before():
    """Training flushes denormals in its process; the tests that follow want IEEE arithmetic again, on one thread."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_flush_denormal"):
        torch.set_flush_denormal(False)
        torch.set_num_threads(1)


@pytest.fixture
def in_c():
    """Kernels in C are used, as in training on one thread; skipped where there is no compiler."""
    import torch

    from repro import native

    if not native.there():
        pytest.skip("no C compiler, or REPRO_NATIVE=0")
    assert torch.get_num_threads() == 1


@pytest.fixture
def not_in_c(monkeypatch):
    """No kernel in C is used."""
    from repro import native

    monkeypatch.setattr(native, "there", lambda: False)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Folders of the test's own for records, runs and data; no network."""
    for name in ("RESULTS", "RUNS", "DATA"):
        (tmp_path / name.lower()).mkdir()
        monkeypatch.setenv(f"REPRO_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("REPRO_OFFLINE", "1")
    monkeypatch.setenv("TINY_LOG", str(tmp_path / "steps.log"))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{HELPERS}")
    return tmp_path


@pytest.fixture(scope="session")
def record(tmp_path_factory):
    """The record of the tiny exhibit at `quick`, really run."""
    from tiny_exhibit import EXHIBIT

    from repro.runner.run import Options, run_exhibit

    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINY_LOG", str(folder / "steps.log"))
        return run_exhibit(EXHIBIT, "quick", Options(runs_dir=str(folder)))


@pytest.fixture
def cli(places):
    """`cli("run", "meprop/tiny", …)` → the finished process; `start=True` → the running one."""

    def call(*arguments, start=False, **options):
        command = [sys.executable, str(HELPERS / "tiny_cli.py"), *map(str, arguments)]
        options = {
            "cwd": places,
            "text": True,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        } | options
        if start:
            return subprocess.Popen(command, **options)
        return subprocess.run(command, timeout=300, check=False, **options)

    return call
