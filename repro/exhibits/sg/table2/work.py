"""What trains it: `repro.train.artificial`; the rule is `repro.rules.dni`, its model `repro.rules.linear_sg`."""

from repro.train.artificial import run as work

__all__ = ["work"]
