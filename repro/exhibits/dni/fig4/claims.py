"""Claims of DNI's Figure 4, left."""

from __future__ import annotations

from repro.claim import Claims, Outcome
from repro.exhibits.dni.table1.spec import name
from repro.record.stats import Difference, both, every, mean, paired
from repro.record.view import View

SHORT = (2, 3, 4, 5)
claims = Claims()


def _there(view: View, method: str, least: int = 1) -> list[str]:
    return view.those_run([name("repeat_copy", method, t) for t in SHORT], "levels", least)


@claims(
    "F4-1",
    "On Repeat Copy every DNI + Aux ends above every BPTT, whatever their T",
    place="Figure 4, left",
    paper="39, 59, 67, 59 against 7, 5, 19, 23",
    tolerance="levels of each DNI + Aux beyond each BPTT, at two T or more; 95 % intervals, paired by seed",
    given="see dni/rnn-control: whether it is the gradient's content; two T are asked for since the quick record, "
    "with one, had read reproduced",
)
def _above(view: View) -> Outcome:
    pairs = [(a, b) for a in _there(view, "aux", 2) for b in _there(view, "bptt", 2)]
    found = {pair: paired(view.paired(*pair, "levels")) for pair in pairs}
    least = min(found, key=lambda p: found[p].mean)
    return Outcome(
        every(found.values()), f"smallest of {len(pairs)}: {' − '.join(least)} = {found[least]} levels"
    )


def _curves(view: View, arm: str) -> list[dict[int, float]]:
    """Step → levels, a seed each."""
    return [dict(r[3::2] for r in view.select(arm, "levels", seed=s)) for s in view.by_seed(arm, "levels")]


def _early(view: View, arm: str) -> tuple[Difference, Difference]:
    """Levels at a quarter of the run less half of those at its end, and less those at its first look; over seeds."""
    curves = _curves(view, arm)
    quarter = [_at(c, 0.25) for c in curves]
    late = [q - 0.5 * _at(c, 1.0) for q, c in zip(quarter, curves, strict=True)]
    return paired(late), paired([q - c[min(c)] for q, c in zip(quarter, curves, strict=True)])


def _last(view: View, arm: str) -> Difference:
    """By what share of the run the last level comes before its half."""
    return paired([0.5 - min(s for s in c if c[s] == c[max(c)]) / max(c) for c in _curves(view, arm)])


def _at(curve: dict[int, float], share: float) -> float:
    """The value at the last step up to this share of the run."""
    return curve[max(s for s in curve if s <= share * max(curve))]


@claims(
    "F4-2",
    "Progress of DNI + Aux is fast, then flat",
    place="Figure 4, left",
    paper="its last step lies at 0.8 to 3.8 million of 5 to 12.5 million",
    tolerance="at a quarter of the run more than half of its last levels, and more than at the first look; the last "
    "comes before half of the run; at each T, 95 % intervals",
    given="the first look and the half were added after runs at cpu had been seen: shuffled times had passed, and "
    "levels that come all the time",
    null=("steps", "chance"),
    profiles=("cpu", "paper"),
)
def _flat(view: View) -> Outcome:
    arms = _there(view, "aux")
    found = {a: _early(view, a) for a in arms}
    some = all(mean(view.final(a, "levels")) > 1 for a in arms)
    last = {a: _last(view, a) for a in arms}
    told = ", ".join(f"{a} {late} and {first}" for a, (late, first) in found.items())
    latest = 100 * max(0.5 - d.mean for d in last.values())
    holds = every([*(d for pair in found.values() for d in pair), *last.values()])
    said = f"levels at 25 % less half of the last, and less the first: {told}; the last by {latest:.0f} % at most"
    return Outcome(both(holds, some), said)
