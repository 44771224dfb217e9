"""What an exhibit is: arms, parameters with their sources, profiles, claims – plain frozen data.

Importable without torch, so that `repro list` answers at once. Each folder of `repro/exhibits/` holds one
`Exhibit`; `repro.record.run.runs` says which runs it comes to at a profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from repro.claim import Claim
from repro.errors import UnknownNameError

_T = TypeVar("_T")
PROFILES = ("smoke", "quick", "cpu", "paper")


@dataclass(frozen=True)
class Param:
    """A hyper-parameter: the paper's value, or ours where the paper is silent.

    `source` is the place in the pinned paper ("A.1", "Table 1"); with `assumed` it says why ours was chosen, and
    the paper does not state the value. A user's number must be above 0, or not below it where `value` is 0, and
    one of `choices` where there are any. `only`: setting → values of the arms that have this parameter at all.
    `zero`: what a 0 (or an empty list) stands for, where it is no amount: "all", "none", "no limit".
    """

    name: str
    value: Any
    source: str
    doc: str = ""
    choices: tuple[Any, ...] = ()
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    assumed: bool = False
    zero: str = field(default="", kw_only=True)

    def applies(self, setting: Mapping[str, Any]) -> bool:
        """Whether an arm with this setting has the parameter."""
        return all(setting.get(name) in values for name, values in self.only.items())

    def word(self, value: Any) -> str:
        """What a value stands for that is no amount; empty for all others."""
        return "" if value else self.zero


@dataclass(frozen=True)
class Override:
    """A value of a parameter where it differs from `Param.value`, and why: a profile's, or the paper's for an arm."""

    value: Any
    why: str


def because(why: str, **values: Any) -> dict[str, Override]:
    """Overrides that share a reason: `because("seconds", steps=20, width=32)`."""
    return {name: Override(value, why) for name, value in values.items()}


@dataclass(frozen=True)
class Arm:
    """One curve or one cell: a method and its setting. `reported` holds the paper's numbers by metric.

    `setting` tells the arms apart; `params` holds the paper's own values of parameters for this arm (another
    width for another data set), each with its place in the paper as `why`. A profile's overrides come on top.
    `dataset`: the arm's own data set, where it is not the profile's.
    """

    id: str
    label: str
    series: str
    setting: Mapping[str, Any]
    reported: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, Override] = field(default_factory=dict)
    dataset: str | None = None


@dataclass(frozen=True)
class Metric:
    """A measured quantity: its unit, its meaning, its chance level (for null records) and direction.

    `may_diverge`: values that are not finite are a result, and do not keep a record from being committed. `at_end`: a
    record has each run's last value alone, its course stays with the finished run.
    """

    name: str
    unit: str
    doc: str
    chance: float | None = None
    lower_is_better: bool = field(default=True, kw_only=True)
    may_diverge: bool = field(default=False, kw_only=True)
    at_end: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Profile:
    """How big: data set, seeds, arms and the parameters that differ from the paper's.

    `more_seeds` gives further seeds to the arms on which a narrow claim hangs. `arm_overrides`: arm → parameter →
    its value for that arm alone, on top of `overrides`. How runs are scheduled is no part of what they are:
    `together`: arms whose runs train in one group ("*" = every arm: a GPU, small nets), the others' one by one;
    `apart_on_cpu`: arms whose runs a CPU takes one by one though they are together, because they outgrow its
    cache; `at_most`: the largest group (0 = no limit).
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
    apart_on_cpu: tuple[str, ...] = ()
    at_most: int = 0
    budget: str = ""


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
class Layout:
    """A table like the paper's: which settings of an arm (or its label) are its row, how many digits.

    `defaults`: values of settings that an arm leaves out.
    """

    metric: str
    row: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    digits: int = 2


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table of a pinned paper, with everything needed to rerun and to judge it.

    `group_by` names the settings that the runs of one group must share (equal shapes; None: all of them).
    `jointly`: the arms are measured side by side, so their runs are kept or made again as a whole; `alone`: nothing
    else may run meanwhile (a timing is both).
    `runs_of`: the exhibit whose runs this one shows too; what trains them is there. `metrics`: what its record holds,
    which need not be all that its runs measure.
    `asides`: id of a claim → what is said behind its registered words (`Claim.aside`).
    `read`: where the paper's numbers were read, and how closely, if they are not printed in the place itself.
    `table`: the layout of its numbers, where they are a table like the paper's. `algorithms`: an equation and the
    "module:name" whose source the notebook shows beside it. `package` is where the exhibit's modules lie
    (`claims`, `figure`, `work`, by convention), `trained_by` the one whose `work` trains: its own or, with `runs_of`,
    the other's. Both and `claims` are filled in by `repro.exhibits.get`.
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
    deviations: tuple[Deviation, ...]
    algorithms: tuple[tuple[str, str], ...] = ()
    claims: tuple[Claim, ...] = ()
    group_by: tuple[str, ...] | None = None
    jointly: bool = False
    alone: bool = False
    runs_of: str | None = None
    asides: Mapping[str, str] = field(default_factory=dict)
    read: str = ""
    table: Layout | None = None
    package: str = ""
    trained_by: str = ""

    @property
    def paper(self) -> str:
        """Short name of the paper: dni, sg or meprop."""
        return self.id.split("/")[0]

    def profile(self, name: str) -> Profile:
        """The profile called `name`; `UnknownNameError` otherwise."""
        return _named(f"profile of {self.id}", name, {p.name: p for p in self.profiles})

    def arm(self, arm_id: str) -> Arm:
        """The arm called `arm_id`; `UnknownNameError` otherwise."""
        return _named(f"arm of {self.id}", arm_id, {a.id: a for a in self.arms})

    def metric(self, name: str) -> Metric:
        """The metric called `name`; `UnknownNameError` otherwise."""
        return _named(f"metric of {self.id}", name, {m.name: m for m in self.metrics})

    def param(self, name: str) -> Param:
        """The parameter called `name`; `UnknownNameError` otherwise."""
        return _named(f"parameter of {self.id}", name, {p.name: p for p in self.params})


def _named(kind: str, name: str, known: Mapping[str, _T]) -> _T:
    if name not in known:
        raise UnknownNameError(kind, name, known)
    return known[name]
