"""Choose the command, and turn every foreseeable trouble into one sentence and an exit code."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence

from metadata.errors import MetadataError
from repro import __version__
from repro.cli.parser import Parser
from repro.errors import ReproError, UnknownNameError, lacking

COMMANDS = {
    "list": "the exhibits: id, place in the paper, title, committed records",
    "new": "begin an exhibit: its folder and its notebook",
    "plan": "in which order to train what is missing when time is short",
    "run": "train exhibits at a profile; record, table and picture go to an output folder",
    "search": "a parameter's best value for every arm, by held-out data",
    "pack": "write finished runs into a few files that can travel, or the stamp of this commit",
    "merge": "take in the runs that were packed on another machine",
    "reproduce": "run every notebook; what `make reproduce` calls",
    "notebooks": "copy the notebooks into a folder of your own",
    "render": "make an exhibit's notebook from its record",
    "commit": "copy finished records into results/",
    "check": "recompute the verdicts of the committed records, and check the records themselves",
    "status": "which records are fresh, stale (and why) or missing",
    "report": "the README's table of exhibits and verdicts",
    "cite": "cite a number of this repository, with the paper it is about",
    "data": "list, fetch and check the data sets",
    "papers": "verify, identify and cite the pinned papers",
    "bench": "time a training step",
}
PASSED_ON = ("papers",)
"""Commands that parse their own arguments."""

_WHAT = "Rerun, check and cite figures and tables of three papers on synthetic gradients and meProp."
_EPILOG = """examples:
  repro list                              what there is
  repro run dni/table2 --profile quick    train one exhibit, half a minute
  repro run --all --profile cpu --workers 2
  repro check                             do the committed records hold?
  repro COMMAND --help                    more on one command

exit codes: 0 done · 1 something failed, or a check did not hold · 2 unusable input
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # a terminal that lacks a sign shows "?" instead of a traceback
            stream.reconfigure(errors="replace")
    try:
        code = _dispatch(arguments)
        if sys.stdout is not None:  # closed from the start (`>&-`): there is nothing to say it to
            sys.stdout.flush()
    except (ReproError, MetadataError) as e:
        return _say(str(e), e.exit_code)
    except KeyboardInterrupt:
        return _say("interrupted; the same command again resumes where it stopped", 130)
    except ModuleNotFoundError as e:
        if not lacking(e):
            raise
        return _say(lacking(e), 2)
    except BrokenPipeError:  # `repro list | head`: nobody reads on, which is no error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as e:
        if e.filename is None and e.errno != errno.ENOSPC:
            raise
        return _cannot_write(e) if e.filename is None else _say(f"{e.strerror}: {e.filename}", 1)
    return code


def _cannot_write(e: OSError) -> int:
    """A disk is full: that of the output, which on exit would say so once more, or another."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return _say(f"{e.strerror}: nothing more can be written", 1)


def _say(message: str, code: int) -> int:
    print(f"repro: {message}", file=sys.stderr)
    return code


def _dispatch(argv: list[str]) -> int:
    if argv and argv[0] in PASSED_ON:
        return int(importlib.import_module(f"repro.cli.{argv[0]}").main(argv[1:]))
    name = next((a for a in argv if not a.startswith("-")), None)
    if name is not None and name not in COMMANDS:
        raise UnknownNameError("command", name, COMMANDS)
    args = _parser(name).parse_args(argv)
    code: int = args.main(args)
    return code


def _parser(name: str | None) -> argparse.ArgumentParser:
    """The parser with the arguments of one command; the others are only named: start-up stays fast."""
    top = Parser(prog="repro", description=_WHAT, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"repro {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command, summary in COMMANDS.items():
        if command != name:
            commands.add_parser(command, help=summary)
            continue
        module = importlib.import_module(f"repro.cli.{command}")
        sub = commands.add_parser(
            command, help=summary, description=module.__doc__, epilog=f"examples:\n{module.EXAMPLES}"
        )
        module.arguments(sub)
        sub.set_defaults(main=module.main)
    return top
