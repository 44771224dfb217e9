"""What trains it: `repro.train.critical_point`."""

from repro.train.critical_point import run as work

__all__ = ["work"]
