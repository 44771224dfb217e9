"""What trains it: `repro.train.implied`."""

from repro.train.implied import run as work

__all__ = ["work"]
