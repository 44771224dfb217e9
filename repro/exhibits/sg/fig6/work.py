"""sg/fig6: the critical points that a constant synthetic gradient adds to a piecewise linear problem.

Source: arXiv:1703.00522v1, supplement A. f(x) = a x + b, L(a, b) = Σ_i |a x_i + b| with x = −2, −1, 1, 2; the
SG between f and L outputs one trainable scalar c. Everything here is exact arithmetic; nothing is fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from repro.errors import BadValueError, UnknownNameError
from repro.train.given import Given
from repro.train.loop import Context, Result
from repro.train.rows import RunRow


def loss(a: float, b: float, xs: Sequence[float]) -> float:
    """L(a, b) = Σ |a x_i + b|."""
    return math.fsum(abs(a * x + b) for x in xs)


def output_gradients(a: float, b: float, xs: Sequence[float]) -> list[float]:
    """∂L/∂f at each input: sign(a x_i + b), 0 at a kink."""
    return [float((f > 0) - (f < 0)) for f in (a * x + b for x in xs)]


def true_update(a: float, b: float, xs: Sequence[float]) -> tuple[float, float]:
    """(∂L/∂a, ∂L/∂b) = Σ ∂L/∂f_i (x_i, 1)."""
    g = output_gradients(a, b, xs)
    return math.fsum(s * x for s, x in zip(g, xs, strict=True)), math.fsum(g)


def sg_update(c: float, xs: Sequence[float]) -> tuple[float, float]:
    """What the net gets when ∂L/∂f is replaced by c: Σ c (x_i, 1)."""
    return c * math.fsum(xs), c * len(xs)


def sg_optimum(a: float, b: float, xs: Sequence[float]) -> float:
    """The c at which ∂L_SG/∂c = 0 for L_SG = Σ (c − ∂L/∂f_i)²: the mean of the targets."""
    return math.fsum(output_gradients(a, b, xs)) / len(xs)


def travel(rule: str, a: float, b: float, xs: Sequence[float], steps: int, rate: float) -> float:
    """Distance of (a, b) from its start after descent with the true or the synthetic gradient (c from 0)."""
    start, c = (a, b), 0.0
    for _ in range(steps):
        g = output_gradients(a, b, xs)
        da, db = sg_update(c, xs) if rule == "sg" else true_update(a, b, xs)
        c -= rate * 2 * math.fsum(c - s for s in g)
        a, b = a - rate * da, b - rate * db
    return math.dist((a, b), start)


def grid(limit: float, per_side: int) -> list[float]:
    """`per_side` evenly spaced values from −limit to limit, exactly symmetric; `BadValueError` unless odd, ≥ 3."""
    if per_side < 3 or per_side % 2 == 0:
        raise BadValueError(
            f"grid is {per_side}; expected an odd number of values, 3 or more: 0 is one of them"
        )
    half = (per_side - 1) // 2
    return [limit * i / half for i in range(-half, half + 1)]


def _of_formula(
    formula: str, points: Sequence[tuple[float, float]], xs: Sequence[float]
) -> list[tuple[str, float]]:
    """(index, L) of each point; "text" as the text defines L, "transposed" as the figure shows it."""
    if formula not in ("text", "transposed"):
        raise UnknownNameError("formula of the objective", formula, ("text", "transposed"))
    swap = formula == "transposed"
    return [(f"{a:g};{b:g}", loss(b, a, xs) if swap else loss(a, b, xs)) for a, b in points]


def _of_rule(
    rule: str, points: Sequence[tuple[float, float]], xs: Sequence[float]
) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """(index, size of the update of (a, b)) of each point, and (index, ∂L/∂f or its estimate) of each input."""
    if rule not in ("bprop", "sg"):
        raise UnknownNameError("learning rule", rule, ("bprop", "sg"))

    def update(a: float, b: float) -> tuple[float, float]:
        return sg_update(sg_optimum(a, b, xs), xs) if rule == "sg" else true_update(a, b, xs)

    updates = [(f"{a:g};{b:g}", math.hypot(*update(a, b))) for a, b in points]
    true = output_gradients(1, 0, xs)
    return updates, [
        (f"{x:g}", sg_optimum(1, 0, xs) if rule == "sg" else s) for x, s in zip(xs, true, strict=True)
    ]


def work(given: Given, ctx: Context) -> Result:
    """On a grid of (a, b): the objective of each `formula`; of each `rule` its updates, and how far it travels."""
    xs = [float(x) for x in given.param("inputs")]
    values = grid(given.param("limit"), given.param("grid"))
    points = [(a, b) for a in values for b in values]
    starts, steps, rate = (given.param(name) for name in ("starts", "steps", "rate"))
    formulas, rules = given.settings("formula", None), given.settings("rule", None)
    given.refuse_unread()
    rows: list[RunRow] = []
    for r, (formula, rule) in enumerate(zip(formulas, rules, strict=True)):
        if formula is not None:
            rows += [(r, "loss", 0, at, value) for at, value in _of_formula(formula, points, xs)]
            continue
        updates, gradients = _of_rule(rule, points, xs)
        rows += [(r, "update", 0, at, value) for at, value in updates]
        for a, b in starts:
            rows.append((r, "travel", steps, f"{a:g};{b:g}", travel(rule, a, b, xs, steps, rate)))
        rows += [(r, "output_gradient", 0, at, value) for at, value in gradients]
    ctx.progress(1.0)
    return Result(rows)
