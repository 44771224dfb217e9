"""What the commands of the command line do: each takes parsed options and returns code, data and lines of text.

Text from documents may be hostile: whoever prints the lines escapes control characters.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metadata import check, kinds
from metadata import cite as citing
from metadata.errors import MetadataError
from metadata.pins import PINS_FILE, Pin, build, committed, load_pins, pin

_SHOWN = ("title", "authors", "proceedings", "date", "submitted", "doi", "pith", "primary_cat", "license")
_CITED = ("title", "authors", "proceedings", "doi", "pith")
_OUTCOMES = {  # the worst of several documents comes last
    0: "passed", 3: "about none of the pinned papers", 4: "cannot be told", 1: "failed a check", 2: "unusable"
}  # fmt: skip


Result = tuple[int, dict[str, Any], list[str]]
"""Exit code, data for `--json`, and lines for people."""


def verify(options: argparse.Namespace) -> Result:
    """Verify every file, with every check, warning and field's trust; the code is that of the worst one."""
    codes, lines, entries = list[int](), list[str](), list[dict[str, object]]()
    for name, result in _verified(options.files):
        codes.append(result.exit_code)
        lines.append(name)
        if isinstance(result, MetadataError):
            entries.append({"name": name, "exit_code": result.exit_code, "error": str(result)})
            lines.append(f"  unusable: {result}")
            continue
        entries.append(result.to_json())
        lines.append(f"  {result.kind}: {result.subject}")
        lines += [f"  {c.status:<15} {c.name:<21} {c.detail}" for c in result.checks]
        lines += [f"  {'warning':<15} {'not interpreted':<21} {words}" for words in result.warnings]
        lines += [f"    {f.trust:<12} {f.field:<37} {f.detail}" for f in result.fields]
    counts = [f"{codes.count(code)} {words}" for code, words in _OUTCOMES.items() if code in codes]
    lines.append(f"{len(codes)} document{'s' * (len(codes) != 1)}: {', '.join(counts)}")
    return max(codes, key=list(_OUTCOMES).index), {"documents": entries}, lines


def _verified(paths: list[Path]) -> Iterator[tuple[str, check.Report | MetadataError]]:
    """Yield the report on each file, or why there is none; the files may vouch for each other."""
    present, pins, read = committed.load(), load_pins(), list[kinds.Document | MetadataError]()
    for path in paths:
        try:
            read.append(kinds.read(path))
        except MetadataError as e:
            read.append(e)
    # Listings and manuscripts vouch for nothing, and are compared with the committed documents alone, for a page
    # beside them may be forged too: only records and arXiv's pages join.
    texts = [d for d in read if isinstance(d, kinds.Document) and isinstance(d.content, kinds.PaperText)]
    known = {d.sha256 for d in (*present.documents, *texts)}
    fresh = (d for d in read if isinstance(d, kinds.Document) and d.sha256 not in known)
    corpus = kinds.Corpus((*present.documents, *fresh))
    for path, d in zip(paths, read, strict=True):
        vouching = present if d in texts else corpus
        yield str(path), d if isinstance(d, MetadataError) else check.verify(d, vouching, pins)


def identify(options: argparse.Namespace) -> Result:
    """Identify one file, with the evidence and what would settle it; codes of `metadata.check.identify`."""
    found = check.identify_verified(kinds.read(options.file), committed.load(), load_pins())
    lines = [f"{found.name}: {found.sentence}"]
    lines += [f"  {fact.weight:<9} {fact.about:<16} {fact.detail}" for fact in found.facts]
    lines += [f"  {'to settle':<26} {what}" for what in found.settle]
    return found.exit_code, found.to_json(), lines


def pins(options: argparse.Namespace) -> Result:
    """Show the pins with trust and sources of each field, check them against the records, or write them anew."""
    shown = build.write() if options.write else build.check() if options.check else load_pins()
    lines = [line for p in shown.values() for line in _pin(p)]
    if options.write:
        lines.append(f"wrote {PINS_FILE.name}: {', '.join(shown)}")
    if options.check:
        lines.append("pins.json follows from the records")
    return 0, {"papers": build.to_json(shown), "checked": bool(options.check or options.write)}, lines


def _pin(of: Pin) -> Iterator[str]:
    yield f"{of.arxiv} ({of.short}), {of.trust}: {'a' if of.pith else 'no'} signed record behind its id"
    values = {name: getattr(of, name) for name in _SHOWN}
    values["authors"], values["proceedings"] = ", ".join(of.authors), of.venue
    values["date"] = f"{of.date}, of {of.date_of}"
    for name, value in values.items():
        why = of.why(name)
        yield f"  {name:<12} {why.trust:<12} {value or 'none'}"
        yield f"  {'':<25} {', '.join((why.source, *why.also))}"


def cite(options: argparse.Namespace) -> Result:
    """Cite papers with the trust of each field (CodeMeta of none named: this repository), or write CITATION.cff."""
    file = citing.CFF_FILE
    if options.write_cff:
        committed.replace({file: citing.render(file, load_pins().values()).encode("utf-8")}, {})
        return 0, {"wrote": file.name}, [f"wrote the references of {file.name}"]
    chosen = _chosen(options.papers)
    trust = [f"{p.arxiv}: " + ", ".join(f"{name} {p.why(name).trust}" for name in _CITED) for p in chosen]
    cited: Any = [citing.FORMATS[options.format](p) for p in chosen]
    if options.format == "codemeta":  # JSON has no comments: see --json for the trust
        cited = cited if options.papers else citing.codemeta_software(citing.repository(), chosen)
        lines = [json.dumps(cited, indent=1, ensure_ascii=False)]
    elif options.format == "cff":
        lines = [*(f"# {line}" for line in trust), citing.references(chosen).rstrip()]
    else:
        form = "% {t}\n{c}" if options.format == "bibtex" else "{c}\n  trust: {t}"
        lines = [form.format(c=c, t=t) for c, t in zip(cited, trust, strict=True)]
    fields = {p.arxiv: {e.field: e.trust for e in p.evidence} for p in chosen}
    return 0, {"format": options.format, "citations": cited, "trust": fields}, lines


def _chosen(names: list[str]) -> list[Pin]:
    return [pin(name) for name in names] if names else list(load_pins().values())


def refresh(options: argparse.Namespace) -> Result:
    """Fetch, verify, show the differences and, with --write, replace; `MetadataError` for --pith with --all."""
    from metadata.fetch import Client, Limits  # loads the network
    from metadata.pins import refresh as refreshing

    chosen = _chosen([] if options.all else [options.paper])
    if options.pith and len(chosen) != 1:
        raise MetadataError("--pith names one record", got="--all", expected="one paper")
    client, lines = Client(refreshing.USER_AGENT, Limits(gap_s=refreshing.GAP_S)), list[str]()
    updates = [u for p in chosen for u in refreshing.fetch(p, client, pith=options.pith)]
    for u in updates:
        says = "differs" if u.difference else "says the same as the committed one"
        lines += [f"{u.name}: verified, {says}", *(f"  warning: not interpreted: {w}" for w in u.warnings)]
        lines += [f"  {line}" for line in u.difference]
    plan = refreshing.plan(updates) if any(u.difference for u in updates) else None
    changes, replaced = list(plan.changes) if plan else [], bool(plan and options.write)
    lines += [f"pins: {change}" for change in changes]
    if plan and options.write:
        committed.replace(plan.files, plan.expected)
        lines += ["replaced; look at it with git diff, then run: python -m metadata cite --write-cff"]
    else:
        lines += ["nothing was replaced; add --write to do so" if plan else "nothing to replace"]
    documents = [{"name": u.name, "difference": u.difference, "warnings": u.warnings} for u in updates]
    return 0, {"documents": documents, "changes": changes, "replaced": replaced}, lines
