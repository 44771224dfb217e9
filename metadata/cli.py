"""The command line of `metadata`: `python -m metadata verify | identify | pins | cite | refresh`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from metadata.errors import MetadataError
from metadata.text import printable

_ABOUT = "Check, identify, cite and refresh the records of the pinned papers."
_EPILOG = """examples:
  {prog} verify metadata/records/*.json    check every field of the two signed records
  {prog} identify paper.md                 is this one of the pinned papers?
  {prog} pins --check                      do the pins still follow from the records?
  {prog} cite dni --format bibtex          cite the pinned version
  {prog} refresh meprop                    show what has changed at registry and arXiv

exit codes: 0 fine · 1 a check failed, or a document is not what it claims · 2 unusable input or no answer
            3 (identify) about none of the pinned papers
"""


def parser(prog: str = "python -m metadata") -> argparse.ArgumentParser:
    """Return the parser of the command line, which calls itself `prog` in its help."""
    raw = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        prog=prog, description=_ABOUT, epilog=_EPILOG.format(prog=prog), formatter_class=raw
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="check documents, field by field")
    identify = commands.add_parser(
        "identify", help="say which pinned paper a document is, or only claims to be"
    )
    for command in (verify, identify):
        command.add_argument("--json", action="store_true", help="print JSON instead of text")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE")
    identify.add_argument("file", type=Path, metavar="FILE")
    pins = commands.add_parser("pins", help="show the pinned papers, check or rebuild pins.json")
    action = pins.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="rebuild from the records and compare")
    action.add_argument("--write", action="store_true", help="rebuild from the records and write pins.json")
    action.add_argument("--json", action="store_true", help="print the pins with their evidence as JSON")
    cite = commands.add_parser("cite", help="cite a pinned paper")
    cite.add_argument(
        "papers", nargs="*", metavar="PAPER", help="dni, sg, meprop or id with version; else all"
    )
    cite.add_argument("--format", choices=("text", "bibtex", "cff", "codemeta"), default="text")
    cite.add_argument("--write-cff", action="store_true", help="rewrite the references of CITATION.cff")
    refresh = commands.add_parser("refresh", help="compare with registry and arXiv (needs the network)")
    which = refresh.add_mutually_exclusive_group(required=True)
    which.add_argument("paper", nargs="?", metavar="PAPER", help="dni, sg, meprop or an id with version")
    which.add_argument("--all", action="store_true", help="every pinned paper")
    refresh.add_argument("--pith", metavar="NUMBER", help="pith number of a record that is not pinned yet")
    refresh.add_argument("--write", action="store_true", help="replace the committed documents if all holds")
    return top


def main(argv: list[str] | None = None, *, prog: str = "python -m metadata") -> int:
    """Run the command line `argv` (default: of the process) and return its exit code; it never raises.

    Codes: 0 fine, 1 a check failed, 2 unusable input, 3 `identify` found none of the pinned papers.
    """
    from metadata import commands

    try:
        options = parser(prog).parse_args(argv)
    except SystemExit as e:  # argparse has printed help or usage already
        return int(e.code or 0)
    try:
        run = getattr(commands, options.command)
        code = int(run(options))
        sys.stdout.flush()
        return code
    except MetadataError as e:
        print(f"error: {printable(str(e))}", file=sys.stderr)
        return e.exit_code
    except BrokenPipeError:  # a reader like `head` has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the exit flush fails again
        return 0
    except KeyboardInterrupt:
        print("interrupted; nothing was changed", file=sys.stderr)
        return 130
