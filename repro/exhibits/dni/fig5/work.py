"""What trains it."""

from repro.train.two_clocks import run as work

__all__ = ["work"]
