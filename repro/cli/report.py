"""Print, write or check the README's table of exhibits and verdicts, made from the committed records."""

from __future__ import annotations

import argparse

EXAMPLES = """  repro report
  repro report --write                        put it into README.md
  repro report --check                        exit 1 if README.md is out of date
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Print, `--write` or `--check`."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="update README.md")
    what.add_argument("--check", action="store_true", help="compare with README.md")


def main(args: argparse.Namespace) -> int:
    """Carry it out."""
    from repro.report import readme_block, update_readme

    if not (args.write or args.check):
        print(readme_block())
        return 0
    current = update_readme(check=args.check)
    if args.check and not current:
        print("README.md is out of date: repro report --write")
        return 1
    return 0
