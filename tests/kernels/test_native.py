"""Kernels in C: when there are any, where they are kept, what says so."""

from __future__ import annotations

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
    native.loaded.cache_clear()
    yield
    native.loaded.cache_clear()


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
    native.loaded.cache_clear()
    assert native.there()


def test_another_source_or_processor_is_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_a_compiler()
    compiler = native._compiler()
    assert compiler is not None
    before = native._digest(compiler, "cc 12")
    assert native._digest(compiler, "cc 12") == before
    found = {before, native._digest(compiler, "cc 13"), native._digest([*compiler, "-O1"], "cc 12")}
    changes: dict[str, object] = {
        "_processor": lambda: "another",
        "_sources": lambda: [ROOT / "README.md"],
        "FOR_THIS": (("-O1",),),
        "FLAGS": ("-shared",),
    }
    for name, other in changes.items():
        monkeypatch.setattr(native, name, other)
        found.add(native._digest(compiler, "cc 12"))
    assert len(found) == 7


HOW = {
    "no compiler": "there-is-no-such",
    "one that fails": "false",
    "half a quotation": "cc '",
    "not wanted": "",
}


@pytest.mark.parametrize("how", HOW)
def test_without_them_nothing_is_missing(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native.paths, "native_dir", lambda: tmp_path)
    monkeypatch.setenv("REPRO_NATIVE", "0" if how == "not wanted" else "")
    monkeypatch.setenv("CC", HOW[how])
    assert not native.there() and "native" not in device.arithmetic("cpu", 1)
    assert device.facts("cpu")["native"] is None
    assert not list(tmp_path.iterdir())
    if how != "not wanted":
        monkeypatch.setenv("REPRO_NATIVE", "1")
        native.loaded.cache_clear()
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
    version = native._said([*compiler, "--version"])
    (tmp_path / f"kernels-{native._digest(compiler, version)}.so").write_bytes(b"half")
    assert native.there()


def test_what_is_asked_is_one_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_NATIVE", "yes")
    with pytest.raises(BadValueError, match="REPRO_NATIVE is 'yes'; expected 0, 1 or nothing"):
        native.there()


def test_they_are_part_of_what_results_are_kept_under(in_c: None) -> None:
    assert device.arithmetic("cpu", 1)["native"] == device.facts("cpu")["native"] == native.compiler()
    assert "." in str(native.compiler()), "the compiler and its version"
    assert "native" not in device.arithmetic("cpu", 2)


def test_the_key_names_what_the_kernels_were_made_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the program's name, which one compiler has as another, but the flags that it was given; once a process."""
    needs_a_compiler()
    monkeypatch.setattr(native.paths, "native_dir", lambda: tmp_path)
    monkeypatch.delenv("REPRO_NATIVE", raising=False)
    compiler = native._compiler()
    assert compiler is not None
    before = device.arithmetic("cpu", 1)["native"]
    monkeypatch.setenv("CC", "false")
    assert device.arithmetic("cpu", 1)["native"] == before, "those that are loaded"
    (tmp_path / "another-name").symlink_to(compiler[0])
    for cc, by in ((f"{tmp_path}/another-name", before), (f"{compiler[0]} -O1", f"{before} -O1")):
        native.loaded.cache_clear()
        monkeypatch.setenv("CC", cc)
        assert device.arithmetic("cpu", 1)["native"] == by


def test_fast_arithmetic_is_not_taken_from_cc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would hide what is no number."""
    needs_a_compiler()
    commands: list[list[str]] = []
    said = native._said
    monkeypatch.setattr(native, "_said", lambda c: (commands.append(c), said(c))[1])
    monkeypatch.setattr(native.paths, "native_dir", lambda: tmp_path)
    monkeypatch.delenv("REPRO_NATIVE", raising=False)
    monkeypatch.setenv("CC", "cc -ffast-math")
    assert native.there()
    assert commands[-1].index("-fno-fast-math") > commands[-1].index("-ffast-math")


def test_which_tensors_suit(in_c: None) -> None:
    x = torch.zeros(3, 4)
    assert cpu.suits(x, torch.float32) and cpu.suits(x[:, :2], torch.float32)
    assert not cpu.suits(x.T, torch.float32) and not cpu.suits(x.double(), torch.float32)
    assert not cpu.suits(torch.nn.Parameter(x), torch.float32), "a subclass may stand for anything"
    torch.set_num_threads(2)
    assert not cpu.suits(x, torch.float32), "two threads share PyTorch's operators"


def test_a_library_is_whole_when_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may look for it at any time: under its name it is never half there, whatever fails."""
    needs_a_compiler()
    compiler, made = native._compiler(), tmp_path / "kernels.so"
    assert compiler is not None
    seen: list[bool] = []
    said = native._said

    def noted(command: list[str]) -> str:
        seen.append(made.exists())
        text = said(command)
        seen.append(made.exists())
        return text

    monkeypatch.setattr(native, "_said", noted)
    native._compile(compiler, made)
    assert made.is_file() and seen and not any(seen)
    made.unlink()
    with pytest.raises(OSError):
        native._compile(["there-is-no-such"], made)
    assert not list(tmp_path.iterdir())
