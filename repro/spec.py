"""What an exhibit is: arms, parameters with their sources, profiles, claims – plain frozen data.

Importable without torch, so that `repro list` answers at once. An exhibit of `repro/exhibits/` is one
`Exhibit`; `repro.piece.pieces` turns it, at a profile, into pieces that a worker can carry out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from repro.errors import BadValueError, UnknownNameError

PROFILES = ("smoke", "quick", "cpu", "paper")
NULLS = ("equal", "chance", "reversed", "permuted", "index", "steps", "pairing")
"""Kinds of null records, in which there is nothing to see: see `repro.nulls`."""


@dataclass(frozen=True)
class Param:
    """A hyper-parameter: the paper's value, or ours where the paper is silent.

    `source` is the place in the pinned paper ("A.1", "Table 1") or "assumed: why". A user's number must be above 0,
    or not below it where `value` is 0, and one of `choices` where there are any.
    """

    name: str
    value: Any
    source: str
    doc: str = ""
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Override:
    """A value of a parameter where it differs from `Param.value`, and why: a profile's, or the paper's for an arm."""

    value: Any
    why: str


@dataclass(frozen=True)
class Arm:
    """One curve or one cell: a method and its setting. `reported` holds the paper's numbers by metric.

    `settings` tell the arms apart; `params` holds the paper's own values of parameters for this arm (another
    width for another data set), each with its place in the paper as `why`. A profile's overrides come on top.
    """

    id: str
    label: str
    series: str
    settings: Mapping[str, Any]
    reported: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A measured quantity: its unit, its meaning, its chance level (for null records) and direction.

    `may_diverge`: values that are not finite are a result, and do not keep a record from being committed.
    """

    name: str
    unit: str
    doc: str
    chance: float | None = None
    lower_is_better: bool = True
    may_diverge: bool = False


@dataclass(frozen=True)
class Profile:
    """How big: data set, seeds, arms and the parameters that differ from the paper's.

    `together`: arms whose seeds form one piece ("*" = every arm: a GPU, small nets); the others' seeds are
    pieces of their own, which on a CPU costs nothing for nets that keep a core busy and spreads the work.
    `cpu_apart`: arms whose runs a CPU takes one by one though they are together, because they outgrow its cache.
    `more_seeds` gives further seeds to the arms on which a narrow claim hangs.
    `arm_overrides`: arm → parameter → its value for that arm alone, on top of `overrides`.
    """

    name: str
    seeds: tuple[int, ...]
    dataset: str | None = None
    stand_in: str | None = None
    arms: tuple[str, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    arm_overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)
    more_seeds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    together: tuple[str, ...] = ()
    cpu_apart: tuple[str, ...] = ()
    budget: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a claim's test saw: whether it holds, and our numbers in one line."""

    holds: bool
    ours: str


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper in our words, its place, its numbers, and a test over a record.

    `test` takes a `repro.claims.View` and returns an `Outcome`; `tolerance` says in words what it accepts.
    `profiles` are those at which it can be assessed; at others (all, if there is none) the verdict is `open`, and
    `elsewhere` says why.
    `stand_in_ok`: the claim does not depend on the paper's data (an analytic or a timing claim).
    `null`: the kinds of null records on which it must fail, one or more of `NULLS`. The default suits claims that
    compare arms; one that lives inside an arm names what it rests on (`index`, `steps` or `pairing`).
    """

    id: str
    text: str
    place: str
    paper: str
    tolerance: str
    test: Callable[[Any], Outcome]
    profiles: tuple[str, ...] = ("quick", "cpu", "paper")
    stand_in_ok: bool = False
    null: tuple[str, ...] = ("equal", "chance", "reversed", "permuted")
    elsewhere: str = ""

    def __post_init__(self) -> None:
        if not self.null:
            raise BadValueError(f"claim {self.id} names no null record; expected one or more of {NULLS}")
        for kind in self.null:
            if kind not in NULLS:
                raise UnknownNameError(f"null record of claim {self.id}", kind, NULLS)


@dataclass(frozen=True)
class Deviation:
    """A numbered difference from the paper: its value, ours, why, and the effect if it is known."""

    number: int
    what: str
    paper: str
    ours: str
    why: str
    effect: str = "unknown"


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table of a pinned paper, with everything needed to rerun and to judge it.

    `work`, `draw` and `algorithms` are "module:name" paths, imported only where they are used.
    `group_by` names the arm settings that arms of one piece must share (equal shapes).
    """

    id: str
    title: str
    place: str
    shows: str
    kind: str
    params: tuple[Param, ...]
    arms: tuple[Arm, ...]
    metrics: tuple[Metric, ...]
    profiles: tuple[Profile, ...]
    claims: tuple[Claim, ...]
    deviations: tuple[Deviation, ...]
    work: str
    draw: str
    algorithms: tuple[tuple[str, str], ...]
    group_by: tuple[str, ...] | None = None

    @property
    def paper(self) -> str:
        """Short name of the paper: dni, sg or meprop."""
        return self.id.split("/")[0]

    def profile(self, name: str) -> Profile:
        """The profile called `name`; `UnknownNameError` otherwise."""
        for p in self.profiles:
            if p.name == name:
                return p
        raise UnknownNameError(f"profile of {self.id}", name, [p.name for p in self.profiles])

    def arm(self, arm_id: str) -> Arm:
        """The arm called `arm_id`; `UnknownNameError` otherwise."""
        for a in self.arms:
            if a.id == arm_id:
                return a
        raise UnknownNameError(f"arm of {self.id}", arm_id, [a.id for a in self.arms])

    def metric(self, name: str) -> Metric:
        """The metric called `name`; `UnknownNameError` otherwise."""
        for m in self.metrics:
            if m.name == name:
                return m
        raise UnknownNameError(f"metric of {self.id}", name, [m.name for m in self.metrics])
