"""docs/deviations.md and docs/metrics.md, generated from the exhibits so that they cannot drift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from repro.exhibits import all_exhibits
from repro.paths import root
from repro.spec import Exhibit, Override, Profile

_MADE = "<!-- generated from repro/exhibits by `repro report --write`; do not edit -->"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def _heading(exhibit: Exhibit) -> list[str]:
    return ["", f"## {exhibit.id} – {exhibit.title}", "", f"Paper: {exhibit.place}.", ""]


def deviations() -> str:
    """Every numbered deviation, every profile's changed parameter and every assumed value, by exhibit."""
    lines = [_MADE, "# Deviations from the papers", ""]
    lines.append(
        "What differs from the pinned papers: their value, ours, why, and the effect if it is known."
    )
    for exhibit in all_exhibits():
        lines += _heading(exhibit)
        lines += _table(
            ("", "what", "paper", "ours", "why", "effect"),
            [(str(d.number), d.what, d.paper, d.ours, d.why, d.effect) for d in exhibit.deviations],
        )
        changed = [
            (where, f"`{name}`", f"{exhibit_value(exhibit, name)}", f"{o.value}", o.why)
            for p in exhibit.profiles
            for where, overrides in _overrides(p)
            for name, o in overrides.items()
        ]
        if changed:
            lines += ["", "Parameters that a profile changes:", ""]
            lines += _table(("profile", "parameter", "full size", "here", "why"), changed)
        assumed = [
            (f"`{p.name}`", f"{p.value}", p.source) for p in exhibit.params if p.source.startswith("assumed")
        ]
        if assumed:
            lines += ["", "Assumed, because the paper does not say:", ""]
            lines += _table(("parameter", "value", "why"), assumed)
    return "\n".join(lines) + "\n"


def _overrides(profile: Profile) -> Iterator[tuple[str, Mapping[str, Override]]]:
    yield f"`{profile.name}`", profile.overrides
    yield from ((f"`{profile.name}`, {arm}", own) for arm, own in profile.arm_overrides.items())


def exhibit_value(exhibit: Exhibit, name: str) -> object:
    """The full-size value of a parameter."""
    return next(p.value for p in exhibit.params if p.name == name)


def metrics() -> str:
    """Every logged metric once: name, unit, meaning, chance level."""
    lines = [_MADE, "# Metrics", ""]
    lines.append(
        "A record's CSV has the columns arm, seed, metric, step, index, value; these are its metrics."
    )
    for exhibit in all_exhibits():
        lines += _heading(exhibit)
        lines += _table(
            ("metric", "unit", "meaning", "chance level", "better"),
            [
                (
                    f"`{m.name}`",
                    m.unit or "–",
                    m.doc,
                    "–" if m.chance is None else f"{m.chance:g}",
                    "lower" if m.lower_is_better else "higher",
                )
                for m in exhibit.metrics
            ],
        )
    return "\n".join(lines) + "\n"


def update(check: bool = False) -> bool:
    """Write both pages (or only compare, `check`); True if they were current."""
    current = True
    for name, text in (("deviations.md", deviations()), ("metrics.md", metrics())):
        path: Path = root() / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            current = False
            if not check:
                path.write_text(text, encoding="utf-8", newline="\n")
    return current
