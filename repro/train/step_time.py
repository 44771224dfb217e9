"""meprop/table2: a training step in its parts, dense and sparse in turns, on a CPU; that of the paper's MLPs.

Source: arXiv:1706.06197v5, section 4, Tables 1 and 2. The tagger's is in `repro.train.tagger_time`. Timed as
meprop/table7 is (`repro.train.backward_time`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from repro.data.parsing import FEATURES
from repro.errors import UnknownNameError
from repro.kernels.products import affine, product, suits
from repro.kernels.rows import row_loops, unified_loops
from repro.kernels.topk import top_k, unified_backward, unified_columns
from repro.nets.losses import softmax_error
from repro.nets.params import Scratch
from repro.train.backward_time import Timed, turns
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.loop import Context, Result
from repro.train.parts_time import Steps
from repro.train.tagger_time import NAMES as OF_TAGGERS
from repro.train.tagger_time import TaggerStep

Back = Callable[[Tensor, Tensor, Tensor, bool], tuple[Tensor, Tensor | None]]
"""x [B, I], w [O, I], g [B, O], whether ∂L/∂x is needed → ∂L/∂W, ∂L/∂x: the backward products of one linear map."""
WAYS = ("rows", "mask", "unified")
KEPT = 20
"""Entries that the paper keeps: loops through more rows, or all, are the ones that are best for so many."""


def dense(x: Tensor, w: Tensor, g: Tensor, need: bool) -> tuple[Tensor, Tensor | None]:
    """The whole gradient, by the fastest products that this machine has."""
    return _product(g.T, x), _product(g, w) if need else None


def _product(a: Tensor, b: Tensor) -> Tensor:
    return product(a[None], b[None])[0] if suits(a[None], b[None]) else a @ b  # small ones: a call less


def unified(
    k: int, g_w: Tensor, room: Scratch, x: Tensor, w: Tensor, g: Tensor, need: bool
) -> tuple[Tensor, Tensor | None]:
    """k columns for the whole mini-batch; ∂L/∂W is written to `g_w`, ∂L/∂x into memory that stays, too."""
    if need:
        return g_w, unified_backward(x, w, g, k, g_w, room("g_x", x.shape, x))
    at = unified_columns(g, k)
    return g_w.zero_().index_copy_(0, at, g.index_select(1, at).T @ x), None


def way(by: str | None, k: int, w: Tensor, batch: int, hidden: int) -> Back:
    """How a map's backward products are computed; None: dense, as is every map that keeps all its entries.

    But "rows" with k = `hidden` loops through all rows of all maps. `UnknownNameError` for others than `WAYS`.
    """
    if by is None or (k >= len(w) and (by, k) != ("rows", hidden)):
        return dense
    if by == "rows":
        return row_loops(batch, k, len(w), w.shape[1], KEPT)
    if by == "mask":
        return lambda x, w, g, need: dense(x, w, top_k(g, k), need)
    if by == "unified":
        return unified_loops(batch, k, *w.shape) or partial(unified, k, torch.zeros_like(w), Scratch())
    raise UnknownNameError("way to multiply", by, WAYS)


class Step(Steps):
    """An MLP on one mini-batch of random examples: weights [O, I], biases, vectors of symbols if it is a parser's."""

    def __init__(self, p: Mapping[str, Any], by: str | None, k: int):
        rng = stream(0, "step-time")
        self.tanh, self.ids = p["activation"] == "tanh", None
        width = p["inputs"] or FEATURES * p["embedding"]
        sizes = [width, *[p["hidden"]] * p["hidden_layers"], p["outputs"]]

        def drawn(*shape: int, std: float = 1.0) -> Tensor:
            return torch.randn(shape, generator=rng) * std

        self.w = [drawn(o, i, std=math.sqrt(6 / (i + o))) for i, o in pairwise(sizes)]
        self.b = [torch.zeros(len(w)) for w in self.w]
        weights, self.x = [*self.w, *self.b], torch.empty(0)
        if not p["symbols"]:
            self.x = torch.rand(p["batch"], width, generator=rng)
        else:
            self.ids = torch.randint(p["symbols"], (p["batch"], FEATURES), generator=rng)
            weights.append(drawn(p["symbols"], p["embedding"], std=0.1))
        self.y = torch.randint(p["outputs"], (1, p["batch"]), generator=rng)
        self.back = [way(by, k, w, p["batch"], p["hidden"]) for w in self.w]
        super().__init__(p, weights)

    def forward(self) -> tuple[list[Tensor], Tensor]:
        """What goes into each map, and ∂L/∂logits, which comes with the loss."""
        x = (
            self.x
            if self.ids is None
            else self.weights[-1].index_select(0, self.ids.view(-1)).view(len(self.ids), -1)
        )
        h, last = [x], len(self.w) - 1
        for i, (w, b) in enumerate(zip(self.w, self.b, strict=True)):
            a = affine(h[-1][None], w.T[None], b[None])[0]
            h.append(a if i == last else a.tanh_() if self.tanh else a.relu_())
        _, delta = softmax_error(h[-1][None], self.y)
        return h, delta[0].div_(len(x))

    def backward(self, h: list[Tensor], g: Tensor) -> tuple[list[Tensor], float]:
        """Gradients of all weights, and the seconds that the linear maps took, with what they select."""
        clock, linear = time.perf_counter, 0.0
        g_w, g_b, below = list[Tensor](), list[Tensor](), None
        for i in range(len(self.w) - 1, -1, -1):
            g_b.insert(0, g.sum(0))  # dense, as in the public code
            began = clock()
            own, below = self.back[i](h[i], self.w[i], g, i > 0 or self.ids is not None)
            linear += clock() - began
            g_w.insert(0, own)
            if i and below is not None:
                bent: Any = torch.ops.aten.tanh_backward if self.tanh else torch.ops.aten.threshold_backward
                g = bent(below, h[i]) if self.tanh else bent(below, h[i], 0)
        made = [*g_w, *g_b]
        if self.ids is not None and below is not None:
            e = self.weights[-1]
            rows = below.reshape(-1, e.shape[1])
            made.append(torch.zeros_like(e).index_add_(0, self.ids.view(-1), rows))
        return made, linear


TASKS: Mapping[str, Callable[[Mapping[str, Any], str | None, int], Steps]] = {
    "mnist": Step,
    "parsing": Step,
    "pos": TaggerStep,
}
ALL = ("hidden", "hidden_layers", "batch", "outputs", "examples", "steps")
SOME = ("activation", "inputs", "embedding", "symbols", *OF_TAGGERS)
"""Parameters of every run, and of some tasks' alone."""


@torch.no_grad()
def run(given: Given, ctx: Context) -> Result:
    """Seconds an epoch of each part of each run's step, one row a repetition (index)."""
    values = {n: given.params(n) for n in ALL} | {n: given.params(n, None) for n in SOME}
    made: list[Timed] = []
    settings = (given.settings("task"), given.settings("by", None), given.settings("k", 0))
    for r, (task, by, k) in enumerate(zip(*settings, strict=True)):
        if task not in TASKS:
            raise UnknownNameError("task that is timed", task, TASKS)
        made.append(TASKS[task]({name: own[r] for name, own in values.items()}, by, k))
    return turns(given, ctx, made)
