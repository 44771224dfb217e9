"""What trains it: `repro.train.unified`."""

from repro.train.unified import run as work

__all__ = ["work"]
