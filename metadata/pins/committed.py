"""The committed documents: read by the manifest that fixes their bytes, replaced together, or none of them."""

import os
import re
import signal
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from metadata.errors import PinError, RefusedUpdateError, WriteError
from metadata.kinds import Corpus, Document, parse
from metadata.parse.strict_json import sha256_hex

RECORDS = Path(__file__).parents[1] / "records"
MANIFEST = "MANIFEST.sha256"  # the format of `sha256sum`, so that `sha256sum -c` checks it too
_LINE = re.compile(r"^([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]{0,120})$", re.MULTILINE)
_REPAIR = "restore the files with git; only a deliberate refresh may change them"
_LOCK_S = 10.0  # seconds to wait for another writer


def load(directory: Path = RECORDS) -> Corpus:
    """Return the documents in the manifest's order; `PinError` if a file is missing, changed or not in it."""
    listed = read_manifest(directory)
    present = {p.name for p in directory.iterdir() if not p.name.startswith(".") and p.name != MANIFEST}
    for name in sorted(present ^ set(listed)):
        raise PinError(f"{MANIFEST} and the files in {directory.name} differ", got=name, do=_REPAIR)
    documents = list[Document]()
    for name, expected in listed.items():
        data = (directory / name).read_bytes()
        if (got := sha256_hex(data)) != expected:
            raise PinError(f"SHA-256 of record {name!r}", got=got, expected=expected, do=_REPAIR)
        documents.append(parse(data, name))
    return Corpus(tuple(documents))


def read_manifest(directory: Path = RECORDS) -> dict[str, str]:
    """Return the SHA-256 (64 hex digits) of each listed file name; `PinError` for a manifest of another form."""
    try:
        text = (directory / MANIFEST).read_bytes().decode("ascii")
    except (OSError, ValueError) as e:
        raise PinError(f"cannot read {MANIFEST}: {e}", do=_REPAIR) from None
    listed = {name: digest for digest, name in _LINE.findall(text)}
    if render_manifest(listed) != text.encode("ascii"):
        expected = "lines of 64 hex digits, two spaces, a name; by name, each once"
        raise PinError(f"{MANIFEST}: a line of another form", expected=expected, do=_REPAIR)
    return listed


def render_manifest(hashes: dict[str, str]) -> bytes:
    """Return the manifest for SHA-256 by file name, sorted by name."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode("ascii")


def replace(files: Mapping[Path, bytes], expected: Mapping[Path, bytes | None]) -> None:
    """Write `files` (contents by path): all of them, or none.

    `expected` are contents (None: no such file) on which the new ones rest: if another writer changed one,
    nothing is written. Raises `RefusedUpdateError` then, and `WriteError` if a file cannot be written; Ctrl-C takes
    effect before the first file is replaced; while they are, it is ignored.
    """
    from filelock import FileLock, Timeout

    nothing = "nothing was changed"
    lock = Path(os.path.commonpath([path.parent for path in (*files, *expected)])) / ".lock"
    try:
        with FileLock(lock, timeout=_LOCK_S):
            for path, content in expected.items():
                if content_of(path) != content:
                    what = f"{path.name} was changed by someone else meanwhile"
                    raise RefusedUpdateError(what, do="run it again")
            _swap(files)
    except Timeout:
        do = f"wait for it, and run it again; {nothing}"
        raise WriteError("someone else is writing", do=do) from None
    except OSError as e:
        raise WriteError(f"cannot write: {e.strerror or e}", do=nothing) from None


def content_of(path: Path) -> bytes | None:
    """Return the bytes of the file, None if there is none."""
    return path.read_bytes() if path.exists() else None


def _swap(files: Mapping[Path, bytes]) -> None:
    with ExitStack() as always, ExitStack() as undo:
        new: dict[Path, Path] = {}
        for path, content in files.items():  # a full disk shows here, before anything is replaced
            names = (path.with_name(f".{path.name}.{os.getpid()}.{age}.tmp") for age in ("old", "new"))
            old, new[path] = names
            for temporary in (old, new[path]):
                always.callback(temporary.unlink, missing_ok=True)
            with new[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                os.link(path, old)  # so that going back needs no space
                undo.callback(old.replace, path)
            else:
                undo.callback(path.unlink, missing_ok=True)
        if threading.current_thread() is threading.main_thread():  # no Ctrl-C from here on, which is short
            always.callback(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.SIG_IGN))
        for path, temporary in new.items():
            temporary.replace(path)
        undo.pop_all()
