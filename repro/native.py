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
from functools import cache
from pathlib import Path

from repro import paths
from repro.errors import BadValueError

SOURCES = Path(__file__).with_name("kernels")
FLAGS = ("-O3", "-std=gnu11", "-fno-math-errno", "-fPIC", "-shared")
FOR_THIS = (("-march=native", "-mprefer-vector-width=512"), ("-march=native",), ("-mcpu=native",), ())
"""Flags for this very processor: the first that the compiler accepts."""
KINDS = {"p": ctypes.c_void_p, "n": ctypes.c_long, "f": ctypes.c_float}
LONGEST = 120
"""Seconds that a compiler may take."""


def there() -> bool:
    """Whether the kernels can be used, which the first call of a process finds out. `BadValueError`: REPRO_NATIVE."""
    return library() is not None


@cache
def library() -> ctypes.CDLL | None:
    """The compiled kernels, None where they are not wanted or there is no compiler that makes them."""
    asked = os.environ.get("REPRO_NATIVE", "")
    if asked not in ("", "0", "1"):
        raise BadValueError(f"REPRO_NATIVE is {asked!r}; expected 0, 1 or nothing")
    if asked == "0" or os.name != "posix":
        return None
    made, why = _made()
    if made is None and asked == "1":
        raise BadValueError(f"REPRO_NATIVE=1, but the kernels in C cannot be compiled: {why}")
    return made


@cache
def function(name: str, kinds: str) -> Callable[..., None]:
    """A kernel by name; `kinds`: a letter an argument, p pointer, n whole number, f float32. It lets threads run."""
    loaded = library()
    assert loaded is not None, "ask `there` first"
    made: Callable[..., None] = getattr(loaded, name)
    made.argtypes, made.restype = [KINDS[k] for k in kinds], None  # type: ignore[attr-defined]
    return made


def _made() -> tuple[ctypes.CDLL | None, str]:
    """The library, from where it is kept or compiled now; or why not."""
    compiler = _compiler()
    if compiler is None:
        return None, "no C compiler was found (CC, cc, gcc, clang)"
    why = ""
    for folder in _folders():
        try:
            made = folder / f"kernels-{_digest(compiler)}.so"
            if not made.is_file():
                _compile(compiler, made)
            return ctypes.CDLL(str(made)), ""
        except (OSError, subprocess.SubprocessError) as error:
            why = str(getattr(error, "stderr", "") or error).strip()
    return None, why


def _compiler() -> list[str] | None:
    asked = shlex.split(os.environ.get("CC", ""))
    found = next((p for p in map(shutil.which, asked[:1] or ("cc", "gcc", "clang")) if p), None)
    return None if found is None else [found, *asked[1:]]


def _folders() -> Iterator[Path]:
    """Where a compiled library is kept; where nothing may be written, one of this process alone."""
    yield paths.native_dir()
    alone = tempfile.mkdtemp(prefix="repro-native-")
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    yield Path(alone)


def compiler() -> str | None:
    """The first line of what the compiler says of its version, where kernels in C are used."""
    found = _compiler() if there() else None
    return _version(tuple(found)).splitlines()[0] if found else None


@cache
def _version(compiler: tuple[str, ...]) -> str:
    asked = [*compiler, "--version"]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=LONGEST).stdout


def _digest(compiler: list[str]) -> str:
    """Of all that decides the machine code: sources, compiler, flags, processor."""
    parts = [
        *compiler,
        _version(tuple(compiler)),
        *FLAGS,
        *map(str, FOR_THIS),
        platform.machine(),
        _processor(),
    ]
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
            command = [*compiler, *FLAGS, *own, "-o", name, *files, "-lm"]
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LONGEST)
            if not done.returncode:
                break
        done.check_returncode()
        os.chmod(name, 0o755)
        os.replace(name, made)  # whole or not at all: another process may be looking for it
    finally:
        Path(name).unlink(missing_ok=True)
