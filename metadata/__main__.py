"""`python -m metadata`: see `metadata.cli`."""

import sys

from metadata.cli import main

if __name__ == "__main__":
    sys.exit(main())
