"""What an exhibit is: arms, parameters with their sources, profiles, claims – plain frozen data.

Importable without torch, so that `repro list` answers at once. An exhibit of `repro/exhibits/` is one
`Exhibit`; `resolve` turns it, at a profile, into pieces of plain JSON that a worker can carry out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from repro.errors import BadValueError, UnknownNameError

PROFILES = ("smoke", "quick", "cpu", "paper")
VERDICTS = ("reproduced", "not reproduced", "open")


@dataclass(frozen=True)
class Param:
    """A hyper-parameter: the paper's value, or ours where the paper is silent.

    `source` is the place in the pinned paper ("A.1", "Table 1") or "assumed: why".
    """

    name: str
    value: Any
    source: str
    doc: str = ""


@dataclass(frozen=True)
class Override:
    """A profile's value of a parameter where it differs from `Param.value`, and why."""

    value: Any
    why: str


@dataclass(frozen=True)
class Arm:
    """One curve or one cell: a method and its setting. `reported` holds the paper's numbers by metric."""

    id: str
    label: str
    series: str
    settings: Mapping[str, Any]
    reported: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A measured quantity: its unit, its meaning, its chance level (for null records) and direction."""

    name: str
    unit: str
    doc: str
    chance: float | None = None
    lower_is_better: bool = True


@dataclass(frozen=True)
class Profile:
    """How big: data set, seeds, arms and the parameters that differ from the paper's.

    `together`: arms whose seeds form one piece ("*" = every arm: a GPU, small nets); the others' seeds are
    pieces of their own, which on a CPU costs nothing for nets that keep a core busy and spreads the work.
    `more_seeds` gives further seeds to the arms on which a narrow claim hangs.
    """

    name: str
    seeds: tuple[int, ...]
    dataset: str | None = None
    stand_in: str | None = None
    arms: tuple[str, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    more_seeds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    together: tuple[str, ...] = ()
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
    `profiles` are those at which it can be assessed; at others the verdict is `open`.
    `stand_in_ok`: the claim does not depend on the paper's data (an analytic or a timing claim).
    """

    id: str
    text: str
    place: str
    paper: str
    tolerance: str
    test: Callable[[Any], Outcome]
    profiles: tuple[str, ...] = ("quick", "cpu", "paper")
    stand_in_ok: bool = False


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


@dataclass(frozen=True)
class Piece:
    """The unit of work that is scheduled, cached and resumed: runs that are trained together.

    Plain data only: it travels between processes and machines as JSON.
    """

    exhibit: str
    name: str
    arms: tuple[Mapping[str, Any], ...]  # {"id": …, "settings": {…}}
    seeds: tuple[int, ...]
    params: Mapping[str, Any]
    dataset: str | None
    stand_in: str | None
    work: str

    def as_json(self) -> dict[str, Any]:
        """The piece as plain JSON data."""
        plain: dict[str, Any] = json.loads(
            canonical(
                {
                    "exhibit": self.exhibit,
                    "name": self.name,
                    "arms": list(self.arms),
                    "seeds": list(self.seeds),
                    "params": dict(self.params),
                    "dataset": self.dataset,
                    "stand_in": self.stand_in,
                    "work": self.work,
                }
            )
        )
        return plain

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Piece:
        """The inverse of `as_json`."""
        d = {**data, "arms": tuple(data["arms"]), "seeds": tuple(data["seeds"])}
        return Piece(**d)


def canonical(data: Any) -> str:
    """Canonical JSON: sorted keys, no white space, finite numbers only."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(data: Any) -> str:
    """SHA-256 of the canonical JSON of `data`, in hex."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def parse_value(name: str, text: Any, like: Any) -> Any:
    """`text` (from `--set` or a notebook) as a value of the type of `like`, the parameter's default."""
    if not isinstance(text, str):
        value = text
    else:
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
    if isinstance(like, tuple) and isinstance(value, list):
        value = tuple(value)
    number = isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool)
    if like is not None and not number and type(value) is not type(like):
        raise BadValueError(
            f"parameter {name} is {value!r} ({type(value).__name__}); expected a value like {like!r} "
            f"({type(like).__name__})"
        )
    return float(value) if number else value


def parameters(
    exhibit: Exhibit, profile: Profile, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Every parameter's value at `profile`, with the user's `settings` on top. Unknown names are refused."""
    values = {p.name: p.value for p in exhibit.params}
    for name in (*profile.overrides, *(settings or {})):
        if name not in values:
            raise UnknownNameError(f"parameter of {exhibit.id}", name, values)
    values.update({k: o.value for k, o in profile.overrides.items()})
    for name, text in (settings or {}).items():
        values[name] = parse_value(name, text, values[name])
    return values


def arms_of(exhibit: Exhibit, profile: Profile) -> tuple[Arm, ...]:
    """The arms that `profile` runs (all of them when it names none)."""
    return tuple(exhibit.arm(a) for a in profile.arms) if profile.arms else exhibit.arms


def pieces(
    exhibit: Exhibit,
    profile: Profile,
    seeds: tuple[int, ...] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[Piece, ...]:
    """The pieces of `exhibit` at `profile`: arms of equal shape and their seeds, in a fixed order."""
    params = parameters(exhibit, profile, settings)
    groups: dict[str, list[tuple[Arm, tuple[int, ...]]]] = {}
    for arm in arms_of(exhibit, profile):
        own = seeds if seeds is not None else profile.seeds + tuple(profile.more_seeds.get(arm.id, ()))
        shared = (
            arm.settings if exhibit.group_by is None else {k: arm.settings.get(k) for k in exhibit.group_by}
        )
        joined = arm.id in profile.together or "*" in profile.together
        for part in [own] if joined else [(s,) for s in own]:
            groups.setdefault(canonical([shared, list(part)]), []).append((arm, part))
    made = []
    for members in groups.values():
        arms, part = [a for a, _ in members], members[0][1]
        name = (
            (arms[0].id if len(arms) == 1 else f"{arms[0].id}..{arms[-1].id}")
            + "/"
            + ",".join(map(str, part))
        )
        plain = tuple({"id": a.id, "settings": dict(a.settings)} for a in arms)
        dataset = arms[0].settings.get("dataset", profile.dataset)  # an arm may bring its own data set
        made.append(Piece(exhibit.id, name, plain, part, params, dataset, profile.stand_in, exhibit.work))
    return tuple(made)


def spec_of(made: tuple[Piece, ...]) -> dict[str, Any]:
    """What determines the numbers of a record: its pieces. Labels and wording are left out on purpose."""
    return {"pieces": [p.as_json() for p in made]}
