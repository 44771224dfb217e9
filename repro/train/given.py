"""What a work is handed: the runs of a group, whose settings and parameters note that they were read.

A value that nobody reads would be ignored in silence: the run would train as another and keep its name. So the
loop asks `refuse_unread` before the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from repro.errors import BadValueError
from repro.record.run import Run, canonical


class Given:
    """The runs that train together, in the order of the run axis."""

    def __init__(self, runs: Sequence[Run]):
        self.runs = tuple(runs)
        self.seeds = [r.seed for r in runs]
        self._read: set[tuple[str, str]] = set()

    def setting(self, name: str, default: Any = ...) -> Any:
        """The setting that all runs share, or `default`; `BadValueError` if they differ in it or lack it."""
        return self._one("setting", name, self.settings(name, default))

    def settings(self, name: str, default: Any = ...) -> list[Any]:
        """A setting of each run; `BadValueError` if one lacks it and there is no default."""
        return self._each("setting", name, default)

    def param(self, name: str, default: Any = ...) -> Any:
        """The value of a parameter that all runs share, or `default`; `BadValueError` if they differ in it."""
        return self._one("parameter", name, self.params(name, default))

    def params(self, name: str, default: Any = ...) -> list[Any]:
        """A parameter of each run, `default` where an exhibit has no such parameter."""
        return self._each("parameter", name, default)

    def _each(self, kind: str, name: str, default: Any) -> list[Any]:
        self._read.add((kind, name))
        found = []
        for run in self.runs:
            values = run.setting if kind == "setting" else run.params
            if name not in values and default is ...:
                raise BadValueError(
                    f"run {run.name} has no {kind} {name}; it has {', '.join(values) or 'none'}"
                )
            found.append(values.get(name, default))
        return found

    def _one(self, kind: str, name: str, values: list[Any]) -> Any:
        for run, value in zip(self.runs, values, strict=True):
            if canonical(value) != canonical(values[0]):  # 1 is not True
                raise BadValueError(
                    f"runs {self.runs[0].name} and {run.name} train together but differ in {kind} {name} "
                    f"({values[0]!r} and {value!r}), which is read once: enter it in the exhibit's group_by"
                )
        return values[0]

    def refuse_unread(self) -> None:
        """`BadValueError` for a setting or a parameter that nobody has read: this work cannot train that run."""
        for run in self.runs:
            for kind, values in (("setting", run.setting), ("parameter", run.params)):
                for name in sorted(values):
                    if (kind, name) not in self._read:
                        reads = sorted(n for k, n in self._read if k == kind)
                        raise BadValueError(
                            f"run {run.name} has the {kind} {name} = {values[name]!r}, which its training does "
                            f"not read; it reads {', '.join(reads) or 'none'}"
                        )
