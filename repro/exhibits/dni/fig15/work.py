"""What trains it: `repro.train.cnn` by way of `repro.train.feedforward`, as dni/table2."""

from repro.train.feedforward import run as work

__all__ = ["work"]
