"""What trains it: `repro.train.episodes`, by `repro.train.recurrent`; what is injected, `repro.rules.recurrent`."""

from repro.train.episodes import run as work

__all__ = ["work"]
