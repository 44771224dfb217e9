"""Print, write or check what is generated: the README's table of exhibits and verdicts, and the pages in docs/."""

from __future__ import annotations

import argparse

from repro.paths import checkout

EXAMPLES = """  repro report
  repro report --write                        update README.md and the pages in docs/
  repro report --check                        exit 1 if one of them is out of date
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Print, `--write` or `--check`."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="update the files")
    what.add_argument("--check", action="store_true", help="compare with the files")


def main(args: argparse.Namespace) -> int:
    """Carry it out."""
    from repro.show import pages
    from repro.show.readme import readme_block, update_readme

    if not (args.write or args.check):
        print(readme_block())
        return 0
    checkout("the README")
    current = {"README.md": update_readme(check=args.check), "docs/": pages.update(check=args.check)}
    late = [name for name, holds in current.items() if not holds]
    if args.check and late:
        print(f"out of date: {', '.join(late)}; repro report --write brings them up to date")
        return 1
    return 0
