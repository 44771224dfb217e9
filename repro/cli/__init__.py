"""The command line: `repro …`, or `python -m repro …`. One module a command, imported when it is called."""

import atexit
import gc

from repro.cli.app import main

__all__ = ["main"]

atexit.register(gc.freeze)  # at its end the interpreter would look for garbage in all of torch: half a second
