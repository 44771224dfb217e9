"""What times it: `repro.train.step_time`."""

from repro.train.step_time import run as work

__all__ = ["work"]
