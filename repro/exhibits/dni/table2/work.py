"""What trains it: `repro.train.fcn`; DNI's rule is `repro.rules.every_layer`, walked by `repro.rules.backward`."""

from repro.train.fcn import run as work

__all__ = ["work"]
