"""Runs: what an exhibit at a profile comes to. A run is an arm with a seed: the unit of identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from repro.errors import UnknownNameError
from repro.record.values import parse_value
from repro.spec import Arm, Exhibit, Profile


@dataclass(frozen=True)
class Run:
    """An arm's setting, its parameters, its data and a seed: all that a run *is*, as plain data.

    `arm` is what this exhibit calls it, `stand_in` what may take the data's place; neither belongs to its identity.
    """

    arm: str
    seed: int
    setting: Mapping[str, Any]
    params: Mapping[str, Any]
    dataset: str | None = None
    stand_in: str | None = None

    @property
    def name(self) -> str:
        """The run as messages call it: "dni-3/0"."""
        return f"{self.arm}/{self.seed}"

    def identity(self) -> dict[str, Any]:
        """What tells runs apart, whatever exhibit shows them: plain JSON data."""
        values = {"setting": dict(self.setting), "seed": self.seed, "params": dict(self.params)}
        made: dict[str, Any] = plain({**values, "dataset": self.dataset})
        return made

    def as_json(self) -> dict[str, Any]:
        """The run as plain JSON data, to be shipped."""
        return {**self.identity(), "arm": self.arm, "stand_in": self.stand_in}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Run:
        """The inverse of `as_json`."""
        return Run(**data)


def canonical(data: Any) -> str:
    """Canonical JSON: sorted keys, no white space, finite numbers only."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(data: Any) -> str:
    """SHA-256 of the canonical JSON of `data`, in hex."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def plain(data: Any) -> Any:
    """`data` as it is after a journey through JSON: tuples are lists."""
    return json.loads(canonical(data))


def parameters(
    exhibit: Exhibit, profile: Profile, changes: Mapping[str, Any] | None = None, arm: str | None = None
) -> dict[str, Any]:
    """The value of every parameter that `arm` has (of all, without one).

    From the bottom up: the paper's, the paper's for the arm, the profile's, its for the arm, the user's `changes`.
    `UnknownNameError` for a name that is no parameter or no arm, `BadValueError` for a value of the wrong type.
    """
    known = {p.name: p for p in exhibit.params}
    own = exhibit.arm(arm).params if arm is not None else {}
    overrides = {**own, **profile.overrides, **profile.arm_overrides.get(arm or "", {})}
    for name in (*overrides, *(changes or {})):
        if name not in known:
            raise UnknownNameError(f"parameter of {exhibit.id}", name, known)
    values = {name: p.value for name, p in known.items()} | {k: o.value for k, o in overrides.items()}
    for name, text in (changes or {}).items():
        values[name] = parse_value(known[name], text)
    setting = exhibit.arm(arm).setting if arm is not None else None
    return {k: v for k, v in values.items() if setting is None or known[k].applies(setting)}


def arms_of(exhibit: Exhibit, profile: Profile) -> tuple[Arm, ...]:
    """The arms that `profile` runs (all of them when it names none)."""
    return tuple(exhibit.arm(a) for a in profile.arms) if profile.arms else exhibit.arms


def runs(
    exhibit: Exhibit,
    profile: Profile,
    seeds: tuple[int, ...] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> tuple[Run, ...]:
    """The runs of `exhibit` at `profile`, arm by arm; `seeds` and `changes` of parameters are the user's."""
    made = []
    for arm in arms_of(exhibit, profile):
        params = parameters(exhibit, profile, changes, arm.id)
        own = seeds if seeds is not None else (*profile.seeds, *profile.more_seeds.get(arm.id, ()))
        data = arm.dataset or profile.dataset
        stand_in = _stand_in(arm, profile)
        made += [Run(arm.id, seed, dict(arm.setting), params, data, stand_in) for seed in own]
    return tuple(made)


def _stand_in(arm: Arm, profile: Profile) -> str | None:
    """The profile's; of an arm's own data set of another kind (trees beside images) its usual one, where any may."""
    if arm.dataset is None or profile.stand_in is None:
        return profile.stand_in
    from repro.data.fetch.sources import source, stand_ins  # late: works that need no data load none of it

    own = source(arm.dataset)
    return profile.stand_in if profile.stand_in in stand_ins(own) else own.stand_in


def spec_of(made: tuple[Run, ...]) -> dict[str, Any]:
    """What determines the numbers of a record: its runs, folded by arm. Labels and wording are left out on purpose.

    `params` holds the values that all arms share; an arm, those that it has beyond them.
    """
    first: dict[str, Run] = {}
    for run in made:
        first.setdefault(run.arm, run)
    shared = [set(_items(r)) for r in first.values()]
    common = dict(set.intersection(*shared)) if shared else {}
    arms = {
        arm: plain(
            {
                "setting": dict(run.setting),
                "dataset": run.dataset,
                "seeds": [r.seed for r in made if r.arm == arm],
                "params": {k: v for k, v in run.params.items() if k not in common},
            }
        )
        for arm, run in first.items()
    }
    return {"params": {k: json.loads(v) for k, v in sorted(common.items())}, "arms": arms}


def _items(run: Run) -> list[tuple[str, str]]:
    return [(k, canonical(v)) for k, v in run.params.items()]


def runs_of_spec(spec: Mapping[str, Any]) -> tuple[Run, ...]:
    """The inverse of `spec_of`."""
    return tuple(
        Run(arm, seed, own["setting"], {**spec["params"], **own["params"]}, own["dataset"])
        for arm, own in spec["arms"].items()
        for seed in own["seeds"]
    )
