"""The tables of a notebook, from spec and record alone: what was used, how we differ, where numbers come from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from repro.notebook.arguments import in_words
from repro.record.record import Record, seeds_of
from repro.record.run import arms_of
from repro.show.tables import Table, escaped
from repro.show.words import NAMED, few, missing_runs, source_of, spans, threads
from repro.spec import Deviation, Exhibit, Param

ARMS = 5
"""Arms that a cell of the specification names if no setting is theirs alone; of more, how many and the first."""


def specification(exhibit: Exhibit, profile: str, spec: Mapping[str, Any]) -> Table:
    """Every hyper-parameter: the value that the runs of `spec` used, the paper's, its source, why ours differs."""
    rows = []
    for p in exhibit.params:
        here = "; ".join(_why(exhibit, profile, p.name))
        source = f"{source_of(p)}; here: {here}" if here else source_of(p)
        paper = "not stated" if p.assumed else _papers(exhibit, p, spec)
        rows.append((p.name, _used(exhibit, p, spec), paper, source, p.doc))
    return Table(("parameter", "used", "paper", "source", "meaning"), rows, _size(exhibit, profile))


def _used(exhibit: Exhibit, param: Param, spec: Mapping[str, Any]) -> str:
    """The value of a parameter that all arms share, else the first arm's and, where others have another, theirs.

    An arm that does not have the parameter is left out; "not used" if that is all of them.
    """
    name = param.name
    if name in spec["params"]:
        return in_words(param, spec["params"][name])
    arms: dict[str, list[str]] = {}  # value → the arms that use it, in order
    for arm, own in spec["arms"].items():
        if name in own["params"]:
            arms.setdefault(in_words(param, own["params"][name]), []).append(arm)
    return _by_arm(exhibit, arms, spec) if arms else "not used"


def _papers(exhibit: Exhibit, param: Param, spec: Mapping[str, Any]) -> str:
    """The paper's value of a parameter, and of arms that have another in the paper theirs."""
    arms: dict[str, list[str]] = {in_words(param, param.value): []}
    for a in (a for a in exhibit.arms if a.id in spec["arms"]):
        if param.name in a.params and param.name in {**spec["params"], **spec["arms"][a.id]["params"]}:
            arms.setdefault(in_words(param, a.params[param.name].value), []).append(a.id)
    return _by_arm(exhibit, arms, spec, usual=in_words(param, param.value))


def _by_arm(
    exhibit: Exhibit, arms: Mapping[str, list[str]], spec: Mapping[str, Any], usual: str | None = None
) -> str:
    """Values with the arms that have them, but for the first: the `usual` one, else the commonest."""
    (first, _), *others = sorted(arms.items(), key=lambda item: (item[0] != usual, -len(item[1])))
    return "; ".join([first, *(f"{_called(exhibit, own, spec['arms'])}: {value}" for value, own in others)])


def _why(exhibit: Exhibit, profile: str, name: str) -> Iterator[str]:
    """The profile's reasons for its value of a parameter, and for those of single arms (each reason once).

    An arm's own value in the paper is told with its place, unless the profile has another.
    """
    chosen = exhibit.profile(profile)
    reasons: dict[str, list[str]] = {}
    if name in chosen.overrides:
        yield chosen.overrides[name].why
    else:
        for a in arms_of(exhibit, chosen):
            if name in a.params and name not in chosen.arm_overrides.get(a.id, {}):
                reasons.setdefault(a.params[name].why, []).append(a.id)
    for arm, overrides in chosen.arm_overrides.items():
        if name in overrides:
            reasons.setdefault(overrides[name].why, []).append(arm)
    there = [a.id for a in arms_of(exhibit, chosen)]
    yield from (f"{_called(exhibit, arms, there)}: {why}" for why, arms in reasons.items())


def _called(exhibit: Exhibit, ids: Sequence[str], among: Collection[str]) -> str:
    """Some of the arms `among`: "all arms", or by the setting that these alone share, or by their names."""
    if {*ids} == {*among} and len(ids) > 1:
        return "all arms"
    settings = {a.id: a.setting for a in exhibit.arms if a.id in among}
    said = dict.fromkeys((k, str(v)) for i in ids for k, v in settings.get(i, {}).items())
    for key, value in said if len(ids) > NAMED else ():
        if {i for i, own in settings.items() if str(own.get(key)) == value} == {*ids}:
            return f"{key} {value}"
    return few(ids, "arms", ARMS)


def _size(exhibit: Exhibit, profile: str) -> str:
    """The profile in one line: data, seeds, arms, budget."""
    chosen = exhibit.profile(profile)
    all_ = len(exhibit.arms)
    arms = f"{len(chosen.arms)} of {all_} arms" if chosen.arms else f"all {all_} arms"
    used = dict.fromkeys(a.dataset or chosen.dataset for a in arms_of(exhibit, chosen))
    data = ", ".join(filter(None, used)) or "none"
    allowed = f" (stand-in allowed: {chosen.stand_in})" if chosen.stand_in else ""
    more = ", more for some arms" if chosen.more_seeds else ""
    seeds = spans(chosen.seeds) + more
    return f"profile {profile}: data set {data}{allowed}; seeds {seeds}; {arms}; budget: {chosen.budget}"


def deviations(exhibit: Exhibit) -> str:
    """The numbered differences from the paper, those with a known effect first, as Markdown paragraphs."""
    known = [d for d in exhibit.deviations if d.effect != "unknown"]
    other = [d for d in exhibit.deviations if d.effect == "unknown"]
    told = [f"{_deviation(d)} *Effect:* {escaped(d.effect)}." for d in known]
    if other:
        told.append("Of unknown effect:\n\n" + "\n".join(f"- {_deviation(d)}" for d in other))
    return "\n\n".join(told) or "None known."


def _deviation(d: Deviation) -> str:
    paper, ours, why = (escaped(t) for t in (d.paper, d.ours, d.why))
    return f"**{d.number} · {escaped(d.what)}.** The paper: {paper}. Ours: {ours}, because: {why}."


def provenance(record: Record) -> Table:
    """Where the numbers come from: paper, record, code, machine, time."""
    f = record.facts
    paper, code = f["paper"], f["code"]
    machines = [f"{e['device']}, {threads(e)}, torch {e['torch']}" for e in f["environment"]]
    dirty = " with uncommitted changes" if code["dirty"] else ""
    earlier = "".join(f"; {len(e['runs'])} runs made at {e['commit']}" for e in code.get("earlier", ()))
    rows = [
        (
            "paper",
            f"arXiv:{paper['arxiv']}, {paper['title']} (identity: {paper['trust']}, see docs/metadata.md)",
        ),
        ("record", f"{record.exhibit} at {record.profile}, SHA-256 {record.sha256()}"),
        ("spec", f"SHA-256 {f['spec_sha256']}"),
        ("data", str((f["data"] or {}).get("note") or "none")),
        ("seeds", spans(seeds_of(f))),
        ("code", f"commit {code['commit']}{dirty}, {len(code['modules'])} modules with digests{earlier}"),
        ("device", "; ".join(dict.fromkeys(machines))),
        ("time", f"{f['timing']['wall_s']} s of computing, peak {f['timing']['peak_memory_mb']} MB"),
        ("made", f["created"]),
        ("missing", missing(record) or "nothing"),
        *([("changed", ", ".join(f["custom"]))] if f.get("custom") else []),
    ]
    return Table(("", ""), rows)


def missing(record: Record) -> str:
    """The runs that a record lacks, by reason."""
    return "; ".join(f"{runs} ({why})" for why, runs in missing_runs(record.facts["missing"]).items())
