"""The working tree: which commit it is at, and what in it is not committed.

A copy of the files on another machine, where there is no git, carries a stamp: the commit, whether files had changed,
and a digest of the code, so that a copy that was edited on its way is known.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repro.errors import DirtyTreeError
from repro.files import write_text
from repro.paths import root, stamp_file

UNKNOWN = "unknown"
"""What stands for a commit that nothing tells."""
STAMP = ".stamp"
"""The stamp, at the top of the tree. Git ignores it, so whoever copies the tree names it."""
CODE = ("repro", "metadata")
CODE_SUFFIXES = (".py", ".cpp", ".cc", ".cxx", ".c", ".cu", ".h", ".hpp", ".cuh")

_ELSEWHERE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
)
"""What git sets for its hooks: it would make a commit of another repository ours."""
APART = (":(exclude)results", ":(exclude)notebooks")
"""Records do not count as changes: else only one could be made between two commits. Notebooks decide no number, and
who reads one in JupyterLab has changed its file.
"""


def git_state() -> tuple[str, bool]:
    """(commit, dirty) of the working tree.

    Without git, or where git has an older commit than the files that were copied over it, they are those of
    `REPRO_COMMIT` ("commit:digest of the code") or of the stamp, dirty where the code has another digest; ("unknown",
    True) where nothing tells.
    """
    known = _by_git()
    if known and not known[1]:
        return known
    said = _said()
    if not isinstance(said.get("commit"), str) or not said["commit"]:
        return known or (UNKNOWN, True)
    changed = said.get("dirty") is not False or said.get("files") != code_digest()
    return known if known and changed else (said["commit"], changed)


def _by_git() -> tuple[str, bool] | None:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return _git("rev-parse", "HEAD").strip(), bool(changes())
    return None


def _said() -> dict[str, Any]:
    """What the environment or the stamp says; nothing if it cannot be read: a record must not be lost to that."""
    told = os.environ.get("REPRO_COMMIT")
    if told:
        commit, _, files = told.partition(":")
        return {"commit": commit, "dirty": False, "files": files}
    with contextlib.suppress(OSError, ValueError):
        read = json.loads(stamp_file(STAMP).read_text(encoding="utf-8"))
        return read if isinstance(read, dict) else {}
    return {}


def write_stamp() -> tuple[Path, dict[str, Any]]:
    """Write the stamp of this checkout; returns its place and what it says. `DirtyTreeError` outside a checkout."""
    made = stamp()
    if not made:
        raise DirtyTreeError(f"{root()} is not a git checkout: make the stamp where the commit is known")
    write_text(root() / STAMP, json.dumps(made, indent=1) + "\n")
    return root() / STAMP, made


def stamp() -> dict[str, Any]:
    """What a stamp of this checkout says; empty where git knows none."""
    known = _by_git()
    return {"commit": known[0], "dirty": known[1], "files": code_digest()} if known else {}


def code_digest() -> str:
    """SHA-256 over names and bytes of all sources of the two packages."""
    sums = []
    for path in sorted(p for part in CODE for p in (root() / part).rglob("*")):
        if path.suffix in CODE_SUFFIXES and path.is_file():
            data = hashlib.sha256(path.read_bytes()).hexdigest()
            sums.append(f"{path.relative_to(root()).as_posix()} {data}")
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()


def changes() -> list[str]:
    """Files outside `results/` and `notebooks/` that are new, changed or deleted since the last commit."""
    return [line[3:] for line in _git("status", "--porcelain", "--", ".", *APART).splitlines()]


def refuse_dirty_tree() -> None:
    """`DirtyTreeError` if anything is uncommitted: a committed record must name the code that made it."""
    try:
        changed = changes()
    except (OSError, subprocess.SubprocessError):
        raise DirtyTreeError("this is not a git checkout, so a record could not name its code") from None
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise DirtyTreeError(
            f"the working tree has uncommitted changes ({', '.join(changed[:3])}{more}): commit or discard "
            "them first, so that the record can name the code that made it"
        )


def refuse_unknown_to_git(files: Sequence[Path]) -> None:
    """`DirtyTreeError` if one of `files`, of which something is to be left out, is not as the last commit has it."""
    names = [
        p.relative_to(root()).as_posix() for p in (f.with_suffix(s) for f in files for s in (".json", ".csv"))
    ]
    changed = _git("status", "--porcelain", "--", *names).splitlines() if names else []
    if changed:
        raise DirtyTreeError(
            f"{changed[0][3:]} is not as the last commit has it, and rows would be left out of it, which nobody else "
            "has: git add and git commit it first"
        )


def _git(*arguments: str) -> str:
    """What git says of this checkout, and of no other: none around it, none that GIT_DIR names."""
    if not (root() / ".git").exists():
        raise FileNotFoundError(root() / ".git")
    own = {k: v for k, v in os.environ.items() if k not in _ELSEWHERE}
    command = ["git", *arguments]
    done = subprocess.run(
        command, cwd=root(), env=own, capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout
