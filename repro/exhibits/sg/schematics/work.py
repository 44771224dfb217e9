"""What carries it out: `repro.train.schematic`."""

from repro.train.schematic import run as work

__all__ = ["work"]
