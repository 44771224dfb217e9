"""`python -m metadata`: see `metadata.cli`."""

import io
import sys

from metadata.cli import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows ASCII alone is no error
    sys.exit(main())
