"""A tagger of R runs: symbols as vectors, an LSTM that reads one way or both, and a linear layer on its outputs.

Source: arXiv:1706.06197v5, section 4. Sentences lie side by side in lanes and end where they end: a lane's words come
first, what is behind them is nobody's, since no gradient arrives there and no word is read after it. Whoever reads
backwards reads each sentence from its last word on, so that the same holds. The two directions are two models of
one window. Shapes: R runs, L places, B lanes, D directions, M = R·D, H units, C tags.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.kernels.lstm import bmm
from repro.kernels.lstm_kept import KeptWindow
from repro.nets.embedding import Embedding
from repro.nets.params import Params, normal_


class Tagger:
    """R taggers whose way back keeps `k` entries of each gate's gradient (0: all), of any step and direction.

    `symbols` and `sizes`: how many words and features there are, and how many numbers each is. A word is one symbol
    of the first table and `features` of the second. `longest`: words of the longest sentence. `by_lot`: not the
    largest entries, but those that the caller draws into `core.at` before `pull`. The output layer is never
    sparsified. Initial weights N(0, 6/(fan-in + fan-out)), gate by gate, biases 0; vectors N(0, std²).
    `mask`: dropout of what the output layer reads, a factor a unit [M, L·B, H], set by the caller before `forward`.
    """

    mask: Tensor | None = None
    window: type[KeptWindow] = KeptWindow

    def __init__(
        self,
        symbols: tuple[int, int],
        sizes: tuple[int, int],
        features: int,
        hidden: int,
        tags: int,
        runs: int,
        batch: int,
        longest: int,
        directions: int = 2,
        k: int = 0,
        std: float = 0.1,
        by_lot: bool = False,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        self.hidden, self.directions = hidden, directions
        self._sizes = sizes[0], features * sizes[1]
        self.inputs = sum(self._sizes)
        shapes = {"W": (4 * hidden, hidden + 1 + self.inputs), "V": (hidden, tags)}
        made = {n: Params({n: s}, runs, device, dtype, directions) for n, s in shapes.items()}
        made["b"] = Params({"b": (tags,)}, runs, device, dtype)
        self.tables = []
        for name, n, size in zip(("words", "features"), symbols, sizes, strict=True):
            made[name] = Params({name: (n, size)}, runs, device, dtype)
            table = Embedding(n, size, std)
            table.bind({"E": made[name].p[name]}, {"E": made[name].g[name]}, runs)
            self.tables.append(table)
        self.params = made
        self.p, self.g = ({n: getattr(v, of)[n] for n, v in made.items()} for of in "pg")
        like, models = self.p["W"], runs * directions
        self.core = self.window(models, longest, batch, self.inputs, hidden, like, k)
        self.core.by_lot = by_lot
        self._at: Tensor | None = None

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Draw all of them, each run from its own generator, one direction after the other."""
        h, ways = self.hidden, self.directions
        each = [g for g in generators for _ in range(ways)]
        normal_(self.p["W"], math.sqrt(6 / (2 * h + self.inputs)), each)
        self.p["W"][..., h] = 0
        normal_(self.p["V"], math.sqrt(6 / (ways * h + self.p["b"].shape[1])), each)
        for table in self.tables:
            table.init(generators)

    def forward(self, symbols: Tensor, lengths: Tensor) -> Tensor:
        """Logits [R, L·B, C] of symbols [R, L, B, 1 + features]; lengths [R, B]. Keeps what `pull` needs."""
        self._now, self._at = self.core.first(symbols.shape[1]), turned(lengths, symbols.shape[1])
        ids = symbols.flatten(1, 2).split_with_sizes((1, symbols.shape[-1] - 1), -1)
        vectors = [table.forward(own) for table, own in zip(self.tables, ids, strict=True)]
        return self._read(self._now, self._at, vectors, self.mask)

    def predict(self, symbols: Tensor, lengths: Tensor) -> Tensor:
        """`forward` in the same room, for test mode: what `pull` needs is gone."""
        self._at = None
        ids = symbols.flatten(1, 2).split_with_sizes((1, symbols.shape[-1] - 1), -1)
        vectors = [table.predict(own) for table, own in zip(self.tables, ids, strict=True)]
        return self._read(self.core.first(symbols.shape[1]), turned(lengths, symbols.shape[1]), vectors)

    def _read(
        self, window: KeptWindow, at: Tensor, vectors: Sequence[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        ways, shape = self.directions, (len(at), window.steps, window.batch, -1)
        for way in range(ways):
            room = window.x[way::ways, : window.steps].split_with_sizes(self._sizes, -1)
            for own, to in zip(vectors, room, strict=True):
                to.copy_((turn(own, at) if way else own).view(shape))
        window.forward(self.p["W"])
        made = bmm(_masked(window.y[..., : self.hidden], mask), self.p["V"])
        logits: Tensor = made[::ways] + self.p["b"].unsqueeze(1)
        if ways > 1:
            logits += turn(made[1::ways], at)
        return logits

    def pull(self, d: Tensor) -> None:
        """All gradients from d [R, L·B, C], that of the logits: zero where there is no word.

        `RuntimeError` unless a forward pass came before, which is used up.
        """
        if self._at is None:
            raise RuntimeError("a backward pass without a forward pass of its own: call forward again first")
        (at, self._at), now, ways = (self._at, None), self._now, self.directions
        torch.sum(d, 1, out=self.g["b"])
        each = torch.stack((d, turn(d, at)), 1).flatten(0, 1) if ways > 1 else d
        self.g["V"].copy_(bmm(_masked(now.y[..., : self.hidden], self.mask).mT, each))
        dy = _masked(bmm(each, self.p["V"].mT), self.mask)
        now.back(self.p["W"], torch.unflatten(dy, 1, (now.steps, now.batch)))
        now.weight_gradient(self.g["W"])
        dx = now.input_gradient(self.p["W"]).flatten(1, 2)
        own = dx[::ways] + turn(dx[1::ways], at) if ways > 1 else dx
        for table, part in zip(self.tables, own.split_with_sizes(self._sizes, -1), strict=True):
            table.pull(part)

    def kept(self) -> dict[str, Tensor]:
        """Weights and vectors."""
        return {name: of.flat for name, of in self.params.items()}


def _masked(y: Tensor, mask: Tensor | None) -> Tensor:
    return y if mask is None else y * mask


def turned(lengths: Tensor, places: int) -> Tensor:
    """Where each of L·B rows goes when every sentence is turned round in its lane: [R, L·B], of lengths [R, B]."""
    place = torch.arange(places, device=lengths.device).view(-1, 1)
    last = lengths.unsqueeze(1) - 1
    lane = torch.arange(lengths.shape[1], device=lengths.device)
    return (torch.where(place > last, place, last - place) * lengths.shape[1] + lane).flatten(1)


def turn(rows: Tensor, at: Tensor) -> Tensor:
    """Rows [R, L·B, n] in the order of `turned`, in which a sentence is read the other way; twice is as before."""
    return torch.stack([own.index_select(0, place) for own, place in zip(rows, at, strict=True)])
