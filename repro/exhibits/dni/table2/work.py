"""What trains it: `repro.train.feedforward`; DNI's rules are `repro.rules.every_layer` and `repro.rules.conv_sg`."""

from repro.train.feedforward import run as work

__all__ = ["work"]
