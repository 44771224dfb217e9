"""Runs of a part-of-speech tagger: an LSTM whose way back is meProp's, on a free treebank.

Source: arXiv:1706.06197v5, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from repro.data import TreeData
from repro.data import tagging as data
from repro.data.streams import Sentences
from repro.data.tagging import FEATURES, Page, Symbols, Words, pages, symbols
from repro.errors import BadValueError, UnknownNameError
from repro.nets.losses import softmax_error
from repro.nets.params import Params
from repro.nets.tagger import Tagger
from repro.rules.lot import Lot
from repro.train import treebank as treebanks
from repro.train.batches import stream
from repro.train.best import BestByDev, trained
from repro.train.given import Given
from repro.train.learner import Kept
from repro.train.loop import Context, Result
from repro.train.optimizers import optimizer_of

RULES = ("dense", "top", "random", "small")


class TaggerLearner(BestByDev):
    """R taggers of equal shape. Settings as those of `repro.train.meprop_mlp`: `rule` and, but for dense, `percent`.

    A mini-batch holds sentences of about equal length; its gradient is the mean over sentences of the sum over their
    words. `sentences`, `evaluated`: how many to train on, and of the dev and of the test part to tag; 0 for all.
    `UnknownNameError` for another rule; `BadValueError` for runs without a treebank or with more than one layer.
    """

    products_on_host = False

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        rule, hidden = given.setting("rule"), given.param("hidden")
        if rule not in RULES:
            raise UnknownNameError("learning rule of a tagger", rule, RULES)
        if given.param("hidden_layers") != 1:
            raise BadValueError(f"hidden_layers is {given.param('hidden_layers')}; a tagger has 1, its LSTM")
        self.table, self.train, self.parts = treebank(given, ctx)
        self.k = hidden if rule == "dense" else max(1, round(given.setting("percent") * hidden / 100))
        self.width = self.k if rule == "small" else hidden
        self.words = Sentences(
            self.train.lengths,
            {"symbols": self.train.symbols, "tags": self.train.tags},
            given.param("batch"),
            given.seeds,
            ctx.device,
            fixed=ctx.device == "cuda",  # a captured graph has one shape
            by_length=True,
        )
        self.batches = self.words.epochs
        self.net = self._net(self.k if rule in ("top", "random") else 0, rule == "random")
        self.lot: Lot | None = None
        if rule == "random" and self.net.core.k:
            self.lot = Lot(given.seeds, self.net.directions, self.net.core.at, hidden)
        self.net.init([stream(s, "init") for s in given.seeds])
        self.optimizer = optimizer_of(given, self.params())
        self.schedule()

    def _net(self, k: int, by_lot: bool) -> Tagger:
        given = self.given
        longest = max(self.words.longest, *(len(p.tags) for part in self.parts.values() for p in part))
        return Tagger(
            self.table.sizes,
            (given.param("word_vector"), given.param("feature_vector")),
            FEATURES,
            self.width,
            self.table.tags,
            len(given.runs),
            self.batches.batch,
            longest,
            given.param("directions"),
            k,
            given.param("embedding_std"),
            by_lot,
            self.ctx.device,
            self.dtype,
        )

    def host(self, t: int) -> int:
        """Batches of step t, and how long their sentences are."""
        return self.words.host(t)

    def device(self) -> None:
        """One step of the optimiser on a batch of each run, by new draws."""
        read = self.words.take()
        there = read.mask.transpose(1, 2)  # [R, L, B]
        self.draw(there.shape[1])
        logits = self.net.forward(read.columns["symbols"].transpose(1, 2), there.sum(1))
        _, delta = softmax_error(logits, read.columns["tags"].transpose(1, 2).flatten(1))
        self.net.pull(delta.mul_(there.flatten(1).unsqueeze(-1)).div_(there.shape[-1]))
        self.optimizer.step()

    def draw(self, places: int) -> None:
        """What a step draws by chance, whose longest sentence has so many words."""
        if self.lot:
            self.lot.draw(self.net.core.at[:places])

    def score(self, part: str) -> list[float]:
        """Percent of the words of "dev" or "test" that each run gives their right tag."""
        made: list[float] = accuracy(self.net, self.parts[part], len(self.given.runs)).tolist()
        return made

    def params(self) -> Sequence[Params]:
        """Those of the nets: weights of the LSTM first, vectors last."""
        return [*self.net.params.values()]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, the optimiser's moments, how many steps entries by lot have been drawn."""
        drawn = {"random-k": self.lot.count} if self.lot else {}
        return {**self.net.kept(), "optimizer": self.optimizer, **drawn}

    def info(self) -> dict[str, int]:
        """Sizes that the data and the settings come to."""
        words, features = self.table.sizes
        count = {f"{k}_words": sum(int(p.lengths.sum()) for p in part) for k, part in self.parts.items()}
        return {
            "train": len(self.train.tags),
            **count,
            "words": words,
            "features": features,
            "tags": self.table.tags,
            "k": self.k,
            "width": self.width,
        }


def accuracy(net: Tagger, part: Sequence[Page], runs: int) -> Tensor:
    """Percent of words that get their right tag, of each run [R]; a tag that was never seen is never hit."""
    right, words = torch.zeros(runs, dtype=torch.float64, device=net.p["b"].device), 0
    for page in part:
        given = (v.unsqueeze(0).expand(runs, *v.shape) for v in (page.symbols, page.lengths))
        best = net.predict(*given).argmax(-1).view(runs, *page.tags.shape)
        right += (best == page.tags).sum((1, 2))
        words += int(page.lengths.sum())
    return right * (100 / words)


Bank = tuple[Symbols, Words, Mapping[str, Sequence[Page]]]
"""The tables of symbols, words to train on, pages to choose by ("dev") and to test on ("test")."""


def treebank(given: Given, ctx: Context) -> Bank:
    """The runs' treebank on the device, read once a process; shared, so it must not be written to."""
    return treebanks.read(given, ctx, _bank, ("least", "sentences", "evaluated", "batch"))


def _bank(bank: TreeData, least: int, sentences: int, evaluated: int, lanes: int) -> Bank:
    table = symbols(bank.train, least)
    parts = {
        k: pages(data.words(p, table, evaluated), lanes)
        for k, p in (("dev", bank.valid), ("test", bank.test))
    }
    return table, data.words(bank.train, table, sentences), parts


def run(given: Given, ctx: Context) -> Result:
    """Train for `epochs` (or `max_steps`) with `evaluations` dev scores an epoch."""
    return trained(TaggerLearner(given, ctx))
