"""What trains it: `repro.train.fcn`."""

from repro.train.fcn import run as work

__all__ = ["work"]
