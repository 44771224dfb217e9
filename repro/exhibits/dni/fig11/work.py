"""What trains it: `repro.train.fcn`; the rule is `repro.rules.every_layer`, its errors `repro.analysis.fidelity`."""

from repro.train.fcn import run as work

__all__ = ["work"]
