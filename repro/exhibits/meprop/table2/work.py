"""What times it: `repro.train.step_time`; an LSTM's steps are not there yet."""

from repro.train.step_time import run as work

__all__ = ["work"]
