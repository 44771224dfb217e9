"""What trains it: `repro.train.deep`."""

from repro.train.deep import run as work

__all__ = ["work"]
