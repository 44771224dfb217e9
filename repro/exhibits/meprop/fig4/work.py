"""What trains it: `repro.train.meprop_mlp`; what is kept, `repro.rules.meprop`, acts in `repro.nets.dense`."""

from repro.train.meprop_mlp import run as work

__all__ = ["work"]
