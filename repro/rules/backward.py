"""The one backward pass: a rule says what each segment uses as the gradient of its output.

Source: arXiv:1608.05343v2, section 2; arXiv:1703.00522v1, section 6 (Table 1: who is locked to what).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from repro.nets.losses import softmax_error
from repro.nets.net import Log, Net, silent
from repro.nets.segments import Segment


class Rule:
    """What segment i (1-based, of N) consumes. This one passes every gradient on: backpropagation.

    h_i is the output of segment i, δ_i = ∂L/∂h_i as it arrives from what segment i + 1 consumed.
    """

    def room(self, batch: int) -> Sequence[Tensor | None] | None:
        """Where a forward pass over `batch` examples shall write each h_i, if the rule minds."""
        return None

    def begin(self, tape: Sequence[Any], y: Any, delta: Any) -> None:
        """Before a backward pass: `tape` = [h_0, …, h_N], labels y, `delta` = ∂L/∂h_N."""

    def consume(self, i: int, arriving: Any) -> Any:
        """What segment i uses as ∂L/∂h_i; `arriving` is δ_i (None if nothing came). None: the segment is skipped."""
        return arriving

    def needs(self, i: int) -> str:
        """What segment i has to wait for: "arriving", "loss" or "nothing"."""
        return "arriving"

    def wants(self, i: int) -> bool:
        """Whether δ_i is looked at, to be consumed or as a target; where it is not, its product is saved."""
        return True

    def end(self) -> Any:
        """After the backward pass: make the gradients of what the rule itself learns, return its losses."""
        return None

    def kept(self) -> dict[str, Tensor]:
        """What the next step depends on, by name."""
        return {}


def backward(
    segments: Sequence[Segment], tape: Sequence[Any], y: Any, delta: Any, rule: Rule, log: Log = silent
) -> Any:
    """Walk the segments from the last to the first; each writes its gradients. Returns what `rule.end` returns.

    δ is the gradient of an example's own loss where the caller takes the mean over the batch afterwards, as DNI does.
    Times of the log count ticks in which a segment could act: forward i at i, the loss is known after N.
    `update` i at the tick when what it consumed was there, `wait` i at each tick in between, `target` i when δ_i
    arrived for a segment that did not wait for it.
    """
    rule.begin(tape, y, delta)
    arriving, there = delta, len(segments)
    for i in range(len(segments), 0, -1):
        needs = rule.needs(i)
        now = 1 + (there if needs == "arriving" else len(segments) if needs == "loss" else i)
        consumed = rule.consume(i, arriving)
        if arriving is not None and needs != "arriving" and rule.wants(i):
            log("target", i, there + 1)
        if consumed is None:
            segments[i - 1].skip()
            arriving = None
            continue
        for t in range(i + 1, now):
            log("wait", i, t)
        log("update", i, now)
        arriving = segments[i - 1].pull(consumed, i > 1 and rule.wants(i - 1))
        there = now
    return rule.end()


def classify(net: Net, rule: Rule, x: Tensor, y: Tensor, log: Log = silent) -> tuple[Tensor, Any]:
    """One pass of a softmax classifier: all gradients, of the mean loss over the batch, but no update.

    x [R, B, …], y [R, B] int64. Returns the loss of each example [R, B] and what the rule returns. Rules see the
    gradient of an example's own loss, as DNI's targets are; the mean is taken in the parameters' gradients.
    """
    tape = net.forward(x, rule.room(x.shape[1]), log)
    loss, delta = softmax_error(tape[-1], y)
    made = backward(net.segments, tape, y, delta, rule, log)
    net.params.flat_grad.mul_(1 / y.shape[-1])
    return loss, made
