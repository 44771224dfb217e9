"""The command line: `repro …`, or `python -m repro …`. One module a command, imported when it is called."""

from repro.cli.app import main

__all__ = ["main"]
