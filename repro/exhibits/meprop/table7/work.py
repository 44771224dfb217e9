"""What trains it: `repro.train.backward_time`."""

from repro.train.backward_time import run as work

__all__ = ["work"]
