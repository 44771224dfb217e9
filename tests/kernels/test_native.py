"""Kernels in C: when there are any, where they are kept, what says so."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from repro import device, native
from repro.errors import BadValueError
from repro.kernels import cpu

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    """Each test finds out for itself."""
    native.library.cache_clear()
    yield
    native.library.cache_clear()


def needs_a_compiler() -> None:
    if native._compiler() is None:
        pytest.skip("no C compiler")


def test_they_are_compiled_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_a_compiler()
    monkeypatch.delenv("REPRO_NATIVE", raising=False)
    monkeypatch.setattr(native.paths, "native_dir", lambda: tmp_path / "new" / "folder")
    assert native.there()
    (made,) = (tmp_path / "new" / "folder").iterdir()
    assert made.suffix == ".so"
    monkeypatch.setattr(native, "_compile", lambda *_: pytest.fail("it is there"))
    native.library.cache_clear()
    assert native.there()


def test_another_source_or_processor_is_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_a_compiler()
    compiler = native._compiler()
    assert compiler is not None
    before = native._digest(compiler)
    assert native._digest(compiler) == before
    found = {before}
    for name, other in (
        ("_processor", lambda: "another"), ("_sources", lambda: [ROOT / "README.md"]),
        ("_version", lambda _: "another"), ("FOR_THIS", (("-O1",),)), ("FLAGS", ("-shared",)),
    ):  # fmt: skip
        monkeypatch.setattr(native, name, other)
        found.add(native._digest(compiler))
    assert len(found) == 6


@pytest.mark.parametrize("how", ["no compiler", "one that fails", "not wanted"])
def test_without_them_nothing_is_missing(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native.paths, "native_dir", lambda: tmp_path)
    monkeypatch.setenv("REPRO_NATIVE", "0" if how == "not wanted" else "")
    monkeypatch.setenv("CC", {"no compiler": "there-is-no-such", "one that fails": "false"}.get(how, ""))
    assert not native.there() and "native" not in device.arithmetic("cpu", 1)
    assert device.facts("cpu")["native"] is None
    assert not list(tmp_path.iterdir())
    if how != "not wanted":
        monkeypatch.setenv("REPRO_NATIVE", "1")
        native.library.cache_clear()
        with pytest.raises(BadValueError, match="REPRO_NATIVE=1, but the kernels in C cannot be compiled: "):
            native.there()


def test_where_nothing_may_be_written_they_are_made_for_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_a_compiler()
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("REPRO_NATIVE", raising=False)
    monkeypatch.setattr(native.paths, "native_dir", lambda: tmp_path / "file" / "below")
    assert native.there()


def test_a_library_that_is_broken_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a disk that was full: what cannot be loaded is compiled for this process."""
    needs_a_compiler()
    compiler = native._compiler()
    assert compiler is not None
    monkeypatch.delenv("REPRO_NATIVE", raising=False)
    monkeypatch.setattr(native.paths, "native_dir", lambda: tmp_path)
    (tmp_path / f"kernels-{native._digest(compiler)}.so").write_bytes(b"half")
    assert native.there()


def test_what_is_asked_is_one_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_NATIVE", "yes")
    with pytest.raises(BadValueError, match="REPRO_NATIVE is 'yes'; expected 0, 1 or nothing"):
        native.there()


def test_they_are_part_of_what_results_are_kept_under(in_c: None) -> None:
    assert device.arithmetic("cpu", 1)["native"] == device.facts("cpu")["native"] == native.compiler()
    assert "." in str(native.compiler()), "the compiler and its version"
    assert "native" not in device.arithmetic("cpu", 2)


def test_which_tensors_suit(in_c: None) -> None:
    x = torch.zeros(3, 4)
    assert cpu.suits(x, torch.float32) and cpu.suits(x[:, :2], torch.float32)
    assert not cpu.suits(x.T, torch.float32) and not cpu.suits(x.double(), torch.float32)
    assert not cpu.suits(torch.nn.Parameter(x), torch.float32), "a subclass may stand for anything"
    torch.set_num_threads(2)
    assert not cpu.suits(x, torch.float32), "two threads share PyTorch's operators"


def test_two_processes_at_once_share_a_folder(tmp_path: Path) -> None:
    needs_a_compiler()
    code = f"""
from pathlib import Path
from repro import native, paths
paths.native_dir = lambda: Path({str(tmp_path)!r})
assert native.there()
"""
    environment = {k: v for k, v in os.environ.items() if k != "REPRO_NATIVE"} | {"PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [p.wait(timeout=120) for p in both] == [0, 0]
    (made,) = tmp_path.iterdir()
    assert made.suffix == ".so"
