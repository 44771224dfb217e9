"""Kernels of ours for a CPU, in C (`repro/kernels/*.c`): compiled on this machine when first asked for.

PyTorch has an operator for each pass over memory; what these do in one pass, or row by row, it cannot. They need a C
compiler (`CC`, else cc, gcc or clang); without one every caller takes its plain twin, somewhat slower. Results differ
in the last digits, so whether they are there is part of what results are kept under. One thread computes: with
several, PyTorch's own operators share the work. REPRO_NATIVE=0 leaves them alone, 1 makes it an error if they cannot
be compiled.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from repro import paths
from repro.errors import BadValueError

SOURCES = Path(__file__).with_name("kernels")
FLAGS = ("-O3", "-std=gnu11", "-fno-fast-math", "-fno-math-errno", "-fPIC", "-shared")
FOR_THIS = (("-march=native", "-mprefer-vector-width=512"), ("-march=native",), ("-mcpu=native",), ())
"""Flags for this very processor: the first that the compiler accepts."""
KINDS = {"p": ctypes.c_void_p, "n": ctypes.c_long, "f": ctypes.c_float}
LONGEST = 120
"""Seconds that a compiler may take."""


@dataclass(frozen=True)
class Made:
    """The compiled kernels, and by what: the compiler's version as it says it, with the flags that `CC` adds."""

    kernels: ctypes.CDLL
    by: str


def there() -> bool:
    """Whether the kernels can be used, which the first call of a process finds out. `BadValueError`: REPRO_NATIVE."""
    return loaded() is not None


def compiler() -> str | None:
    """What the kernels that are used were compiled by; None where none are."""
    made = loaded() if there() else None
    return made.by if made else None


@cache
def loaded() -> Made | None:
    """The kernels, None where they are not wanted or there is no compiler that makes them."""
    asked = os.environ.get("REPRO_NATIVE", "")
    if asked not in ("", "0", "1"):
        raise BadValueError(f"REPRO_NATIVE is {asked!r}; expected 0, 1 or nothing")
    if asked == "0" or os.name != "posix":
        return None
    made = _made()
    if isinstance(made, Made):
        return made
    if asked == "1":
        raise BadValueError(f"REPRO_NATIVE=1, but the kernels in C cannot be compiled: {made}")
    return None


@cache
def function(name: str, kinds: str) -> Callable[..., None]:
    """A kernel by name; `kinds`: a letter an argument, p pointer, n whole number, f float32. It lets threads run."""
    own = loaded()
    assert own is not None, "ask `there` first"
    made: Callable[..., None] = getattr(own.kernels, name)
    made.argtypes, made.restype = [KINDS[k] for k in kinds], None  # type: ignore[attr-defined]
    return made


def _made() -> Made | str:
    """The kernels, from where they are kept or compiled now; or why not, whatever `CC` and what it names are."""
    why = "no C compiler was found (CC, cc, gcc, clang)"
    try:
        compiler = _compiler()
        if compiler is None:
            return why
        version = _said([*compiler, "--version"])
        by = " ".join([*version.partition("\n")[0].split()[1:], *compiler[1:]])
        for folder in _folders():
            try:
                made = folder / f"kernels-{_digest(compiler, version)}.so"
                if not made.is_file():
                    _compile(compiler, made)
                return Made(ctypes.CDLL(str(made)), by)
            except OSError as error:  # nothing may be written there, or what lies there is broken
                why = str(error)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        why = str(getattr(error, "stderr", "") or error).strip()
    return why


def _compiler() -> list[str] | None:
    asked = shlex.split(os.environ.get("CC", ""))
    found = next((p for p in map(shutil.which, asked[:1] or ("cc", "gcc", "clang")) if p), None)
    return None if found is None else [found, *asked[1:]]


def _said(command: list[str]) -> str:
    """What a command says. `CalledProcessError` if it fails."""
    run = partial(subprocess.run, capture_output=True, text=True, encoding="utf-8", errors="replace")
    return str(run(command, check=True, timeout=LONGEST).stdout)


def _folders() -> Iterator[Path]:
    """Where a compiled library is kept; where nothing may be written, one of this process alone."""
    yield paths.native_dir()
    alone = tempfile.mkdtemp(prefix="repro-native-")
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    yield Path(alone)


def _digest(compiler: list[str], version: str) -> str:
    """Of all that decides the machine code: sources, compiler, flags, processor."""
    parts = [*compiler, version, *FLAGS, *map(str, FOR_THIS), platform.machine(), _processor()]
    return hashlib.sha256("\0".join([*parts, *(p.read_text() for p in _sources())]).encode()).hexdigest()[:16]


def _sources() -> list[Path]:
    return sorted([*SOURCES.glob("*.c"), *SOURCES.glob("*.h")])


def _processor() -> str:
    """What the processor can do: a folder may be shared by unlike machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _compile(compiler: list[str], made: Path) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=made.parent, suffix=".tmp")
    os.close(handle)
    files = [str(p) for p in _sources() if p.suffix == ".c"]
    try:
        for own in FOR_THIS:
            try:
                _said([*compiler, *FLAGS, *own, "-o", name, *files, "-lm"])
                break
            except subprocess.CalledProcessError:
                if own == FOR_THIS[-1]:
                    raise
        os.chmod(name, 0o755)
        os.replace(name, made)  # whole or not at all: another process may be looking for it
    finally:
        Path(name).unlink(missing_ok=True)
