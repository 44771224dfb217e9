"""The answer first: what the paper says, what we measured, how sure we are, why it differs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from repro.record.fresh import superseded
from repro.record.judge import VERDICTS, Judgement, said, summary
from repro.record.record import Record, seeds_of
from repro.record.standing import Standing
from repro.show.claims import AFTER, SIGNS, judged_late, unbroken
from repro.show.kinds import KINDS
from repro.show.readme import data_text
from repro.show.tables import escaped
from repro.spec import PROFILES, Deviation, Exhibit


def in_short(exhibit: Exhibit, record: Record, elsewhere: Sequence[Standing] = ()) -> str:
    """The paragraphs, as Markdown. `elsewhere`: claims that stand on another record."""
    judgements = record.judgements(exhibit)
    whose = "Ours" if judgements and all(j.claim.finding for j in judgements) else "The paper"
    read = f" Its numbers were read {escaped(exhibit.read)}." if exhibit.read else ""
    parts = [f"**{whose}** ({escaped(exhibit.place)}). {escaped(exhibit.shows)}{read}"]
    own = [j for j in judgements if j.claim.finding]
    beside = f"; {summary(own)}" if 0 < len(own) < len(judgements) else ""
    parts.append(f"**We measured** ({_how(exhibit, record)}): {summary(judgements)}{beside}.")
    parts.append("\n".join(_lines(judgements, judged_late(exhibit, record))))
    parts += _elsewhere(exhibit, elsewhere)
    parts.append(f"**How sure.** {_sure(exhibit, record, judgements)}")
    parts += _why(exhibit, record.profile)
    return "\n\n".join(filter(None, parts))


def _how(exhibit: Exhibit, record: Record) -> str:
    """Profile, data, seeds; of an earlier plan, if it is."""
    data, seeds = data_text(record), seeds_of(record.facts)
    said = [f"profile `{record.profile}`"]
    if data != "none needed":
        said.append(data)
    if len(seeds) > 1:
        said.append(f"seeds {seeds[0]} to {seeds[-1]}")
    custom = record.facts.get("custom") or []
    said += [f"changed: {', '.join(custom)}"] if custom else []
    said += ["of an earlier plan"] if superseded(exhibit, record) else []
    return escaped(", ".join(said))


def _lines(judgements: Sequence[Judgement], late: set[str]) -> Iterator[str]:
    """What is decided, a line a claim, by verdict; what is open, by id."""
    for verdict in VERDICTS[:-1]:
        for j in (j for j in judgements if j.verdict == verdict):
            name = unbroken(j.claim.id) + (", ours" if j.claim.finding else "")
            mark = " †" if j.claim.id in late else ""
            yield f"- {SIGNS[verdict]} *{said(j)}*{mark}: {escaped(j.claim.sentence)} ({name})"
    waiting = [j for j in judgements if j.verdict == "open"]
    if waiting:
        told = ", ".join(unbroken(j.claim.id) + (f" ({j.here})" if j.here else "") for j in waiting)
        yield f"- {SIGNS['open']} *open*: {told}"
    if any(j.claim.id in late for j in judgements if j not in waiting):
        yield f"\n{AFTER}."


def _elsewhere(exhibit: Exhibit, stands: Sequence[Standing]) -> Iterator[str]:
    """What other records say, a paragraph each: bigger ones, or smaller ones that have runs which this one lacks."""
    for profile in dict.fromkeys(s.record.profile for s in stands):
        own = [s for s in stands if s.record.profile == profile]
        lines = "\n".join(_lines([s.judgement for s in own], judged_late(exhibit, own[0].record)))
        few = ", so far without all its runs," if own[0].record.facts["missing"] else ""
        yield f"**On the record at `{profile}`**{few} these stand instead:\n\n{lines}"


def _sure(exhibit: Exhibit, record: Record, judgements: Sequence[Judgement]) -> str:
    if exhibit.kind == "analytic":
        seeds = seeds_of(record.facts)
        drawn = f" where problems are random they come from seeds {seeds[0]} to {seeds[-1]}, and" * (
            len(seeds) > 1
        )
        return f"Computed exactly;{drawn} no interval is over them."
    told = "A claim is decided by a 95 % interval over seeds; where it does not decide, the claim is open."
    if KINDS[exhibit.kind].machine:
        device = record.facts["environment"][0]["device"]
        told = f"Times of {escaped(device)}, medians of repetitions in which the arms take turns."
    given = next((j.conditions for j in judgements if j.conditions), "")
    return f"{told} All of it {escaped(given)}." if given else told


def _why(exhibit: Exhibit, profile: str) -> list[str]:
    """The deviations of a profile whose effect is known, by name: they are told below."""
    there = [d for d in exhibit.deviations if profile in _profiles(d)]
    known = [d for d in there if d.effect not in ("unknown", "none")]
    if not known:
        return []
    names = "; ".join(f"{d.number}, {escaped(d.what)}" for d in known)
    return [f"**Why different.** Deviations with a known effect (below): {names}."]


def _profiles(deviation: Deviation) -> Collection[str]:
    """Those that it is of: the ones in brackets behind its name, "size (cpu, quick)"; else all."""
    named = deviation.what.rstrip(")").rpartition("(")[2].removesuffix(" profile").split(", ")
    return named if {*named} <= {*PROFILES} else PROFILES
