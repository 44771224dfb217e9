"""The families whose trajectories are recorded, built from the library: the one file here that knows its names.

A family is a function of the runs' seeds and a dtype. What it returns trains as the exhibits' learners train (their
generators, batches, Adam, rate drops) on data drawn from a seed. Names and shapes in it are this file's own, so that
records outlive a move of the library: `part/name` [R, …], weights as h W (in × out), SG models [R, S, …].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from repro import blas
from repro.data import DataInfo, ImageData
from repro.kernels import norm, products
from repro.nets.losses import mean_loss, softmax_error
from repro.nets.params import Params
from repro.record.run import Run
from repro.rules.controls import Stale
from repro.rules.every_layer import EveryLayer
from repro.train import artificial, fcn, meprop_dropout, meprop_mlp
from repro.train.given import Given
from repro.train.learner import Learner
from repro.train.loop import Context
from repro.train.optim import Adam

CLASSES, STEPS = 10, 25
DEVICE = "cpu"
"""Where what is built lives; the tests for a GPU say another."""
Show = Callable[[str, Tensor], Tensor]


class Part:
    """The parameters that one optimiser state belongs to; `show` turns the library's layout into ours, as views."""

    def __init__(self, name: str, params: Params, optimizer: Adam, j: int, show: Show = lambda k, v: v):
        self.name, self.params, self.show = name, params, show
        self.moments = {"exp_avg": optimizer.m[j], "exp_avg_sq": optimizer.v[j]}
        self.count = optimizer.counts[j]

    def views(self, flat: Tensor, prefix: str = "") -> dict[str, Tensor]:
        """`flat`, laid out as the parameters are, by name."""
        named = self.params.views(flat).items()
        return {f"{prefix}{self.name}/{name}": self.show(name, view) for name, view in named}


class Trained:
    """R runs of one family, trained together."""

    def __init__(self, learner: Any, parts: Sequence[Part], losses: Callable[[], dict[str, Tensor]]):
        self.learner, self.parts, self.losses = learner, parts, losses
        self.statistics: dict[str, Tensor] = {}  # what a step reads beside parameters and moments, [R, …]
        self.counters: list[Tensor] = []  # of steps, the same for all runs
        self.patches: tuple[Any, ...] = ()  # hold during a step
        # test mode, [R, N, C], on data that was not trained on
        self.outputs: Callable[[], Tensor] = lambda: learner.net.predict(self.held_out.unsqueeze(0))
        self.held_out = torch.empty(0)

    @torch.no_grad()
    def step(self, t: int) -> dict[str, Any]:
        """Training step t: `grads`, name → [R, …], and the losses [R] by name, `loss` first."""
        with ExitStack() as stack:
            for patch in self.patches:
                stack.enter_context(patch)
            self.learner.step(t)
        grads = {k: v.clone() for p in self.parts for k, v in p.views(p.params.flat_grad).items()}
        return {"grads": grads, **{k: v.clone() for k, v in self.losses().items()}}

    def parameters(self) -> dict[str, Tensor]:
        """Weights and the statistics kept beside them: views, name → [R, …]."""
        return {k: v for p in self.parts for k, v in p.views(p.params.flat).items()} | self.statistics

    def state(self) -> dict[str, Tensor]:
        """Everything with a run axis that the next step depends on: views."""
        moments = [p.views(m, f"{k}:") for p in self.parts for k, m in p.moments.items()]
        return {k: v for made in moments for k, v in made.items()} | self.parameters()

    @torch.no_grad()
    def take(self, other: Trained, run: int | None = None) -> None:
        """Become `other`, or its run number `run`, cast to the dtype here."""
        theirs, which = other.state(), slice(None) if run is None else slice(run, run + 1)
        for name, mine in self.state().items():
            mine.copy_(theirs[name][which])
        for mine, part in zip(self.parts, other.parts, strict=True):
            mine.count.copy_(part.count)
        for counter, saved in zip(self.counters, other.counters, strict=True):
            counter.copy_(saved)


@contextmanager
def fast_paths(everywhere: bool) -> Iterator[None]:
    """The library's fused batch norm and oneDNN's product, taken from some size on: now at every size, or at none."""
    at, library = (1, blas.ONEDNN) if everywhere and blas._operator else (1 << 60, blas.BLAS)
    with (
        mock.patch.object(norm, "FUSED_FROM", 1 if everywhere else 1 << 60),
        mock.patch.object(products, "FROM", at),
        mock.patch.object(blas, "name", lambda: library),
    ):
        yield


def takes_fast_paths(batch: int, inputs: int, width: int) -> bool:
    """Whether a float32 layer of that size goes through both, where there is oneDNN."""
    large = batch * inputs * width >= products.FROM
    return norm.fused(torch.empty(2, batch, width)) and large


def _images(inputs: int, dtype: torch.dtype) -> ImageData:
    """160 examples to train on, 30 to test on; a noisy linear rule that can be learned. float32 values always."""
    rng = torch.Generator().manual_seed(17)
    x = torch.randn(190, inputs, generator=rng)
    noise = torch.randn(190, CLASSES, generator=rng)
    y = (x @ torch.randn(inputs, CLASSES, generator=rng) + noise).argmax(1)
    x, y, info = x.to(DEVICE, dtype), y.to(DEVICE), DataInfo("drawn", "drawn", False, {}, "")
    return ImageData(x[:160], y[:160], x[160:], y[160:], info, (1, 1, inputs))


def _learner(
    cls: type[Learner],
    dtype: torch.dtype,
    setting: dict[str, Any],
    seeds: Sequence[int],
    params: dict[str, Any],
) -> Any:
    """A learner of `cls` that computes in `dtype`."""
    given = Given([Run("arm", seed, setting, params) for seed in seeds])
    return type(cls.__name__, (cls,), {"dtype": dtype})(given, Context(DEVICE))


def _shuffle(learner: Any, batch: int) -> None:
    """The same batches with their examples in another order: other rounding, equal mathematics."""
    order, take = torch.randperm(batch, generator=torch.Generator().manual_seed(3)), learner.batches.take
    learner.batches.take = lambda: take()[:, order]


def fully_connected(
    seeds: Sequence[int],
    dtype: torch.dtype,
    rule: str,
    *,
    layers: int = 5,
    inputs: int = 20,
    width: int = 24,
    batch: int = 16,
    sg_hidden: tuple[int, ...] = (24, 24),
    precision: str | None = None,
    mix: float = 0.0,
    rate: float = 2e-3,
    drops: Sequence[tuple[float, float]] = (),
    shuffled: bool = False,
) -> Trained:
    """The nets of DNI: `rule` is bprop, no_bprop, stale, dni or cdni; `mix` = λ of BP(λ)."""
    params = {"hold_out": 0, "width": width, "batch": batch, "steps": STEPS, "rate_drops": drops}
    params |= {"learning_rate": rate, "dni_sg_hidden": sg_hidden, "cdni_sg_hidden": (), "evaluations": 1}
    params["sg_precision"] = precision or str(dtype).removeprefix("torch.")
    setting = {"rule": rule, "layers": layers, "decay": 0.9}
    with mock.patch.object(fcn, "load", lambda *_: _images(inputs, dtype)):
        it = _learner(fcn.FCNLearner, dtype, setting, seeds, params)
    parts, statistics = [Part("net", it.net.params, it.optimizer, 0)], {}
    if it.sg:
        shape = (len(seeds), it.sg.models)
        show = lambda k, v: v.view(*shape, *v.shape[1:])  # noqa: E731
        parts.append(Part("sg", it.sg.params, it.optimizer, 1, show))
    for i, segment in it.net.numbered()[:-1]:
        statistics |= {f"statistics/mean{i}": segment.mean, f"statistics/var{i}": segment.var}
        statistics |= {f"stale/{i}": it.rule.s[i]} if isinstance(it.rule, Stale) else {}
    if isinstance(it.rule, EveryLayer):
        it.rule.mix = mix
    made = Trained(it, parts, lambda: {"loss": it.loss} | ({"sg_loss": it.sg_loss} if it.sg else {}))
    made.statistics, made.held_out = statistics, it.x_eval
    if shuffled:
        _shuffle(it, batch)
    return made


def meprop(
    seeds: Sequence[int],
    dtype: torch.dtype,
    rule: str,
    *,
    percent: float = 28,  # 6.72 of 24 units: 7
    at_output: bool = False,
    layers: int = 0,
    shuffled: bool = False,
) -> Trained:
    """The MLP of meProp; `at_output`: the output layer's gradient is thinned too; `layers`: so many, with dropout."""
    params = {"dev_images": 20, "hidden": 24, "hidden_layers": 2, "learning_rate": 2e-3, "adam_eps": 1e-6}
    params |= {"batch": 16, "sparsify_output": at_output, "epochs": 1, "max_steps": STEPS, "evaluations": 1}
    params |= {"dropout": 0.2, "init": "uniform"}
    cls = meprop_dropout.DroppedLearner if layers else meprop_mlp.MepropLearner
    with mock.patch.object(meprop_mlp, "load", lambda *_: _images(20, dtype)):
        it = _learner(cls, dtype, {"rule": rule, "percent": percent, "layers": layers}, seeds, params)
    kept: dict[str, Tensor] = {}

    def noted(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        loss, delta = softmax_error(logits, y)
        kept["loss"] = loss.mean(1)  # the learner drops it
        return loss, delta

    made = Trained(it, [Part("net", it.net.params, it.optimizer, 0)], lambda: kept)
    made.patches = (mock.patch.object(meprop_mlp, "softmax_error", noted),)
    made.counters = [d.count for d in (it.draws, getattr(it, "dropping", None)) if d]
    made.held_out = it.x_test
    if shuffled:
        _shuffle(it, 16)
    return made


def linear(
    seeds: Sequence[int],
    dtype: torch.dtype,
    loss: str,
    *,
    deep: bool,
    data: str,
    drops: Sequence[tuple[float, float]] = (),
    shaped: bool = False,
    shuffled: bool = False,
) -> Trained:
    """Linear nets by backpropagation (`bp`) and with a synthetic gradient (`net` and `sg`), from equal weights.

    `shaped`: the SG is the one with a sigmoid, its scale 0.5 at first.
    """
    params = {"width": 9, "deep_layers": 4, "sg_after": 3, "steps": STEPS, "rate_drops": drops}
    params |= {"learning_rate": 2e-2, "deep_learning_rate": 2e-3}
    setting = {"dim": 2 if deep else 7, "deep": deep, "loss": loss, "data": data}
    setting |= {"shape": "sigmoid"} if shaped else {}
    params |= {"sg_scale": 0.5} if shaped else {}
    it = _learner(artificial.PairLearner, dtype, setting, seeds, params)
    own = it.x
    if shuffled:
        order = torch.randperm(own.shape[2], generator=torch.Generator().manual_seed(3))
        it.x, it.y = it.x[..., order], it.y[..., order]
    named = zip(("bp", "net", "sg"), it.params(), (0, 1, 2), strict=True)
    transposed = lambda k, v: v.mT if v.dim() == 3 else v  # noqa: E731
    parts = [Part(name, params, it.optimizer, j, transposed) for name, params, j in named]

    def losses() -> dict[str, Tensor]:  # after the step: the learner drops those of the step itself
        made = [mean_loss(loss, net.predict(it.x), it.y)[0] for net in (it.net, it.bp)]
        return {"loss": made[0], "loss_bp": made[1]}

    made = Trained(it, parts, losses)
    made.outputs = lambda: it.net.predict(own).mT
    return made
