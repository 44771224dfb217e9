"""Cite a number of this repository: the record, its SHA-256, the code behind it, the paper it is about."""

from __future__ import annotations

import argparse

from repro.cli.parser import add_profile
from repro.cli.records import recorded_profile
from repro.errors import UnknownNameError
from repro.exhibits import get
from repro.paths import results_dir
from repro.record.fresh import require_fresh
from repro.record.store import load

STYLES = ("text", "bibtex")
EXAMPLES = """  repro cite dni/table2                       from the best committed record
  repro cite dni/table2 --profile quick --style bibtex
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibit, the profile, the style."""
    parser.add_argument("exhibit", metavar="EXHIBIT", help="like dni/table2")
    add_profile(parser, None, "default: the one on whose record most claims stand")
    parser.add_argument("--style", type=_style, default="text", metavar="S", help="text (default) or bibtex")


def main(args: argparse.Namespace) -> int:
    """Print the citation."""
    from repro.show.citing import citation

    exhibit = get(args.exhibit)
    record = load(results_dir(), exhibit.id, args.profile or recorded_profile(exhibit))
    require_fresh(exhibit, record)
    print(citation(exhibit, record, args.style).rstrip())
    return 0


def _style(text: str) -> str:
    if text not in STYLES:
        raise UnknownNameError("style", text, STYLES)
    return text
