"""What trains it: `repro.train.tasks`, which picks `meprop_mlp` (MNIST), `parsing` or `tagging`."""

from repro.train.tasks import run as work

__all__ = ["work"]
