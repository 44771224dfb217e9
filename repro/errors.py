"""Errors that a user can act on: each message says what was got, what was expected and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ReproError(Exception):
    """Base of every error that the command line prints as one sentence, without a traceback.

    `exit_code` is what the `repro` command returns: 2 for unusable input, 1 for a failed check.
    """

    exit_code = 2


class UnknownNameError(ReproError):
    """An exhibit, profile, parameter, arm, data set or device that does not exist."""

    def __init__(self, kind: str, got: object, known: Iterable[object]):
        names = [str(k) for k in known]
        near = difflib.get_close_matches(str(got), names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        shown = ", ".join(names[:40]) or "none"
        super().__init__(f"unknown {kind} {got!r}: {hint}known: {shown}")


class BadValueError(ReproError):
    """A value of the wrong type or out of range."""


class ExhibitError(ReproError):
    """An exhibit whose modules do not import; the message names them."""


class DataError(ReproError):
    """A data file that is missing, corrupt, truncated or not the published one."""


class RunError(ReproError):
    """A group of runs that failed; the message names it."""

    exit_code = 1


class NothingMissingError(ReproError):
    """Only what is missing was asked for, and nothing is: no failure."""

    exit_code = 0


class RecordError(ReproError):
    """A record that is broken: schema, checksum, non-finite values."""

    exit_code = 1


class StaleRecordError(RecordError):
    """A record made from another spec than the present one."""


class DirtyTreeError(ReproError):
    """Recording was asked for while the working tree has uncommitted changes."""


class OutOfTimeError(ReproError):
    """The time that was given is up; what there is is kept, and the same command goes on from there."""

    exit_code = 1


EXTRAS = {
    **dict.fromkeys(("torch", "sklearn", "mlxtend"), "[train]"),
    **dict.fromkeys(
        ("IPython", "ipykernel", "papermill", "nbformat", "nbconvert", "nbclient"), "[notebooks]"
    ),
    **dict.fromkeys(("jinja2", "pygments", "latex2mathml"), "[notebooks]"),
}
"""Package → the extra that brings it; what is not here comes with the package itself."""


def lacking(e: BaseException) -> str:
    """What to say where a package that training does without is absent, as on a GPU machine; else nothing."""
    package = (e.name or "").partition(".")[0] if isinstance(e, ModuleNotFoundError) else ""
    if package in ("", "repro", "metadata"):  # a defect of ours
        return ""
    extra = EXTRAS.get(package)
    told = (
        f"this package's extra {extra} brings it (in a clone: `pip install -e '.{extra}'`)" if extra else ""
    )
    told = told or "`pip install -e .` brings it"
    return f"{package} is not installed here: {told}, or do this on a machine that has it"


def first_line(e: BaseException) -> str:
    """An error's type and first line: torch's go on for pages, which the traceback's file has."""
    return f"{type(e).__name__}: {(str(e).splitlines() or [''])[0]}"
