"""Runs of Understanding SG's MNIST exhibits: deep fully connected nets under eight learning rules, and what they
have become: accuracy, norms of weights, representations by layer, linear probes.

Source: arXiv:1703.00522v1, section 5 and supplement C (Figures 3, 4, 5, 7, 8).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from repro.analysis import norms, probes, representations
from repro.errors import BadValueError, UnknownNameError
from repro.nets.dense import Dense
from repro.nets.fcn import normed_mlp
from repro.nets.net import Net
from repro.nets.params import Params, normal_
from repro.rules.backward import Rule, classify
from repro.rules.dni import NetModel
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.rules.feedback import DFA, Kickback, random_feedback
from repro.rules.injected import PLAIN, Fixed, Injected, Noise
from repro.rules.targets import OfMean
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.images import error_rate, gather, load
from repro.train.learner import Kept, Learner
from repro.train.loop import Context, Result, fit
from repro.train.optim import adam
from repro.train.rows import RunRow
from repro.train.schedule import evenly

RULES = ("bprop", "sg", "sg_star", "dfa", "fa", "kickback")
INJECTED = (*PLAIN, "noise", "fixed", "fixed_label")
TARGETS = ("example", "mean")
CLASSES = 10
PICTURED = (1, 5, 9, 12, 20)
"""Layers whose dissimilarities between classes are recorded."""


class DeepLearner(Learner):
    """R nets of equal shape. Settings `layers` (hidden ones), `act`, `rule` (one of `RULES`).

    With an SG: `target` ("example": the gradient of an example's own loss, "mean": of the mean over the batch);
    for `sg`, after which layer it stands (`after`) and, for controls, what is injected (`inject`, "own" unless set).
    `l2`: weight of the penalty ½‖W‖² on the net's weight matrices, 0 unless set.
    """

    products_on_host = False

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        self._images()
        self.width, self.layers, self.batch = (
            given.param("width"),
            given.setting("layers"),
            given.param("batch"),
        )
        sizes = (self.x.shape[1], *[self.width] * self.layers, CLASSES)
        self.net = normed_mlp(sizes, len(given.runs), given.setting("act"), ctx.device, self.dtype)
        self.net.init([stream(s, "init") for s in given.seeds])
        self.decay = self._decay()
        self.batches = Batches(len(self.x), self.batch, given.seeds, ctx.device)
        self.models: list[Params] = []
        self.rule = self._rule(given.setting("rule"))
        self.steps = given.param("steps")
        self.analyse_at = set(evenly(self.steps, given.param("analyses")))
        self.evaluate_at = sorted({*evenly(self.steps, given.param("evaluations")), *self.analyse_at})
        self.optimizer = adam(self.params(), given.params("learning_rate"))
        self.probe_steps = given.param("probe_steps")

    def _images(self) -> None:
        data, param = load(self.given, self.ctx), self.given.param
        self.x, self.y = data.x_train.to(self.dtype), data.y_train
        n = param("eval_images")
        self.x_eval, self.y_eval = self.x[:n], self.y[:n]
        n = param("probe_images")
        self.x_probe, self.y_probe = self.x[:n], self.y[:n]
        at = representations.first_of_each(self.y, param("rdm_images") // CLASSES, CLASSES)
        at = at.to(self.ctx.device)
        self.x_rdm, self.y_rdm = self.x[at], self.y[at]

    def _decay(self) -> Tensor | None:
        """The penalty's factor [R, P]: l2 at weight matrices, 0 elsewhere; None if there is no penalty."""
        l2 = self.given.settings("l2", 0.0)
        if not any(l2):
            return None
        made = torch.zeros_like(self.net.params.flat)
        per_run = torch.tensor(l2, dtype=self.dtype).view(-1, 1, 1).to(self.ctx.device)
        for name, own in self.net.params.views(made).items():
            if name.startswith("W"):
                own.copy_(per_run.expand_as(own))
        return made

    # the rule -------------------------------------------------------------------------------------------------

    def _rule(self, name: str) -> Rule:
        given, like = self.given, self.net.params.flat
        widths, runs = [self.width] * self.layers, len(given.runs)
        if name == "bprop":
            return Rule()
        if name == "sg":
            return self._single()
        if name == "sg_star":
            sg = SyntheticGradients(
                self.width, self.layers, runs, (), CLASSES, device=self.ctx.device, dtype=self.dtype
            )
            self.models.append(sg.params)
            return EveryLayer(self._unit(sg), CLASSES)
        generators = [stream(s, "feedback") for s in given.seeds]
        if name == "dfa":
            return DFA(random_feedback(widths, CLASSES, 1 / math.sqrt(self.width), generators, like))
        if name == "kickback":
            return Kickback(widths, CLASSES, runs, like)
        if name == "fa":
            for _, segment in self.net.numbered()[1:]:
                assert isinstance(segment, Dense)
                segment.feedback = like.new_zeros(runs, segment.outputs, segment.inputs)
                normal_(segment.feedback, 1 / math.sqrt(segment.inputs), generators)
            return Rule()
        raise UnknownNameError("learning rule", name, RULES)

    def _single(self) -> Rule:
        """One linear SG after one layer; the layers below learn from it, or from what is injected instead."""
        kind, after = self.given.setting("inject", "own"), self.given.setting("after")
        if not 1 <= after <= self.layers:
            raise BadValueError(f"after is {after}; expected 1 to {self.layers}, the number of hidden layers")
        model = self._linear(0.0)
        self.models.append(model.params)
        runs = len(self.given.runs)
        if kind in PLAIN:
            return Injected(after, self._unit(model), PLAIN[kind], runs)
        if kind == "noise":
            noise = Noise(self.given.seeds, self.batch, self.width, self.ctx.device)
            return Injected(after, self._unit(model), noise, runs)
        if kind not in INJECTED:
            raise UnknownNameError("injection", kind, INJECTED)
        fixed = self._linear(1 / math.sqrt(self.width + CLASSES))
        fixed.net.init([stream(s, "fixed") for s in self.given.seeds])
        return Injected(after, self._unit(model), Fixed(fixed, kind == "fixed_label"), runs)

    def _linear(self, std: float) -> NetModel:
        """SG(h, y) = h A + y B + C with A and B ~ N(0, std²), C = 0."""
        made = Dense(self.width + CLASSES, self.width, "none", std=std)
        return NetModel(Net([made], len(self.given.runs), self.ctx.device, self.dtype), CLASSES)

    def _unit(self, model: Any) -> Any:
        """The model, learning in the unit that the arm names."""
        target = self.given.setting("target")
        if target not in TARGETS:
            raise UnknownNameError("target", target, TARGETS)
        return model if target == "example" else OfMean(model, self.batch)

    # a step ---------------------------------------------------------------------------------------------------

    def host(self, t: int) -> int:
        """Batches of step t."""
        return self.batches.host(t)

    def device(self) -> None:
        """One Adam step of nets and SG models on a batch of each run."""
        x, y = gather(self.x, self.y, self.batches.take())
        classify(self.net, self.rule, x, y)
        if self.decay is not None:
            self.net.params.flat_grad.addcmul_(self.net.params.flat, self.decay)
        self.optimizer.step()

    # what is measured -----------------------------------------------------------------------------------------

    def evaluate(self, t: int) -> list[RunRow]:
        """Accuracy on training images, quality of the SG; now and then norms and representations by layer."""
        found = {"train_accuracy": 100 - error_rate(self.net.predict, self.x_eval, self.y_eval)}
        if isinstance(self.rule, Injected):
            found |= self.rule.quality()
        rows = [row for name, v in found.items() for row in _rows(name, t, "", v)]
        return rows + (self._analysed(t) if t in self.analyse_at else [])

    def _analysed(self, t: int) -> list[RunRow]:
        """Share of the squared norm of each hidden-to-hidden matrix; distance of each layer's RDM from the last's."""
        p = self.net.params.p
        size = norms.squared_norms([p[f"W{i}"] for i in range(2, self.layers + 1)])
        rows = _rows("weight_norm", t, "", size.sum(1))
        for i, share in enumerate(norms.shares(size).unbind(1), 2):
            rows += _rows("weight_share", t, str(i), share)
        rdms = [representations.dissimilarity(h) for h in self.hidden(self.x_rdm)]
        for i, rdm in enumerate(rdms, 1):
            rows += _rows(
                "block_distance", t, str(i), representations.block_distance(rdm, rdms[-1], self.y_rdm)
            )
        return rows

    def final(self, t: int) -> list[RunRow]:
        """Dissimilarities between classes, and linear probes, by layer."""
        rows = []
        for i, h in enumerate(self.hidden(self.x_rdm), 1):
            means = representations.class_means(representations.dissimilarity(h), self.y_rdm, CLASSES)
            within = means.diagonal(dim1=1, dim2=2).mean(1)
            rows += _rows("dissimilarity_within", t, str(i), within)
            pairs = [(a, b) for a in range(CLASSES) for b in range(a, CLASSES)] if i in PICTURED else []
            for a, b in pairs:
                rows += _rows("dissimilarity", t, f"{i};{a};{b}", means[:, a, b])
        layers = list(self.hidden(self.x_probe))
        together = torch.stack(layers, 1).flatten(0, 1)  # [R·L, N, H]: a probe a layer is small
        right = probes.classifier_accuracy(together, self.y_probe, self.probe_steps, classes=CLASSES)
        for i, (h, share) in enumerate(zip(layers, right.view(-1, self.layers).unbind(1), strict=True), 1):
            rows += _rows("probe_accuracy", t, str(i), share)
            rows += _rows("image_error", t, str(i), probes.regressor_error(h, self.x_probe))
        return rows

    def hidden(self, x: Tensor) -> Iterator[Tensor]:
        """h_1, …, h_L [R, N, H] of x [N, D] in test mode, one after the other."""
        h = x.unsqueeze(0).expand(self.net.runs, *x.shape)
        for segment in self.net.segments[:-1]:
            h = segment.predict(h)
            yield h

    # what is kept ---------------------------------------------------------------------------------------------

    def params(self) -> Sequence[Params]:
        """Those of the nets, and of the SG models."""
        return [self.net.params, *self.models]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, running statistics, the rule's state, Adam's moments."""
        return {**self.net.kept(), **self.rule.kept(), "optimizer": self.optimizer}

    def first_batch(self, run: int) -> str:
        """Hash of its first batch's indices."""
        return self.batches.fingerprint(run)


def _rows(metric: str, t: int, index: str, values: Tensor) -> list[RunRow]:
    """A row a run; so many digits are enough for what is drawn, and keep records small."""
    digits = 6 if metric.endswith("accuracy") else 4
    return [(r, metric, t, index, float(f"{v:.{digits}g}")) for r, v in enumerate(values.tolist())]


def run(given: Given, ctx: Context) -> Result:
    """Train: curves on the way, probes at the end."""
    return fit(DeepLearner(given, ctx), ctx)
