"""Runs of a transition-based dependency parser: an MLP that says what to do next, with meProp's backward pass.

Source: arXiv:1706.06197v5, section 4 (after Chen & Manning 2014); here on a free treebank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from repro.data import TreeData
from repro.data.configurations import FIRST, NODES, Configurations
from repro.data.parsing import FEATURES, Examples, Sentences, Symbols, examples, move, symbols
from repro.errors import UnknownNameError
from repro.nets.dropped import Drop
from repro.nets.linear import Keep
from repro.nets.losses import softmax_error
from repro.nets.net import Net
from repro.nets.params import Params
from repro.nets.parser import parser
from repro.rules.backward import Rule, backward
from repro.rules.meprop import Draws
from repro.train import treebank as treebanks
from repro.train.batches import Batches, stream
from repro.train.best import BestByDev, trained
from repro.train.given import Given
from repro.train.keeps import keeps
from repro.train.learner import Kept
from repro.train.loop import Context, Result
from repro.train.optimizers import optimizer_of

RULES = ("dense", "top", "random", "small")


class ParserLearner(BestByDev):
    """R parsers of equal shape. Settings as those of `repro.train.meprop_mlp`: `rule` and, but for dense, `percent`;
    `activation` where it is not the parameter's.

    `sentences`, `evaluated`: how many to train on, and of the dev and of the test part to parse; 0 for all.
    `UnknownNameError` for another rule, `BadValueError` for runs without a treebank.
    """

    products_on_host = False

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        self.table, self.examples, self.dev, self.test = treebank(given, ctx)
        rule, hidden = given.setting("rule"), given.param("hidden")
        if rule not in RULES:
            raise UnknownNameError("learning rule of a parser", rule, RULES)
        self.k = hidden if rule == "dense" else max(1, round(given.setting("percent") * hidden / 100))
        inputs, depth = FEATURES * given.param("embedding"), given.param("hidden_layers")
        width = self.k if rule == "small" else hidden
        self.sizes = (inputs, *[width] * depth, self.table.actions)
        self.batches = Batches(len(self.examples.actions), given.param("batch"), given.seeds, ctx.device)
        self.net = self._net(self._keep(rule))
        self.net.init([stream(s, "init") for s in given.seeds])
        self.rule, self.optimizer = Rule(), optimizer_of(given, self.params())
        self.schedule()

    def _keep(self, rule: str) -> list[Keep | None]:
        """What each linear map keeps of its output gradient; `draws`: what entries by lot are chosen by."""
        self.draws: Draws | None
        sizes = self.sizes, self.batches.batch, self.ctx.device
        made, self.draws = keeps(self.given, rule, self.k, *sizes)
        return made

    def _net(self, keep: Sequence[Keep | None], drops: Sequence[Drop] = ()) -> Net:
        """Nets of `sizes` whose maps keep what `keep` says, with `drops` behind their hidden layers."""
        given, size = self.given, (len(self.given.runs), self.ctx.device, self.dtype)
        shape = self.table.size, given.param("embedding"), given.param("embedding_std")
        act = given.setting("activation", given.param("activation"))
        few = self.table.spans[NODES:]  # tags and labels, which are few
        return parser(*shape, self.sizes, *size, keep, act, drops, few)

    def device(self) -> None:
        """One step of the optimiser on a batch of each run, by new draws."""
        if self.draws:
            self.draws.draw()
        at = self.batches.take()
        x = self.examples.features.index_select(0, at.reshape(-1)).view(*at.shape, FEATURES)
        y = self.examples.actions.index_select(0, at.reshape(-1)).view(at.shape)
        tape = self.net.forward(x)
        _, delta = softmax_error(tape[-1], y)
        backward(self.net.segments, tape, y, delta.div_(y.shape[-1]), self.rule)  # the mean over the batch
        self.optimizer.step()

    def score(self, part: str) -> list[float]:
        """UAS of each run."""
        sentences = self.dev if part == "dev" else self.test
        made: list[float] = attachment(self.net.predict, sentences, len(self.given.runs)).tolist()
        return made

    def params(self) -> Sequence[Params]:
        """Those of the nets, with the table of symbols."""
        return [self.net.params]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, the optimiser's moments, how many steps random-k has drawn."""
        drawn = {"random-k": self.draws.count} if self.draws else {}
        return {**self.net.kept(), "optimizer": self.optimizer, **drawn}

    def info(self) -> dict[str, int]:
        """Sizes that the data and the settings come to."""
        words = {k: int(p.lengths.sum()) for k, p in (("dev_words", self.dev), ("test_words", self.test))}
        made = {"train": len(self.examples.actions), "not_projective": self.examples.skipped, **words}
        return {
            **made,
            "symbols": self.table.size,
            "actions": self.table.actions,
            "k": self.k,
            "width": self.sizes[1],
        }


def attachment(predict: Callable[[Tensor], Tensor], part: Sentences, runs: int) -> Tensor:
    """Percent of words that get their right head (UAS) of each run, [R]; every word counts, punctuation too."""
    found, _ = parsed(predict, part, runs)
    right = (found == part.heads)[..., FIRST:] & part.mask
    return right.sum((1, 2)).double() * (100 / int(part.lengths.sum()))


def parsed(predict: Callable[[Tensor], Tensor], part: Sentences, runs: int) -> tuple[Tensor, Tensor]:
    """Heads and labels [R, S, W], by place, that greedy parsing gives: always the best move that can be made.

    All sentences move in lockstep, those that are finished no more. `predict`: symbols [R, B, 48] → scores [R, B, A].
    """
    now, table = Configurations(part.lengths, runs), part.table
    kinds, _ = move(torch.arange(table.actions, device=part.words.device), table)
    while a := now.active:
        scores = predict(part.features(now, a))
        allowed = now.legal(a).index_select(-1, kinds)
        best = scores.masked_fill(~allowed, -torch.inf).argmax(-1)
        now.move(*move(best, table))
    return now.head, now.label


Bank = tuple[Symbols, Examples, Sentences, Sentences]
"""The table of symbols, examples to train on, sentences to choose by and to test on."""


def treebank(given: Given, ctx: Context) -> Bank:
    """The runs' treebank on the device, read once a process; shared, so it must not be written to."""
    return treebanks.read(given, ctx, _bank, ("least", "labels", "sentences", "evaluated"))


def _bank(data: TreeData, least: int, labels: int, sentences: int, evaluated: int) -> Bank:
    table = symbols(data.train, least, labels)
    dev, test = (Sentences(part, table, evaluated) for part in (data.valid, data.test))
    return table, examples(data.train, table, sentences), dev, test


def run(given: Given, ctx: Context) -> Result:
    """Train for `epochs` (or `max_steps`) with `evaluations` dev scores an epoch."""
    return trained(ParserLearner(given, ctx))
