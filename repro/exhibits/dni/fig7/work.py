"""What trains it: `repro.train.at_random`; its rules are `repro.rules.at_random` and `repro.rules.unlocked`."""

from repro.train.at_random import run as work

__all__ = ["work"]
