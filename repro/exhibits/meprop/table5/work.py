"""What trains it: `repro.train.meprop_dropout`, of which Tables 5 and 6 are two settings."""

from repro.train.meprop_dropout import run as work

__all__ = ["work"]
