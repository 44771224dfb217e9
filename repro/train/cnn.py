"""Runs of DNI's convolutional nets: those of `repro.train.fcn` with images kept as images."""

from __future__ import annotations

from collections.abc import Sequence

from repro.errors import BadValueError, UnknownNameError
from repro.nets.conv import Conv, Size, cnn
from repro.nets.net import Net
from repro.nets.params import Params
from repro.rules.backward import Rule
from repro.rules.controls import NoBprop
from repro.rules.conv_sg import ImageDNI, ImageModel
from repro.train.batches import stream
from repro.train.fcn import FCNLearner
from repro.train.given import Given
from repro.train.loop import Context, Result, fit

RULES = ("bprop", "no_bprop", "dni", "cdni")


class CNNLearner(FCNLearner):
    """R convolutional nets of equal shape. Settings `net` ("cnn"), `layers`, `rule` (one of `RULES`).

    `BadValueError` for images that are not square and for an `sg_precision` other than float32; `UnknownNameError`
    for another net or rule.
    """

    def _net(self) -> Net:
        given, (channels, height, width) = self.given, self.shape
        if (kind := given.setting("net")) != "cnn":
            raise UnknownNameError("kind of net", kind, ("cnn",))
        if height != width:
            raise BadValueError(f"images of {height} x {width}; a convolutional net here takes square ones")
        width, kernel, stride = (given.param(k) for k in ("width", "kernel", "pool_stride"))
        size, layers, runs = Size(channels, height), given.setting("layers"), len(given.runs)
        return cnn(size, width, layers, kernel, stride, runs, self.ctx.device, self.dtype)

    def _rule(self, name: str) -> Rule:
        self.models: dict[int, ImageModel] = {}
        if name in ("bprop", "no_bprop"):
            return Rule() if name == "bprop" else NoBprop()
        if name not in RULES:
            raise UnknownNameError("learning rule", name, RULES)
        given, hidden = self.given, self.given.param(f"{name}_sg_hidden")
        if (asked := given.param("sg_precision")) != "float32":
            raise BadValueError(f"sg_precision is {asked!r}; convolutional SG models know float32 alone")
        more = (
            10 if name == "cdni" else 0,
            given.param("kernel"),
            len(given.runs),
            self.ctx.device,
            self.dtype,
        )
        for i, segment in self.net.numbered()[:-1]:
            assert isinstance(segment, Conv)
            self.models[i] = ImageModel(segment.out, hidden, *more)
        rngs = [stream(s, "init-sg") for s in given.seeds]
        for model in self.models.values():
            model.net.init(rngs)
        return ImageDNI(self.models)

    def params(self) -> Sequence[Params]:
        """Those of the nets, and of the SG models."""
        return [self.net.params, *(m.params for m in self.models.values())]


def run(given: Given, ctx: Context) -> Result:
    """Train: `evaluations` rows of every metric on the way."""
    return fit(CNNLearner(given, ctx), ctx)
