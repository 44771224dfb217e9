"""What trains it: `repro.train.tasks`, which picks `meprop_mlp` (MNIST) or `parsing`; tagging is not there yet."""

from repro.train.tasks import run as work

__all__ = ["work"]
