"""What trains it: `repro.train.meprop_mlp`."""

from repro.train.meprop_mlp import run as work

__all__ = ["work"]
