"""What the commands' arguments share: a parser with helpful errors, and the types of common options."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from repro.device import DEVICES
from repro.errors import BadValueError, UnknownNameError
from repro.exhibits import all_exhibits, get, ids
from repro.spec import PROFILES, Exhibit


class Parser(argparse.ArgumentParser):
    """argparse that raises one sentence with the nearest name instead of printing its usage and exiting."""

    def __init__(self, **options: Any):
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(**options, formatter_class=raw, allow_abbrev=False)

    def add_argument(self, *names: Any, **options: Any) -> Any:
        """As argparse, but what may be given no times is not called required when something else is missing."""
        given = {"default": [], **options} if options.get("nargs") == "*" else options
        return super().add_argument(*names, **given)

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        raise BadValueError(f"{message} (see {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse, but exhibits may stand among the options, and what is left over is refused by name."""
        found, extra = super().parse_known_args(args, namespace)
        if extra and not extra[0].startswith("-") and hasattr(found, "ids"):
            loose = [e for e in extra if not e.startswith("-")]
            found.ids, extra = [*found.ids, *loose], extra[len(loose) :]
        if extra and extra[0].startswith("-"):
            options = [o for a in self._actions for o in a.option_strings if o.startswith("--")]
            raise UnknownNameError("option", extra[0].partition("=")[0], options)
        if extra:
            self.error(f"unexpected argument {extra[0]!r}")
        return found, []


def add_ids(parser: argparse.ArgumentParser) -> None:
    """Positional exhibit ids, or `--all`."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="an exhibit, like dni/table2 (see repro list)")
    parser.add_argument("--all", action="store_true", help="every exhibit")


def chosen(args: argparse.Namespace, none_means_all: bool = False) -> list[Exhibit]:
    """The exhibits that were named, each once; every unknown name is refused before anything starts."""
    if args.ids and getattr(args, "all", False):
        raise BadValueError("give exhibits or --all, not both")
    if getattr(args, "all", False) or (none_means_all and not args.ids):
        return all_exhibits()
    if not args.ids:
        raise BadValueError(f"which exhibits? Give one or more of {', '.join(ids())}, or --all")
    return [get(i) for i in dict.fromkeys(args.ids)]


def add_profile(parser: argparse.ArgumentParser, default: str | None, what: str) -> None:
    """`--profile`, checked against the four names."""
    shown = f"{', '.join(PROFILES)} ({what})"
    parser.add_argument("--profile", type=profile, default=default, metavar="P", help=shown)


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: for scripts."""
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")


def print_json(data: object) -> None:
    """Indented JSON on standard output."""
    print(json.dumps(data, indent=1, ensure_ascii=False))


def profile(text: str) -> str:
    """A profile's name."""
    return _one_of("profile", text, PROFILES)


def device(text: str) -> str:
    """A device's name, or `any`."""
    return _one_of("device", text, (*DEVICES, "any"))


def _one_of(kind: str, text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise UnknownNameError(kind, text, known)
    return text


def seeds(text: str) -> tuple[int, ...]:
    """Seeds as "0,1,2" or "0-4"."""
    from repro.notebook.arguments import parse_seeds

    found = parse_seeds(text)
    if found is None:
        raise BadValueError("--seeds is empty: expected whole numbers from 0 up, like 0,1,2 or 0-4")
    return found


def names(text: str) -> tuple[str, ...]:
    """Names as "a,b,c"."""
    found = tuple(filter(None, (part.strip() for part in text.split(","))))
    if not found:
        raise BadValueError(f"{text!r} names nothing; expected names with commas between, like dni-3,cdni-3")
    return found


def seconds(text: str) -> float:
    """A time as "90s", "40m", "2h" or a number of seconds."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    try:
        found = float(number) * units[unit]
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise BadValueError(f"{text!r} is no time; expected one like 90s, 40m or 2h")
    return found


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise BadValueError(f"got {text!r}; expected a whole number of at least 1")
    return int(text)


def setting(text: str) -> tuple[str, str]:
    """A parameter's name and value from "name=value"."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise BadValueError(f"--set {text!r}: expected name=value, like steps=100")
    return name.strip(), value.strip()


def existing_folder(text: str) -> Path:
    """A folder that is there."""
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise BadValueError(f"{text!r} is not a folder: correct the name, or create it first")
    return path


def folder(text: str) -> Path:
    """A folder that may still have to be made."""
    path = Path(text).expanduser().resolve()
    if path.exists() and not path.is_dir():
        raise BadValueError(f"{text!r} is a file; expected a folder")
    return path


def tell(broken: Mapping[str, str]) -> None:
    """On stderr, of each exhibit that cannot be read why."""
    for exhibit, why in broken.items():
        print(f"{exhibit} is left out: {why}", file=sys.stderr)
