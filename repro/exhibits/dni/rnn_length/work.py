"""What trains it: `repro.train.episodes`."""

from repro.train.episodes import run as work

__all__ = ["work"]
