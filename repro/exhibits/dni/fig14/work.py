"""What trains it: `repro.train.feedforward`, as dni/table2; a linear model is `SyntheticGradients` without layers."""

from repro.train.feedforward import run as work

__all__ = ["work"]
