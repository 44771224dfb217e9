"""Pieces: what an exhibit at a profile comes to, as plain JSON that any worker can carry out."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from repro.errors import BadValueError, UnknownNameError
from repro.spec import Arm, Exhibit, Profile


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
    _refuse_senseless(name, value, like)
    number = isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool)
    if like is not None and not number and type(value) is not type(like):
        raise BadValueError(
            f"parameter {name} is {value!r} ({type(value).__name__}); expected a value like {like!r} "
            f"({type(like).__name__})"
        )
    return float(value) if number else value


def _refuse_senseless(name: str, value: Any, like: Any) -> None:
    """`BadValueError` for a number that is not finite, or not positive where the default is (0 may stay 0)."""
    numbers = [v for v in _flat(value) if isinstance(v, int | float) and not isinstance(v, bool)]
    if not all(math.isfinite(v) for v in numbers):
        raise BadValueError(f"parameter {name} is {value!r}; expected finite numbers")
    if numbers and isinstance(value, int | float) and isinstance(like, int | float) and like >= 0:
        if value < 0 or (like > 0 and value == 0):
            raise BadValueError(
                f"parameter {name} is {value!r}; expected {'more than 0' if like > 0 else '0 or more'}"
            )
    kinds = {type(v) for v in _flat(like)} if isinstance(like, tuple) and like else None
    if kinds and not all(type(v) in kinds or (isinstance(v, int) and float in kinds) for v in _flat(value)):
        raise BadValueError(f"parameter {name} is {value!r}; expected values like those of {like!r}")


def _flat(value: Any) -> Iterator[Any]:
    """The values in a value: of nested lists, the innermost ones."""
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _flat(inner)
    else:
        yield value


def parameters(
    exhibit: Exhibit, profile: Profile, settings: Mapping[str, Any] | None = None, arm: str | None = None
) -> dict[str, Any]:
    """Every parameter's value: the paper's, the paper's for `arm`, `profile`'s, its for `arm`, the user's `settings`.

    The later comes on top. `UnknownNameError` for a name that is no parameter or no arm, `BadValueError` for a
    setting of the wrong type.
    """
    values = {p.name: p.value for p in exhibit.params}
    own = exhibit.arm(arm).params if arm is not None else {}
    overrides = {**own, **profile.overrides, **profile.arm_overrides.get(arm or "", {})}
    for name in (*overrides, *(settings or {})):
        if name not in values:
            raise UnknownNameError(f"parameter of {exhibit.id}", name, values)
    values.update({k: o.value for k, o in overrides.items()})
    for name, text in (settings or {}).items():
        param = next(p for p in exhibit.params if p.name == name)
        values[name] = parse_value(name, text, param.value)
        if param.choices and values[name] not in param.choices:
            raise UnknownNameError(name, str(values[name]), [str(c) for c in param.choices])
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
    params = {a.id: parameters(exhibit, profile, settings, a.id) for a in arms_of(exhibit, profile)}
    groups: dict[str, list[tuple[Arm, tuple[int, ...]]]] = {}
    for arm in arms_of(exhibit, profile):
        own = seeds if seeds is not None else profile.seeds + tuple(profile.more_seeds.get(arm.id, ()))
        shared = (
            arm.settings if exhibit.group_by is None else {k: arm.settings.get(k) for k in exhibit.group_by}
        )
        joined = arm.id in profile.together or "*" in profile.together
        for part in [own] if joined else [(s,) for s in own]:
            groups.setdefault(canonical([shared, list(part), params[arm.id]]), []).append((arm, part))
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
        own_params = params[arms[0].id]
        made.append(Piece(exhibit.id, name, plain, part, own_params, dataset, profile.stand_in, exhibit.work))
    return tuple(made)


def parts(profile: Profile, piece: Piece, device: str) -> tuple[Piece, ...]:
    """The piece itself or, for arms that a CPU had better take one by one, a piece for each of its runs.

    The numbers are those of the whole piece up to rounding (the same generators, seed by seed).
    """
    if device != "cpu" or not any(a["id"] in profile.cpu_apart for a in piece.arms):
        return (piece,)
    return tuple(
        replace(piece, name=f"{arm['id']}/{seed}", arms=(arm,), seeds=(seed,))
        for arm in piece.arms
        for seed in piece.seeds
    )


def spec_of(made: tuple[Piece, ...]) -> dict[str, Any]:
    """What determines the numbers of a record: its pieces. Labels and wording are left out on purpose."""
    return {"pieces": [p.as_json() for p in made]}
