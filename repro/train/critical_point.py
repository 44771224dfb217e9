"""sg/fig6: the critical points that a constant synthetic gradient adds to a piecewise linear problem.

Source: arXiv:1703.00522v1, supplement A. f(x) = a x + b, L(a, b) = Σ_i |a x_i + b| with x = −2, −1, 1, 2; the
SG between f and L outputs one trainable scalar c. Everything here is exact arithmetic; nothing is fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from repro.piece import Piece
from repro.train.loop import Context, Result, Row

VARIES = frozenset({"formula", "rule"})
"""Settings that differ between arms: they say what an arm is; the rows are chosen by its name."""


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
    """`per_side` evenly spaced values from −limit to limit; exactly symmetric."""
    half = (per_side - 1) // 2
    return [limit * i / half for i in range(-half, half + 1)]


def run(piece: Piece, ctx: Context) -> Result:
    """Rows on a grid of (a, b): objective, true rule, SG system; and how far each rule travels from a start."""
    p = piece.params
    xs = [float(x) for x in p["inputs"]]
    rows: list[Row] = []
    values = grid(p["limit"], p["grid"])
    for a in values:
        for b in values:
            at = f"{a:g};{b:g}"
            rows.append(("objective", 0, "loss", 0, at, loss(a, b, xs)))
            rows.append(("printed", 0, "loss", 0, at, loss(b, a, xs)))
            rows.append(("bprop", 0, "update", 0, at, math.hypot(*true_update(a, b, xs))))
            c = sg_optimum(a, b, xs)
            rows.append(("sg", 0, "update", 0, at, math.hypot(*sg_update(c, xs))))
    for a, b in p["starts"]:
        for rule in ("bprop", "sg"):
            distance = travel(rule, a, b, xs, p["steps"], p["rate"])
            rows.append((rule, 0, "travel", p["steps"], f"{a:g};{b:g}", distance))
    for x, s in zip(xs, output_gradients(1, 0, xs), strict=True):
        rows.append(("bprop", 0, "output_gradient", 0, f"{x:g}", s))
        rows.append(("sg", 0, "output_gradient", 0, f"{x:g}", sg_optimum(1, 0, xs)))
    wanted = {a["id"] for a in piece.arms}
    ctx.progress(1.0)
    return Result([r for r in rows if r[0] in wanted], {})
