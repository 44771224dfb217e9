"""What notebooks call: open an exhibit, get its record, show the answer, the picture, numbers, claims, provenance."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from repro import exhibits
from repro.errors import ReproError
from repro.notebook.agree import agree
from repro.notebook.display import MISSING, Code, Number, Text
from repro.notebook.given import history, parameters
from repro.notebook.shown import OPEN, Shown
from repro.notebook.source import source_of

__all__ = ["Nothing", "Shown", "agree", "code", "open", "recorded", "say"]


def open(exhibit_id: str, namespace: Mapping[str, Any] | None = None, /, **given: Any) -> Shown:
    """An exhibit with the parameters of a notebook's `namespace` (globals()), or those given by name; all checked.

    Those of every notebook are source, profile, device, seeds, data, out and workers; the exhibit's own
    hyper-parameters follow by their names. `UnknownNameError` for any other.
    """
    exhibit = exhibits.get(exhibit_id)
    if namespace is not None:
        given = {**parameters(exhibit, namespace, history()), **given}
    return Shown(exhibit, given)


def recorded(exhibit_id: str, profile: str | None = None) -> Shown | Nothing:
    """The exhibit's committed record at a profile (None: the best), whatever a notebook's parameters are.

    Says so if there is none.
    """
    try:
        shown = Shown(exhibits.get(exhibit_id), {"profile": profile})
        shown.record()
    except ReproError as e:
        return Nothing(str(e))
    return shown


class Nothing:
    """What stands for a committed record where there is none."""

    def __init__(self, why: str):
        self.why = why

    def in_short(self) -> Text:
        """Why there is none."""
        return Text(f"No committed record to speak of: {self.why}")

    def mean(self, *_: object, **__: object) -> Number:
        """No number."""
        return Number(math.nan)

    @property
    def steps(self) -> str:
        """No steps."""
        return MISSING

    def gain(self, arm: str, other: str, metric: str) -> str:
        """No difference."""
        return MISSING

    def ahead(self, arm: str, other: str, metric: str) -> None:
        """Nor who is ahead."""

    def either(self, claim: str, yes: str, no: str, undecided: str = OPEN) -> str:
        """Nothing is decided."""
        return undecided

    def figure(self) -> Text:
        """No picture either."""
        return Text("No picture: see *What happened* for one of a run of your own.")


def code(path: str) -> Code:
    """The source of "module:object" as it stands in this repository."""
    return source_of(path)


def say(text: str, *needs: object) -> Text | None:
    """A paragraph of Markdown without its line breaks: for an f-string that quotes a record's numbers.

    A number that the record lacks reads "–"; nothing at all where none of those that it `needs` is there.
    """
    if needs and all(f"{number}" == MISSING for number in needs):
        return None
    return Text(re.sub(r"\bnan\b", MISSING, " ".join(textwrap.dedent(text).split())))


def _in_one_line(error: ReproError) -> list[str]:
    """What a notebook shows of an error of ours: the message. Twenty frames above it would help nobody."""
    return [f"{type(error).__name__}: {error}"]


# here rather than in `repro.errors`, which claims reach: their digests must not hang on what a notebook looks like
ReproError._render_traceback_ = _in_one_line  # type: ignore[attr-defined]
