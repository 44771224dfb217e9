"""Runs of DNI's feed-forward nets, fully connected (`repro.train.fcn`) or convolutional (`repro.train.cnn`)."""

from __future__ import annotations

from repro.errors import UnknownNameError
from repro.train import cnn, fcn
from repro.train.given import Given
from repro.train.loop import Context, Result

NETS = {"fcn": fcn.run, "cnn": cnn.run}


def run(given: Given, ctx: Context) -> Result:
    """Train what the setting `net` names, fully connected nets if there is none; `UnknownNameError` for others."""
    if (kind := given.setting("net", "fcn")) not in NETS:
        raise UnknownNameError("kind of net", kind, NETS)
    return NETS[kind](given, ctx)
