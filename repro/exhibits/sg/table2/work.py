"""What trains it: `repro.train.artificial`."""

from repro.train.artificial import run as work

__all__ = ["work"]
