"""What the commands of the command line do: each takes parsed options, prints, and returns the exit code."""

from __future__ import annotations

import argparse
from pathlib import Path

from metadata import show
from metadata.errors import MetadataError
from metadata.pins import PINS_FILE, Pin, load_pins, pin
from metadata.report import Report


def verify(options: argparse.Namespace) -> int:
    """Verify every file; 0 if no check failed, 1 if one did, 2 if a file could not be used at all."""
    results = _verified(options.files)
    codes = [r.exit_code if isinstance(r, MetadataError) else int(bool(r.failed)) for _, r in results]
    code = max(codes)
    if options.json:
        entries = [r.to_json() if isinstance(r, Report) else {"name": n, "error": str(r)} for n, r in results]
        show.json_text({"exit_code": code, "documents": entries})
        return code
    for name, result in results:
        if isinstance(result, Report):
            show.report(result)
        else:
            show.unusable(name, result)
    show.summary(codes)
    return code


def _verified(paths: list[Path]) -> list[tuple[str, Report | MetadataError]]:
    """Return the report on each file, or why there is none; the files may vouch for each other."""
    from metadata import documents, records
    from metadata.arxiv import ArxivPaper
    from metadata.corpus import Corpus
    from metadata.pith_types import PithRecord
    from metadata.verify import verify as check

    committed, pins = records.load(), load_pins()
    read: list[tuple[str, documents.Document | MetadataError]] = []
    for path in paths:
        try:
            read.append((str(path), documents.read(path)))
        except MetadataError as e:
            read.append((str(path), e))
    known = {d.sha256 for d in committed.documents}
    fresh = (d for _, d in read if isinstance(d, documents.Document) and d.sha256 not in known)
    # Listings and manuscripts vouch for nothing: only records and arXiv's pages join the committed documents.
    joining = tuple(d for d in fresh if isinstance(d.content, PithRecord | ArxivPaper))
    corpus = Corpus(committed.documents + joining)
    return [(name, d if isinstance(d, MetadataError) else check(d, corpus, pins)) for name, d in read]


def identify(options: argparse.Namespace) -> int:
    """Identify one file: 0 it is a pinned paper, 1 it only claims to be, 2 unusable, 3 about none of them."""
    from metadata import documents, records
    from metadata.verify import identify_verified

    found = identify_verified(documents.read(options.file), records.load(), load_pins())
    if options.json:
        show.json_text({"exit_code": found.exit_code, **found.to_json()})
    else:
        show.identification(found)
    return found.exit_code


def pins(options: argparse.Namespace) -> int:
    """Show the pins (as text or JSON), check them against the records, or write them anew."""
    from metadata import atomic, build

    if options.write:
        rebuilt = build.build_committed()
        atomic.write(PINS_FILE, build.render(rebuilt).encode("utf-8"))
        print(f"wrote {PINS_FILE.name}: {', '.join(rebuilt)}")
        return 0
    shown = build.check() if options.check else load_pins()
    if options.json:
        print(build.render(shown), end="")
    else:
        show.pins(shown.values())
    if options.check:
        print("pins.json follows from the records")
    return 0


def cite(options: argparse.Namespace) -> int:
    """Print citations of the pinned papers, or rewrite the references of CITATION.cff.

    CodeMeta without a paper named is that of this repository, which refers to all of them.
    """
    from metadata import atomic, cff
    from metadata import cite as citation

    if options.write_cff:
        atomic.write(cff.CFF_FILE, cff.render(cff.CFF_FILE, load_pins().values()).encode("utf-8"))
        print(f"wrote the references of {cff.CFF_FILE.name}")
        return 0
    chosen = _chosen(options.papers)
    if options.format == "codemeta" and not options.papers:
        show.json_text(citation.codemeta_software(cff.repository(), chosen), ascii_only=False)
    elif options.format == "codemeta":
        show.json_text([citation.codemeta(p) for p in chosen], ascii_only=False)
    elif options.format == "cff":
        print(cff.references(chosen))
    else:
        form = {"text": citation.text, "bibtex": citation.bibtex}[options.format]
        print("\n".join(form(p) for p in chosen).rstrip("\n"))
    return 0


def _chosen(names: list[str]) -> list[Pin]:
    return [pin(name) for name in names] if names else list(load_pins().values())


def refresh(options: argparse.Namespace) -> int:
    """Fetch, verify and show the differences; with --write, replace the committed documents if all holds.

    Raises the errors of `metadata.refresh.fetch` and `apply`, `MetadataError` for --pith with --all.
    """
    from metadata import refresh as refreshing
    from metadata.fetch import Fetcher

    chosen = _chosen([] if options.all else [options.paper])
    if options.pith and len(chosen) != 1:
        raise MetadataError("--pith names one record", got="--all", expected="one paper")
    fetcher = Fetcher()
    updates = [u for p in chosen for u in refreshing.fetch(p, fetcher, pith=options.pith)]
    for update in updates:
        show.update(update)
    if not any(u.difference for u in updates):
        print("nothing to replace")
    elif options.write:
        show.pins(refreshing.apply(updates).values())
        print("replaced; look at it with git diff, then run: python -m metadata cite --write-cff")
    else:
        print("nothing was replaced; add --write to do so")
    return 0
