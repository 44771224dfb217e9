"""Groups: which runs train together. A matter of scheduling, and no part of what a number is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from repro.record.run import Run, canonical, digest
from repro.spec import Exhibit, Profile


@dataclass(frozen=True)
class Group:
    """Runs that train together, and the package of the exhibit whose work carries them out."""

    package: str
    runs: tuple[Run, ...]

    @property
    def name(self) -> str:
        """The group as messages call it: "dni-3/0", "linear2-deep-log..random2-deep-log/0-9"."""
        arms = list(dict.fromkeys(r.arm for r in self.runs))
        seeds = list(dict.fromkeys(r.seed for r in self.runs))
        several = f"{arms[0]}..{arms[-1]}" if len(arms) > 1 else arms[0]
        row = seeds == list(range(seeds[0], seeds[0] + len(seeds))) and len(seeds) > 1
        return f"{several}/{f'{seeds[0]}-{seeds[-1]}' if row else ','.join(map(str, seeds))}"

    @property
    def same(self) -> str:
        """Equal for groups of the same runs by the same work, whatever their arms are called."""
        return digest([self.package, [r.identity() for r in self.runs]])


def groups(exhibit: Exhibit, profile: Profile, made: Iterable[Run], device: str) -> list[Group]:
    """The runs `made` in groups, in an order in which an interrupted exhibit has whole seeds.

    Together are runs of equal shape (the settings in `group_by`), parameters and data, of arms that the profile
    joins; on a CPU those of `apart_on_cpu` one by one. Runs of an exhibit that is measured jointly are one group.
    """
    found: dict[str, list[Run]] = {}
    for run in made:
        found.setdefault(_key(exhibit, profile, run, device), []).append(run)
    most = 0 if exhibit.jointly else profile.at_most
    parts = [part for runs in found.values() for part in _parts(runs, most or len(runs))]
    return sorted((Group(exhibit.trained_by, p) for p in parts), key=lambda g: min(r.seed for r in g.runs))


def lacking(found: Iterable[Group], done: Collection[str]) -> list[Group]:
    """The groups without runs that are `done`: not grouped anew, for an interrupted one is kept under its runs."""
    left = [Group(g.package, tuple(r for r in g.runs if r.name not in done)) for g in found]
    return [g for g in left if g.runs]


def _parts(runs: Sequence[Run], most: int) -> list[tuple[Run, ...]]:
    """The runs in parts of equal size, as far as it goes, of `most` at most: 4 and 4 rather than 6 and 2."""
    count = -(-len(runs) // most)
    size = -(-len(runs) // count)
    return [tuple(runs[i : i + size]) for i in range(0, len(runs), size)]


def _key(exhibit: Exhibit, profile: Profile, run: Run, device: str) -> str:
    if exhibit.jointly:
        return "all"
    joined = "*" in profile.together or run.arm in profile.together
    if not joined or (device == "cpu" and run.arm in profile.apart_on_cpu):
        return run.name
    shared = {k: run.setting.get(k) for k in exhibit.group_by} if exhibit.group_by is not None else run.arm
    return canonical([shared, dict(run.params), run.dataset])
