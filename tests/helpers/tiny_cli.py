"""`repro` with the tiny exhibit among the others: what a user would call after adding an exhibit."""

import sys

import repro.exhibits

repro.exhibits.EXTRA["meprop/tiny"] = "tiny"

if __name__ == "__main__":
    from repro.cli import main

    sys.exit(main())
