"""A claim: a sentence of the paper, its place, and a test over a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from repro.errors import BadValueError, UnknownNameError

NULLS = ("equal", "chance", "reversed", "permuted", "shifted", "shrunk", "index", "steps", "pairing")
"""Kinds of null records, in which there is nothing to see: see `repro.record.nulls`."""
ARMS = NULLS[:4]
GATED = NULLS[:6]
"""Those that break a comparison of arms; those that break one whose gate asks for a baseline that has learned."""


@dataclass(frozen=True)
class Outcome:
    """What a claim's test saw. Answers are True, False, or None where the seeds there are do not decide it.

    `holds`: the direction (who wins, what rises). `ours`: our numbers in one line. `size`: whether they are the
    paper's within the claim's tolerance (True where the claim has no size). `gate`: why there is nothing to compare,
    such as a baseline that has not learned.
    """

    holds: bool | None
    ours: str
    size: bool | None = True
    gate: str = ""


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper in our words, its place, its numbers, and a test over a record.

    `test` takes a `repro.record.view.View` and returns an `Outcome`; `tolerance` says in words what it accepts.
    `profiles` are those at which it can be assessed; at others (all, if there is none) the verdict is `open`, and
    `elsewhere` says why.
    `given`: a condition of ours under which it is judged, shown in its row. `finding`: a sentence of ours rather than
    the paper's, shown apart and never counted.
    `stand_in_ok`: the claim does not depend on the paper's data (an analytic or a timing claim).
    `aside`: what `text` leaves to the claim before it, or what one must know with it; said behind it wherever it is
    shown, and no part of what is registered.
    `null`: the kinds of null records on which it must fail, one or more of `NULLS`. The default suits claims that
    compare arms, `GATED` those that have a gate too; one that lives inside an arm names what it rests on (`index`,
    `steps` or `pairing`).
    """

    id: str
    text: str
    place: str
    paper: str
    tolerance: str
    test: Callable[[Any], Outcome]
    profiles: tuple[str, ...] = ("quick", "cpu", "paper")
    stand_in_ok: bool = field(default=False, kw_only=True)
    null: tuple[str, ...] = field(default=ARMS, kw_only=True)
    elsewhere: str = field(default="", kw_only=True)
    given: str = field(default="", kw_only=True)
    finding: bool = field(default=False, kw_only=True)
    aside: str = field(default="", kw_only=True)

    @property
    def sentence(self) -> str:
        """The text as it is shown, to be understood alone: behind it, in square brackets, what it leaves unsaid."""
        return f"{self.text} [{self.aside}]" if self.aside else self.text

    def __post_init__(self) -> None:
        if not self.null:
            raise BadValueError(f"claim {self.id} names no null record; expected one or more of {NULLS}")
        for kind in self.null:
            if kind not in NULLS:
                raise UnknownNameError(f"null record of claim {self.id}", kind, NULLS)


class Claims(list[Claim]):
    """The claims of an exhibit, in the order of their definition: `@claims("D2-1", "…", place=…, …)`."""

    def __call__(
        self, id: str, text: str, *, place: str, paper: str, tolerance: str, **more: Any
    ) -> Callable[[Callable[[Any], Outcome]], Callable[[Any], Outcome]]:
        """Register the decorated test, `View` → `Outcome`, as the claim with these words."""

        def register(test: Callable[[Any], Outcome]) -> Callable[[Any], Outcome]:
            self.append(Claim(id, text, place, paper, tolerance, test, **more))
            return test

        return register
