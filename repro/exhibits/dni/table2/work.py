"""What trains it: `repro.train.fcn` and `.cnn`; DNI's rules are `repro.rules.every_layer` and `.conv_sg`."""

from repro.errors import UnknownNameError
from repro.train import cnn, fcn
from repro.train.given import Given
from repro.train.loop import Context, Result

NETS = {"fcn": fcn.run, "cnn": cnn.run}


def work(given: Given, ctx: Context) -> Result:
    """Train fully connected or convolutional nets; `UnknownNameError` for others."""
    if (kind := given.setting("net", "fcn")) not in NETS:
        raise UnknownNameError("kind of net", kind, NETS)
    return NETS[kind](given, ctx)
