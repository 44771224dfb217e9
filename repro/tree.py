"""The working tree: which commit it is at, and what in it is not committed."""

from __future__ import annotations

import subprocess

from repro.errors import DirtyTreeError
from repro.paths import root

RESULTS = ":(exclude)results"
"""Records themselves do not count as changes: else only one could be made between two commits."""


def git_state() -> tuple[str, bool]:
    """(commit, dirty) of the working tree; ("unknown", True) outside a git checkout."""
    try:
        return _git("rev-parse", "HEAD").strip(), bool(changes())
    except (OSError, subprocess.SubprocessError):
        return "unknown", True


def changes() -> list[str]:
    """Files outside `results/` that are new, changed or deleted since the last commit."""
    return [line[3:] for line in _git("status", "--porcelain", "--", ".", RESULTS).splitlines()]


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


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root(), capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout
