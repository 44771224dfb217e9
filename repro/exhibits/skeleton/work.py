"""What trains it: a family that exhibits share. If nobody else will use yours, write the learner here instead.

A learner reads its settings and parameters from `given` (see `repro.train.given`); `repro.train.loop.fit` drives it.
"""

from repro.train.fcn import run as work

__all__ = ["work"]
