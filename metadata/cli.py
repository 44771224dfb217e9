"""The command line of `metadata`: `python -m metadata verify | identify | pins | cite | refresh`."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from metadata import commands
from metadata.errors import MetadataError
from metadata.parse.text import printable

JSON_VERSION = 1
_ABOUT = "Check, identify, cite and refresh the records of the pinned papers."
_EPILOG = """examples:
  {prog} verify metadata/records/*.json    check every field of the two signed records
  {prog} identify paper.md                 is this one of the pinned papers?
  {prog} pins --check                      do the pins still follow from the records?
  {prog} cite dni --format bibtex          cite the pinned version
  {prog} refresh meprop                    show what has changed at registry and arXiv

exit codes: 0 fine · 1 a check failed, or a document is not what it claims · 2 unusable input or no answer
            3 about none of the pinned papers · 4 cannot tell whether it is one
"""
_COMMANDS = {
    "verify": "check documents, field by field",
    "identify": "say which pinned paper a document is, or only claims to be",
    "pins": "show the pinned papers, check or rebuild pins.json",
    "cite": "cite a pinned paper",
    "refresh": "compare with registry and arXiv (needs the network)",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise MetadataError(f"{message}; {self.format_usage().strip()}")


def parser(prog: str = "python -m metadata") -> argparse.ArgumentParser:
    """Return the parser of the command line, which calls itself `prog` in its help; `MetadataError` for usage."""
    raw, flag = argparse.RawDescriptionHelpFormatter, "store_true"
    top = _Parser(prog=prog, description=_ABOUT, epilog=_EPILOG.format(prog=prog), formatter_class=raw)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    subparsers = [commands.add_parser(name, help=text) for name, text in _COMMANDS.items()]
    for command in subparsers:
        command.add_argument("--json", action=flag, help="print JSON instead of text, on failure too")
    verify, identify, pins, cite, refresh = subparsers
    file: dict[str, Any] = {"type": Path, "metavar": "FILE", "help": "a file, or - for standard input"}
    verify.add_argument("files", nargs="+", **file)
    identify.add_argument("file", **file)
    action = pins.add_mutually_exclusive_group()
    action.add_argument("--check", action=flag, help="rebuild from the records and compare")
    action.add_argument("--write", action=flag, help="rebuild from the records and write pins.json")
    names = "dni, sg, meprop, an id with version …; else all"
    cite.add_argument("papers", nargs="*", metavar="PAPER", help=names)
    cite.add_argument("--format", choices=("text", "bibtex", "cff", "codemeta"), default="text")
    cite.add_argument("--write-cff", action=flag, help="rewrite the references of CITATION.cff")
    which = refresh.add_mutually_exclusive_group(required=True)
    which.add_argument("paper", nargs="?", metavar="PAPER", help="dni, sg, meprop or an id with version")
    which.add_argument("--all", action=flag, help="every pinned paper")
    refresh.add_argument("--pith", metavar="NUMBER", help="pith number of a record that is not pinned yet")
    refresh.add_argument("--write", action=flag, help="replace the committed documents if all holds")
    return top


def main(argv: list[str] | None = None, *, prog: str = "python -m metadata") -> int:
    """Run `argv` (default: of the process); return the exit code, as the help tells, or 130; it never raises."""
    argv = sys.argv[1:] if argv is None else argv
    as_json, out, err = "--json" in argv, "", ""  # before the command line is understood
    try:
        options = parser(prog).parse_args(argv)
        as_json = options.json
        run: Callable[[argparse.Namespace], commands.Result] = getattr(commands, options.command)
        code, data, lines = run(options)
        raw = options.command == "cite"  # formats of our own: BibTeX, YAML, JSON
        out = "".join(f"{line if raw else printable(line)}\n" for line in lines)
        if as_json:
            out = _json({"command": options.command, "exit_code": code} | data)
    except SystemExit as e:  # argparse has printed the help
        code = int(e.code or 0)
    except MetadataError as e:
        code, err = e.exit_code, f"error: {printable(str(e))}\n"
        out = _json({"exit_code": code, "error": str(e)}) if as_json else ""
    except KeyboardInterrupt:
        code, err = 130, "interrupted; nothing was changed, or all that was to be\n"
    except (OSError, MemoryError, RecursionError) as e:
        code, err = 2, f"error: {type(e).__name__}: {printable(str(e))}\n"
    return _emit(sys.stderr, err, _emit(sys.stdout, out, code))


def _json(data: dict[str, Any]) -> str:
    # ASCII: values come from documents
    return json.dumps({"schema_version": JSON_VERSION} | data, indent=1) + "\n"


def _emit(stream: Any, text: str, code: int) -> int:
    """Write `text` and return `code`, or 2 if it cannot be written; a reader that leaves is no error."""
    try:
        if stream is not None:
            stream.write(text)
            stream.flush()
        return code if stream is not None or not text else 2
    except (OSError, ValueError) as e:
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the flush on exit fails again
        if isinstance(e, BrokenPipeError):
            return code
        if stream is sys.stdout:
            _emit(sys.stderr, f"error: cannot write the output: {getattr(e, 'strerror', e)}\n", 2)
        return 2
