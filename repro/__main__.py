"""`python -m repro`: see `repro.cli`."""

import sys

from repro.cli import main

if __name__ == "__main__":  # local worker processes import this module without running it
    sys.exit(main())
