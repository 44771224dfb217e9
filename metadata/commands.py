"""What the commands of the command line do: each takes parsed options and returns code, data and text."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metadata import show
from metadata.errors import MetadataError
from metadata.pins import PINS_FILE, Pin, load_pins, pin


@dataclass(frozen=True)
class Result:
    """What a command has found: its exit code, the data for `--json`, the lines for people.

    `raw` lines are our own formats (BibTeX, YAML, JSON), printed as they are.
    """

    code: int
    data: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    raw: bool = False


def verify(options: argparse.Namespace) -> Result:
    """Verify every file; the code is that of the worst one."""
    from metadata.check import Report
    from metadata.check.report import SEVERITY

    results = _verified(options.files)
    codes = [r.exit_code for _, r in results]
    lines: list[str] = []
    entries: list[dict[str, object]] = []
    for name, result in results:
        if isinstance(result, Report):
            lines += show.report(result)
            entries.append(result.to_json())
        else:
            lines += show.unusable(name, result)
            entries.append({"name": name, "exit_code": result.exit_code, "error": str(result)})
    return Result(max(codes, key=SEVERITY.index), {"documents": entries}, [*lines, show.summary(codes)])


def _verified(paths: list[Path]) -> list[tuple[str, Any]]:
    """Return the report on each file, or why there is none; the files may vouch for each other."""
    from metadata import check, kinds
    from metadata.pins import committed

    present, pins = committed.load(), load_pins()
    read: list[tuple[str, kinds.Document | MetadataError]] = []
    for path in paths:
        try:
            read.append((str(path), kinds.read(path)))
        except MetadataError as e:
            read.append((str(path), e))
    known = {d.sha256 for d in present.documents}
    fresh = (d for _, d in read if isinstance(d, kinds.Document) and d.sha256 not in known)
    # Listings and manuscripts vouch for nothing: only records and arXiv's pages join the committed documents.
    joining = tuple(d for d in fresh if not isinstance(d.content, kinds.PaperText))
    corpus = check.Corpus(present.documents + joining)

    def judged(d: kinds.Document) -> check.Report:
        # What a text shows is compared with the committed documents alone: a page beside it may be forged too.
        return check.verify(d, present if isinstance(d.content, kinds.PaperText) else corpus, pins)

    return [(name, d if isinstance(d, MetadataError) else judged(d)) for name, d in read]


def identify(options: argparse.Namespace) -> Result:
    """Identify one file: see the exit codes of `metadata.check.identify`."""
    from metadata import check, kinds
    from metadata.pins import committed

    found = check.identify_verified(kinds.read(options.file), committed.load(), load_pins())
    return Result(found.exit_code, found.to_json(), list(show.identification(found)))


def pins(options: argparse.Namespace) -> Result:
    """Show the pins, check them against the records, or write them anew."""
    from metadata.pins import build

    shown = build.write() if options.write else build.check() if options.check else load_pins()
    data = {
        "papers": json.loads(build.render(shown))["papers"],
        "checked": bool(options.check or options.write),
    }
    end = {
        "write": f"wrote {PINS_FILE.name}: {', '.join(shown)}",
        "check": "pins.json follows from the records",
    }
    said = [words for option, words in end.items() if getattr(options, option)]
    return Result(0, data, [*show.pins(shown.values()), *said])


def cite(options: argparse.Namespace) -> Result:
    """Cite the pinned papers, or rewrite the references of CITATION.cff.

    CodeMeta without a paper named is that of this repository, which refers to all of them.
    """
    from metadata import cff
    from metadata import cite as citation
    from metadata.pins import store

    if options.write_cff:
        text = cff.render(cff.CFF_FILE, load_pins().values())
        store.replace({cff.CFF_FILE: text.encode("utf-8")})
        return Result(0, {"wrote": cff.CFF_FILE.name}, [f"wrote the references of {cff.CFF_FILE.name}"])
    chosen = _chosen(options.papers)
    trust = [show.cited(p) for p in chosen]
    cited: Any
    if options.format == "codemeta":
        named = [citation.codemeta(p) for p in chosen]
        cited = named if options.papers else citation.codemeta_software(cff.repository(), chosen)
        lines = [
            json.dumps(cited, indent=1, ensure_ascii=False)
        ]  # JSON has no comments: see --json for the trust
    elif options.format == "cff":
        cited = [citation.cff_reference(p) for p in chosen]
        lines = [*(f"# {line}" for line in trust), cff.references(chosen).rstrip()]
    else:
        form, mark = (citation.text, "  trust: ") if options.format == "text" else (citation.bibtex, "% ")
        cited = [form(p) for p in chosen]
        pairs = zip(cited, trust, strict=True)
        lines = [f"{c}\n{mark}{t}" if options.format == "text" else f"{mark}{t}\n{c}" for c, t in pairs]
    fields = {p.arxiv: {e.field: e.trust for e in p.evidence} for p in chosen}
    return Result(0, {"format": options.format, "citations": cited, "trust": fields}, lines, raw=True)


def _chosen(names: list[str]) -> list[Pin]:
    return [pin(name) for name in names] if names else list(load_pins().values())


def refresh(options: argparse.Namespace) -> Result:
    """Fetch, verify and show the differences; with --write, replace the committed documents if all holds.

    Raises the errors of `metadata.pins.refresh`, `MetadataError` for --pith with --all.
    """
    from metadata.fetch import Client, Limits
    from metadata.pins import refresh as refreshing

    chosen = _chosen([] if options.all else [options.paper])
    if options.pith and len(chosen) != 1:
        raise MetadataError("--pith names one record", got="--all", expected="one paper")
    client = Client(refreshing.USER_AGENT, Limits(gap_s=refreshing.GAP_S))
    updates = [u for p in chosen for u in refreshing.fetch(p, client, pith=options.pith)]
    lines = [line for u in updates for line in show.update(u)]
    plan = refreshing.plan(updates) if any(u.difference for u in updates) else None
    changes = list(plan.changes) if plan else []
    lines += [f"pins: {change}" for change in changes]
    if plan and options.write:
        refreshing.apply(plan)
        lines += ["replaced; look at it with git diff, then run: python -m metadata cite --write-cff"]
    else:
        lines += ["nothing was replaced; add --write to do so" if plan else "nothing to replace"]
    documents = [{"name": u.name, "difference": u.difference, "warnings": u.warnings} for u in updates]
    data = {"documents": documents, "changes": changes, "replaced": bool(plan and options.write)}
    return Result(0, data, lines)
