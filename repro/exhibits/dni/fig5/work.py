"""What trains it: `repro.train.two_clocks`; the rule is `repro.rules.two_clocks`."""

from repro.train.two_clocks import run as work

__all__ = ["work"]
