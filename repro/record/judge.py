"""Judging a record: the verdict on each claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from repro.claim import Claim, Outcome
from repro.errors import lacking
from repro.record.run import plain
from repro.record.view import MissingData, Row, View
from repro.spec import Exhibit, Param

VERDICTS = ("reproduced", "direction only", "not reproduced", "open")
MEASURED = ("evaluations", "read_at", "hold_out", "analyses", "eval_images", "repetitions")
"""Parameters that say what is measured, and when: no condition of a verdict."""
OURS = {"reproduced": "holds", "not reproduced": "does not hold"}
HERE = {True: "holds here", False: "does not hold here", None: ""}


@dataclass(frozen=True)
class Judgement:
    """The verdict on one claim, with the tolerance or the reason.

    `reproduced`, `direction only` (the size is another), `not reproduced`, or `open`. `here`: what an open one
    indicates all the same, on stand-in data for instance: "holds here", "does not hold here" or nothing.
    `conditions`: where the runs' parameters are not the paper's.
    """

    claim: Claim
    verdict: str
    ours: str
    reason: str
    here: str = ""
    conditions: str = ""


def planned_of(record: Mapping[str, Any]) -> set[tuple[str, int]] | None:
    """The (arm, seed) that a record was to have, from its facts; None if that is not known."""
    spec = record.get("spec")
    return {(arm, s) for arm, own in spec["arms"].items() for s in own["seeds"]} if spec else None


def view_of(exhibit: Exhibit, record: Mapping[str, Any], rows: Iterable[Row]) -> View:
    """The view of a record's rows that its claims read, from its facts."""
    return View(rows, exhibit.arms, planned_of(record))


def judge(exhibit: Exhibit, record: Mapping[str, Any], rows: Iterable[Row]) -> list[Judgement]:
    """The verdict on every claim of `exhibit` from a record's facts and rows."""
    view, given = view_of(exhibit, record, rows), conditions(exhibit, record.get("spec"))
    found = [judge_one(claim, record, view.anew()) for claim in exhibit.claims]
    return [replace(judgement, conditions=given) for judgement in found]


def conditions(exhibit: Exhibit, spec: Mapping[str, Any] | None) -> str:
    """Which parameters of a record's runs are not the paper's: "at steps 5,000 (the paper's: 500,000), …".

    One that is the paper's in some of the arms that have it is said to be another "in some arms".
    """
    told = []
    for param in exhibit.params if spec else ():
        found = _values(exhibit, param, spec or {})
        pairs = [pair for pair in found if pair[0] != pair[1]]
        if pairs and param.name not in MEASURED:
            whose = "in full" if param.assumed else "the paper's"
            here, there = (_span(param, [pair[n] for pair in pairs]) for n in (0, 1))
            some = " in some arms" if len(pairs) < len(found) else ""
            told.append(f"{param.name} {here}{some} ({whose}: {there})")
    return f"at {', '.join(told)}" if told else ""


def _span(param: Param, values: list[Any]) -> str:
    """ "32 to 128", or all of them if they are no numbers; "2,500 or no limit" where a 0 stands for that."""
    amounts = [v for v in values if not param.word(v)]
    numbers = amounts and all(isinstance(v, int | float) for v in amounts)
    ends = (min(amounts), max(amounts)) if numbers else amounts
    told = [" to ".join(dict.fromkeys(map(_number, ends))), *map(param.word, values)]
    return " or ".join(dict.fromkeys(filter(None, told)))


def _values(exhibit: Exhibit, param: Param, spec: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """(a value of a parameter, the paper's for that arm) of runs of a spec that have it, each once."""
    found: list[tuple[Any, Any]] = []
    usual, arms = plain(param.value), {a.id: a.params for a in exhibit.arms}
    for arm, own in spec["arms"].items():
        its = arms.get(arm, {})
        paper = plain(its[param.name].value) if param.name in its else usual
        has = {**spec.get("params", {}), **own.get("params", {})}
        pair = has.get(param.name), paper
        found += [pair] if param.name in has and pair not in found else []
    return found


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def judge_one(claim: Claim, record: Mapping[str, Any], view: View) -> Judgement:
    """The verdict on one claim from a record's facts and a view of its rows that only this claim reads."""
    try:
        outcome = claim.test(view)
    except MissingData as e:
        return Judgement(claim, "open", "–", f"not in this record: {e}")
    except Exception as e:  # hours of training must not be lost to a test that its author did not foresee
        failed = (
            f"its test failed: {type(e).__name__}: {e}"  # of no interest where it could decide nothing anyway
        )
        why = _not_finite(view) or lacking(e) or _obstacle(claim, record) or failed
        return Judgement(claim, "open", "–", why)
    obstacle = _not_finite(view) or _obstacle(claim, record)
    if obstacle:
        return Judgement(claim, "open", outcome.ours, obstacle, HERE[outcome.holds])
    return Judgement(claim, *_verdict(claim, outcome))


def _verdict(claim: Claim, outcome: Outcome) -> tuple[str, str, str]:
    """Verdict, our numbers, and the tolerance or the reason."""
    if outcome.gate:
        return "open", outcome.ours, outcome.gate
    if outcome.holds is None:
        return "open", outcome.ours, "the seeds that there are do not decide it"
    if not outcome.holds:
        return "not reproduced", outcome.ours, claim.tolerance
    if outcome.size:
        return "reproduced", outcome.ours, claim.tolerance
    undecided = "; the seeds that there are do not decide the size" if outcome.size is None else ""
    return "direction only", outcome.ours, claim.tolerance + undecided


def _not_finite(view: View) -> str:
    """What the test read that is no finite number, or an empty string. What it did not read is no obstacle."""
    read = [f"{metric} of arm {arm}" for arm, metric in view.not_finite]
    more = f" and {len(read) - 3} more" if len(read) > 3 else ""
    return f"values that are not finite: {', '.join(read[:3])}{more}" if read else ""


def _obstacle(claim: Claim, record: Mapping[str, Any]) -> str:
    """Why the record cannot decide the claim either way, or an empty string."""
    profile, data = record["profile"], record.get("data")
    if profile not in claim.profiles:
        needs = [f"needs {' or '.join(claim.profiles)}"] if claim.profiles else []
        return f"not assessable at {profile}: " + "; ".join([*needs, *filter(None, [claim.elsewhere])])
    if data and data["stand_in"] and not claim.stand_in_ok:
        return str(data["note"])
    if record.get("custom"):
        return f"parameters were changed: {', '.join(record['custom'])}"
    return ""


def said(j: Judgement) -> str:
    """The verdict in words: of a finding of ours there is nothing to reproduce, it holds or it does not."""
    return OURS.get(j.verdict, j.verdict) if j.claim.finding else j.verdict


def counted(judgements: Sequence[Judgement]) -> Sequence[Judgement]:
    """The paper's claims; the findings of an exhibit that has nothing else."""
    return [j for j in judgements if not j.claim.finding] or judgements


def summary(judgements: Sequence[Judgement]) -> str:
    """ "5 of 6 reproduced, 1 open" in one line; findings of ours are counted only where there is nothing else."""
    own = counted(judgements)
    if any(j.claim.finding for j in own):
        return _findings(own)
    count = {v: sum(j.verdict == v for j in own) for v in VERDICTS}
    parts = [f"{count['reproduced']} of {len(own)} reproduced"]
    parts += [f"{n} {v}" for v, n in count.items() if v != "reproduced" and n]
    return ", ".join(parts)


def _findings(judgements: Sequence[Judgement]) -> str:
    """ "4 findings of ours: 2 hold, 1 does not hold, 1 open"."""
    words = {"reproduced": ("holds", "hold"), "not reproduced": ("does not hold", "do not hold")}
    count = {v: sum(j.verdict == v for j in judgements) for v in VERDICTS}
    told = [f"{n} {words.get(v, (v, v))[n > 1]}" for v, n in count.items() if n]
    n = len(judgements)
    return f"{n} finding{'s' * (n > 1)} of ours: {', '.join(told)}"
