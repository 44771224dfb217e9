"""What trains it: `repro.train.sequences`."""

from repro.train.sequences import run as work

__all__ = ["work"]
