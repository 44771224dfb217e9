"""docs/deviations.md and docs/metrics.md, generated from the exhibits so that they cannot drift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from repro.exhibits import all_exhibits
from repro.files import write_text
from repro.paths import root
from repro.show.tables import markdown
from repro.show.words import source_of
from repro.spec import Exhibit, Override, Param, Profile

_MADE = "<!-- generated from repro/exhibits by `repro report --write`; do not edit -->"
_table = partial(markdown, raw=True)


def deviations() -> str:
    """Every numbered deviation, every profile's changed parameter and every assumed value, by exhibit."""
    lines = [_MADE, "# Deviations from the papers", ""]
    lines.append(
        "What differs from the pinned papers: their value, ours, why, and the effect if it is known."
    )
    for exhibit in all_exhibits():
        numbered = [(str(d.number), d.what, d.paper, d.ours, d.why, d.effect) for d in exhibit.deviations]
        lines += [*_heading(exhibit), _table(("", "what", "paper", "ours", "why", "effect"), numbered)]
        changed = [
            (where, f"`{name}`", *(_value(exhibit.param(name), v) for v in (None, o.value)), o.why)
            for p in exhibit.profiles
            for where, overrides in _overrides(p)
            for name, o in overrides.items()
        ]
        if changed:
            head = ("profile", "parameter", "full size", "here", "why")
            lines += ["", "Parameters that a profile changes:", "", _table(head, changed)]
        assumed = [(f"`{p.name}`", _value(p), source_of(p)) for p in exhibit.params if p.assumed]
        if assumed:
            lines += ["", "Assumed, because the paper does not say:", ""]
            lines.append(_table(("parameter", "value", "why"), assumed))
    return "\n".join(lines) + "\n"


def _value(param: Param, other: object = None) -> str:
    """A parameter's value, or another one of it, and what it stands for if it is no amount."""
    value = param.value if other is None else other
    word = param.word(value)
    return f"{value} ({word})" if word else f"{value}"


def _heading(exhibit: Exhibit) -> list[str]:
    return ["", f"## {exhibit.id} – {exhibit.title}", "", f"Paper: {exhibit.place}.", ""]


def _overrides(profile: Profile) -> Iterator[tuple[str, Mapping[str, Override]]]:
    yield f"`{profile.name}`", profile.overrides
    yield from ((f"`{profile.name}`, {arm}", own) for arm, own in profile.arm_overrides.items())


def metrics() -> str:
    """Every logged metric once: name, unit, meaning, chance level."""
    lines = [_MADE, "# Metrics", ""]
    lines.append(
        "A record's CSV has the columns arm, seed, metric, step, index, value; these are its metrics."
    )
    for exhibit in all_exhibits():
        rows = [
            (
                f"`{m.name}`",
                m.unit or "–",
                m.doc + ("; the last value of a run" if m.at_end else ""),
                "–" if m.chance is None else f"{m.chance:g}",
                "lower" if m.lower_is_better else "higher",
            )
            for m in exhibit.metrics
        ]
        lines += [*_heading(exhibit), _table(("metric", "unit", "meaning", "chance level", "better"), rows)]
    return "\n".join(lines) + "\n"


def update(check: bool = False) -> bool:
    """Write both pages (or only compare, `check`); True if they were current."""
    current = True
    for name, text in (("deviations.md", deviations()), ("metrics.md", metrics())):
        path: Path = root() / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            current = False
            if not check:
                write_text(path, text)
    return current
