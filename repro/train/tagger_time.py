"""meprop/table2: a training step of the paper's tagger in its parts, for `repro.train.step_time`.

Source: arXiv:1706.06197v5, section 4, Tables 1 and 2. Linear maps are the four gates of each core, of whose gradients
k entries are kept. The output layer, dense for both nets, is not among them: nor is it in the paper's column, by its
own seconds (meprop/table2, deviation 7).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from repro.data.tagging import FEATURES
from repro.errors import BadValueError, UnknownNameError
from repro.kernels.lstm_kept import FEW, KeptWindow
from repro.nets.losses import softmax_error
from repro.nets.tagger import Tagger
from repro.train.batches import stream
from repro.train.parts_time import Steps

NAMES = ("word_vector", "feature_vector", "directions", "words")
"""Parameters that a tagger has beside those of an MLP."""


class Clock:
    """Adds up the seconds of the calls that are made through it."""

    seconds = 0.0

    def __call__(self, call: Callable[..., Any], *given: Any) -> Any:
        """Make the call, and return what it returns."""
        began = time.perf_counter()
        made = call(*given)
        self.seconds += time.perf_counter() - began
        return made


class TimedWindow(KeptWindow):
    """`KeptWindow` whose `clock` runs while its linear maps select, sum rows or multiply on the way back."""

    def __init__(self, *shape: Any):
        super().__init__(*shape)
        self.clock = Clock()  # one for all windows of some of its cores or models, which are copies

    def _lay(self, w: Tensor) -> None:
        self.clock(super()._lay, w)

    def _linear(self, t: int, w: Tensor, dh: Tensor) -> Tensor:
        made: Tensor = self.clock(super()._linear, t, w, dh)
        return made

    def weight_gradient(self, out: Tensor, scale: float = 1.0, peep_out: Tensor | None = None) -> None:
        """As that of `KeptWindow`."""
        self.clock(super().weight_gradient, out, scale)

    def input_gradient(self, w: Tensor) -> Tensor:
        """As that of `KeptWindow`."""
        made: Tensor = self.clock(super().input_gradient, w)
        return made


class TimedTagger(Tagger):
    """`Tagger` with such cores."""

    window = TimedWindow
    core: TimedWindow


class TaggerStep(Steps):
    """A tagger on one mini-batch of sentences of `words` random symbols each.

    `by`: None for a dense way back, "rows" for one that sums k rows a gate; `UnknownNameError` for others.
    `BadValueError` for more than one layer, and for a k whose rows would not be summed but multiplied.
    """

    def __init__(self, p: Mapping[str, Any], by: str | None, k: int):
        if by not in (None, "rows"):
            raise UnknownNameError("way to multiply in a tagger", by, ("rows",))
        if p["hidden_layers"] != 1:
            raise BadValueError(f"hidden_layers is {p['hidden_layers']}; a tagger has 1, its LSTM")
        if by and not 0 < k * FEW <= p["hidden"]:
            raise BadValueError(
                f"k is {k} of {p['hidden']}; expected 1 to {p['hidden'] // FEW}: rows are summed up to that"
            )
        rng, places, lanes = stream(0, "step-time"), p["words"], p["batch"]
        self.net = TimedTagger(
            (p["symbols"], p["symbols"]),
            (p["word_vector"], p["feature_vector"]),
            FEATURES,
            p["hidden"],
            p["outputs"],
            1,
            lanes,
            places,
            p["directions"],
            k if by else 0,
        )
        self.net.init([rng])
        self.symbols = torch.randint(p["symbols"], (1, places, lanes, 1 + FEATURES), generator=rng)
        self.lengths = torch.full((1, lanes), places)
        self.y = torch.randint(p["outputs"], (1, places * lanes), generator=rng)
        every = self.net.params.values()
        self.gradients = [v.flat_grad for v in every]
        super().__init__(p, [v.flat for v in every])

    def forward(self) -> tuple[list[Tensor], Tensor]:
        """Nothing, since the net keeps what it needs; ∂L/∂logits of the mean over sentences."""
        _, delta = softmax_error(self.net.forward(self.symbols, self.lengths), self.y)
        return [], delta.div_(self.lengths.shape[1])

    def backward(self, h: list[Tensor], g: Tensor) -> tuple[list[Tensor], float]:
        """Gradients of all weights and vectors, and the seconds that the linear maps took."""
        clock = self.net.core.clock
        clock.seconds = 0.0
        self.net.pull(g)
        return self.gradients, clock.seconds
