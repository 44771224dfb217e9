"""Claims of Figure 1: what its arrows say, asked of the log of a step and of what moves what. Exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from repro.claim import Claims, Outcome
from repro.record.view import MissingData, View
from repro.spec import PROFILES

EXACT = 1e-9
"""A gradient this near to ∂L/∂h, as a share of it, is ∂L/∂h: rounding leaves 1e-15."""
LOCKED = {  # Table 1: update locked, backward locked
    "sg": (False, False),
    "sg_prop": (True, True),
    "bprop": (True, True),
    "dfa": (True, False),
    "fa": (True, True),
    "kickback": (True, False),
}
Values = dict[int, float]
"""Layer (or the layer after which an SG stands) → what every seed says."""
claims = Claims()
_exact = partial(claims, profiles=PROFILES, stand_in_ok=True)


def seen(view: View, arm: str, metric: str, what: str = "") -> Values:
    """The layers' values of a metric, `what` being the first part of its index; not a number where seeds differ.

    `MissingData` if the arm has none of the metric; nothing where it has the metric but not `what`.
    """
    found: dict[int, set[float]] = {}
    for index, values in view.by_index(arm, metric).items():
        first, _, layer = index.rpartition(";")
        if first == what:
            found.setdefault(int(layer), set()).update(values)
    return {i: v.pop() if len(v) == 1 else float("nan") for i, v in sorted(found.items())}


def ticks(view: View, arm: str, what: str = "update") -> Values:
    """Layer → tick of its update, or of another event."""
    return seen(view, arm, "tick", what)


def size(view: View, arm: str) -> int:
    """Layers of the net: after as many ticks the loss is known. `MissingData` if no forward pass is logged."""
    found = ticks(view, arm, "forward")
    if not found:
        raise MissingData(f"a forward pass of arm {arm}")
    return max(found)


def told(view: View, arm: str) -> list[int]:
    """Layers whose update looks at their own output: behind them stands an SG."""
    return [i for i, edge in seen(view, arm, "edge", "h").items() if edge]


def moves(
    view: View, arm: str, what: str = "layer", seeds: Callable[[Iterable[bool]], bool] = any
) -> set[int]:
    """Layers (or SGs) that another gradient of the loss gives another gradient, with any seed or with `all`."""
    found: dict[int, list[bool]] = {}
    for index, values in view.by_index(arm, "moved").items():
        first, _, layer = index.rpartition(";")
        if first == what:
            found.setdefault(int(layer), []).extend(v > 0 for v in values)
    return {i for i, v in found.items() if seeds(v)}


def exact(view: View, arm: str) -> set[int]:
    """Layers that learn from ∂L/∂h itself, with every seed."""
    return {int(i) for i, v in view.by_index(arm, "off").items() if max(v) <= EXACT}


def _span(values: Values) -> str:
    return " ".join(f"{v:g}" for _, v in sorted(values.items()))


@_exact(
    "F1-1",
    "Under backpropagation the gradient comes down from the loss through every layer above, and each waits for it",
    place="Figure 1 (a)",
    paper="a chain of arrows from L back through the whole net",
    tolerance="exact: layer i of N learns from what arrives alone, which is ∂L/∂h_i (1e-9), at tick 2N + 1 − i and "
    "after 2 (N − i) ticks of waiting",
    null=("index",),
)
def _chain(view: View) -> Outcome:
    arm = view.arm(rule="bprop")
    n, at, waits = size(view, arm), ticks(view, arm), seen(view, arm, "waits")
    layers = range(1, n + 1)
    through = {i for i, edge in seen(view, arm, "edge", "above").items() if edge}
    beside = [w for w in ("error", "h", "label") if any(seen(view, arm, "edge", w).values())]
    holds = (
        at == {i: 2 * n + 1 - i for i in layers}
        and waits == {i: 2 * (n - i) for i in layers}
        and through == exact(view, arm) == set(layers)
        and not beside
    )
    return Outcome(holds, f"layers 1 to {n} update at ticks {_span(at)} and wait {_span(waits)}")


@_exact(
    "F1-2",
    "With an SG on h the layers up to h learn without the loss, as soon as h is there",
    place="Figure 1 (b)",
    paper="the synthetic gradient goes into h in the place of the true one",
    tolerance="exact: with the SG after layer k, layer i ≤ k updates at tick 2k + 1 − i, before the loss is known; "
    "another gradient of the loss leaves its own as it was, to the last bit; under backpropagation it changes each",
)
def _decoupled(view: View) -> Outcome:
    arm, true = view.arm(rule="sg", given="hy"), view.arm(rule="bprop")
    n, at = size(view, arm), ticks(view, arm)
    k = max(told(view, arm), default=0)
    below = {i: at[i] for i in range(1, k + 1) if i in at}
    before = {i: ticks(view, true).get(i) for i in below}
    holds = (
        0 < k < n
        and below == {i: 2 * k + 1 - i for i in range(1, k + 1)}
        and max(below.values()) <= n < min(v or 0 for v in before.values())
        and moves(view, arm).isdisjoint(below)
        and moves(view, true, seeds=all) == set(range(1, n + 1))
    )
    ours = f"SG after layer {k} of {n}: up to it they update at ticks {_span(below)}, the loss is known after {n}"
    return Outcome(holds, ours)


@_exact(
    "F1-3",
    "The layers above h learn from the true gradient, as under backpropagation",
    place="section 2; Figure 1 (b)",
    paper="θ above h: the true gradient of L",
    tolerance="exact: above k, and only there, what a layer learns from is ∂L/∂h (1e-9), at backpropagation's ticks",
    null=("index",),
)
def _above(view: View) -> Outcome:
    arm, true = view.arm(rule="sg", given="hy"), view.arm(rule="bprop")
    k, at, before = max(told(view, arm), default=0), ticks(view, arm), ticks(view, true)
    above = {i for i in at if i > k}
    holds = 0 < k and exact(view, arm) == above and all(at[i] == before.get(i) for i in above) and bool(above)
    return Outcome(holds, f"the true gradient reaches layers {', '.join(map(str, sorted(exact(view, arm))))}")


@_exact(
    "F1-4",
    "The true gradient at h is the SG's target and goes no further: nothing of L_SG enters the net",
    place="Figure 1 (b): the dotted arrow; section 2",
    paper="∂L_SG/∂h := 0",
    tolerance="exact: the target arrives one tick after layer k + 1 has updated, when layer k has long done so; the "
    "loss moves the SG's gradient but none up to layer k; with SG + prop, which lets ∂L_SG/∂h in, it moves them all",
)
def _stopped(view: View) -> Outcome:
    arm, prop = view.arm(rule="sg", given="hy"), view.arm(rule="sg_prop")
    k, at, target = max(told(view, arm), default=0), ticks(view, arm), ticks(view, arm, "target")
    if not {k, k + 1} <= at.keys():
        return Outcome(False, f"no update of layers {k} and {k + 1}")
    holds = (
        target == {k: at[k + 1] + 1}
        and target[k] > at[k]
        and moves(view, arm, "sg", all) == {k}
        and moves(view, arm).isdisjoint(range(1, k + 1))
        and moves(view, prop, seeds=all) == at.keys()
        and not ticks(view, prop, "target")
    )
    when = _span(target) or "never"
    return Outcome(
        holds, f"target of the SG after layer {k} at tick {when}, layer {k} has updated at {at[k]:g}"
    )


@_exact(
    "F1-5",
    "The SG is told h and the label; the one of supplement C is told h alone",
    place="Figure 1 (b); section 2; supplement C",
    paper="arrows from h and from y into the SG; SG(h, y) = hA + yB + C, SG(h) = hA + C",
    tolerance="exact: of the layer's own output, the label (other than through the loss), what arrives and the "
    "output's error, the first two alone change what layer k learns from; of SG(h), the first alone",
)
def _sees(view: View) -> Outcome:
    found = {}
    for given in ("hy", "h"):
        arm = view.arm(rule="sg", given=given)
        k = max(told(view, arm), default=0)
        edges = {w: seen(view, arm, "edge", w).get(k, 0.0) for w in ("h", "label", "above", "error")}
        found[given] = [w for w, edge in edges.items() if edge]
    holds = found == {"hy": ["h", "label"], "h": ["h"]}
    words = " / ".join(" and ".join(v) or "nothing" for v in found.values())
    return Outcome(holds, f"changes what is said: {words}")


@_exact(
    "F1-6",
    "The layers that a rule serves wait for the loss under all but SG, and until the output layer has updated under "
    "SG + prop, backpropagation and FA",
    place="Table 1 (section 6), rows update locked and backward locked",
    paper="update locked: all but SG; backward locked: SG + prop, Bprop, FA",
    tolerance="exact, all 12 cells, by the clock: locked where each hidden layer that the rule serves (of an SG, the "
    "one before it) updates after tick N, when the loss is known; backward locked where after N + 1, when the output "
    "layer has updated",
)
def _locks(view: View) -> Outcome:
    right = 0
    for rule, printed in LOCKED.items():
        arm = view.arm(rule=rule, given="hy" if rule.startswith("sg") else None)
        n, at = size(view, arm), ticks(view, arm)
        served = [i for i in told(view, arm) or range(1, n) if i in at]
        late = (all(at[i] > n for i in served), all(at[i] > n + 1 for i in served)) if served else ()
        right += sum(a == b for a, b in zip(late, printed, strict=False))
    return Outcome(right == 12, f"{right} of 12 cells")


@_exact(
    "F1-7",
    "With an SG after every layer none waits for another; the loss reaches the output layer and the SG below it only",
    place="section 4 and Figure 2 (caption)",
    paper="one module after each layer; they bootstrap",
    tolerance="exact: layer i updates at tick i + 1 and waits for nothing, so that all end before backpropagation's; "
    "another gradient of the loss changes the gradients of the output layer and of the SG below it, and no other",
)
def _everywhere(view: View) -> Outcome:
    arm, true = view.arm(rule="sg_star"), view.arm(rule="bprop")
    n, at, waits = size(view, arm), ticks(view, arm), seen(view, arm, "waits")
    reached = moves(view, arm), moves(view, arm, "sg")
    own, other = (max(v.values(), default=0) for v in (at, ticks(view, true)))
    alone = at == {i: i + 1 for i in range(1, n + 1)} and not any(waits.values()) and own < other
    ours = f"all layers have updated after {own:g} ticks, under backpropagation after {other:g}"
    return Outcome(alone and reached == ({n}, {n - 1}), ours)


@_exact(
    "F1-8",
    "The clock is right: when a layer updates follows from what was found to change its update",
    place="derived from section 6",
    paper="no number",
    tolerance="exact, all arms: one tick after the update of layer i + 1 where what arrives counts, after the loss "
    "where the output's error does, else after the layer's own forward pass",
    finding=True,
    null=("index",),
)
def _agrees(view: View) -> Outcome:
    right, count = 0, 0
    arms = view.those_run(view.arms(), "tick", 2)
    for arm in arms:
        n, at = size(view, arm), ticks(view, arm)
        above, error = (seen(view, arm, "edge", w) for w in ("above", "error"))
        for i in range(1, n + 1):
            there = at.get(i + 1, n) if above.get(i) else n if error.get(i) else i
            right, count = right + (at.get(i) == there + 1), count + 1
    return Outcome(right == count, f"{right} of {count} updates, in {len(arms)} rules")
