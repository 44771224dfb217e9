"""What trains it: `repro.train.tasks`, which picks a learner by task."""

from repro.train.tasks import run as work

__all__ = ["work"]
