"""Understanding SG, Figure 6: a critical point made by a constant synthetic gradient. Analytic, no training.

Source: arXiv:1703.00522v1, supplement A and Figure 6.
"""

from __future__ import annotations

from repro.claims import MissingData, View
from repro.spec import Arm, Claim, Deviation, Exhibit, Metric, Outcome, Param, Profile

ARMS = (
    Arm("objective", "L(a, b) = Σ|a x + b|", "objective", {"formula": "text"}),
    Arm("printed", "the printed picture: Σ|b x + a|", "printed", {"formula": "transposed"}),
    Arm("bprop", "true gradient", "Bprop", {"rule": "bprop"}),
    Arm("sg", "constant SG at its optimum", "SG", {"rule": "sg"}),
)

PARAMS = (
    Param("inputs", (-2, -1, 1, 2), "supplement A", "the data set"),
    Param("limit", 3.0, "Figure 6", "a and b run over [−3, 3]"),
    Param("grid", 25, "assumed: resolution of our grid", "values of a and of b"),
    Param(
        "starts",
        ((1.0, 0.0), (2.0, 1.0), (-2.0, 1.5), (-1.0, -0.5), (0.5, 2.0), (1.0, -2.5)),
        "assumed: four in the cone |b| < |a|, two outside",
        "where gradient descent starts (a, b)",
    ),
    Param("steps", 400, "assumed: long enough for the true rule to arrive", "gradient steps from each start"),
    Param("rate", 0.005, "assumed: small", "step size of the net and of c"),
)


def _point(index: str) -> tuple[float, float]:
    a, b = index.split(";")
    return float(a), float(b)


def _at_points(view: View, metric: str, *arms: str) -> list[dict[tuple[float, float], float]]:
    """For each arm (a, b) → value; `MissingData` unless all have the same points."""
    found = [{_point(i): v[0] for i, v in view.by_index(arm, metric).items()} for arm in arms]
    if any(values.keys() != found[0].keys() for values in found):
        raise MissingData(f"{metric} of {' and '.join(arms)} at the same points (a, b)")
    return found


def _some(points: list[tuple[float, float]], where: str) -> list[tuple[float, float]]:
    """The points; `MissingData` if there is none, because a sentence about every one of none says nothing."""
    if not points:
        raise MissingData(f"points (a, b) {where}")
    return points


def _line(view: View) -> Outcome:
    sg, true = _at_points(view, "update", "sg", "bprop")
    line = _some([p for p in sg if p[1] == 0 and p[0] != 0], "with b = 0")
    still = sum(sg[p] == 0 for p in line)
    moved = sum(true[p] > 0 for p in line)
    holds = still == len(line) == moved
    return Outcome(
        holds, f"SG update 0 at {still} of {len(line)} points with b = 0; true gradient ≠ 0 at {moved}"
    )


def _unique(view: View) -> Outcome:
    true, sg = _at_points(view, "update", "bprop", "sg")
    critical = [p for p, size in true.items() if size == 0]
    others = sum(size == 0 for size in sg.values())
    holds = critical == [(0.0, 0.0)] and others > 1
    return Outcome(holds, f"true rule: {len(critical)} critical point(s) {critical[:2]}; SG system: {others}")


def _cone(view: View) -> Outcome:
    sg, true = _at_points(view, "update", "sg", "bprop")
    cone = set(_some([p for p in sg if abs(p[1]) < abs(p[0])], "in the cone"))
    still = {p for p, size in sg.items() if size == 0}
    holds = cone <= still and still - cone == {(0.0, 0.0)} and min(true[p] for p in cone) > 0
    return Outcome(holds, f"{len(still)} critical grid points = {len(cone)} in the cone and (0, 0)")


def _stuck(view: View) -> Outcome:
    sg, true = _at_points(view, "travel", "sg", "bprop")
    inside = _some([p for p in sg if abs(p[1]) < abs(p[0])], "in the cone")
    outside = _some([p for p in sg if p not in inside], "outside the cone")
    holds = all(sg[p] == 0 and true[p] > 0.5 for p in inside) and all(sg[p] > 0.1 for p in outside)
    far = min(true[p] for p in inside)
    return Outcome(
        holds, f"{len(inside)} starts in the cone: SG travels 0, the true rule ≥ {far:.2f}; outside SG moves"
    )


def _printed(view: View) -> Outcome:
    loss, printed = _at_points(view, "loss", "objective", "printed")
    corners = (3.0, 0.0), (0.0, 3.0)
    if not loss.keys() >= {*corners}:
        raise MissingData("loss at (3, 0) and (0, 3)")
    at = tuple(values[p] for values in (loss, printed) for p in corners)
    return Outcome(
        at == (18.0, 12.0, 12.0, 18.0), f"L(3,0) = {at[0]}, L(0,3) = {at[1]}; printed {at[2]}, {at[3]}"
    )


def _cancel(view: View) -> Outcome:
    true, sg = (
        {float(x): v[0] for x, v in view.by_index(arm, "output_gradient").items()} for arm in ("bprop", "sg")
    )
    signs = {-2.0: -1.0, -1.0: -1.0, 1.0: 1.0, 2.0: 1.0}
    holds = true == signs and sg == dict.fromkeys(signs, 0.0)
    return Outcome(holds, f"∂L/∂f = {tuple(true.values())}, SG = {tuple(sg.values())}")


_ALL = ("smoke", "quick", "cpu", "paper")
CLAIMS = (
    Claim(
        "F6-1",
        "With a constant SG every point b = 0, c = 0 is critical for the SG system, whatever a",
        "supplement A, Figure 6",
        "the white line b = 0",
        "exact: update 0 on the line where the true one is not",
        _line,
        _ALL,
        True,
    ),
    Claim(
        "F6-2",
        "The original problem has only one critical point, a = b = 0",
        "supplement A, Figure 6",
        "the white dot",
        "exact, on the grid",
        _unique,
        _ALL,
        True,
    ),
    Claim(
        "F6-3",
        "SG training that starts there with c = 0 does not move, backpropagation does",
        "supplement A",
        "no number",
        "travel exactly 0 in the cone; true rule > 0.5",
        _stuck,
        _ALL,
        True,
    ),
    Claim(
        "F6-4",
        "Ours, beyond the paper: the critical set is the cone |b| < |a| (with its apex), not a line",
        "derived from supplement A's definitions",
        "the paper draws the line b = 0",
        "exact, on the grid",
        _cone,
        _ALL,
        True,
    ),
    Claim(
        "F6-5",
        "Ours: the printed heat map is transposed: L(3, 0) = 18 and L(0, 3) = 12, the picture has "
        "them swapped",
        "Figure 6, left",
        "top and bottom edges are the maximum",
        "exact",
        _printed,
        _ALL,
        True,
    ),
    Claim(
        "F6-6",
        "At a = 1, b = 0 the four true gradients ∂L/∂f are ±1 and cancel, so the constant SG is 0",
        "Figure 6, right",
        "−1, −1, +1, +1 at x = −2, −1, 1, 2; SG 0",
        "exact",
        _cancel,
        _ALL,
        True,
    ),
)

DEVIATIONS = (
    Deviation(
        1,
        "orientation of the heat map",
        "equals Σ|b x + a| (transposed)",
        "Σ|a x + b|, as the text defines it",
        "the text's formula is the claim; the picture is drawn beside it",
        "the map is rotated by 90°",
    ),
    Deviation(
        2,
        "critical set",
        "the line b = 0",
        "the whole cone |b| < |a|",
        "for |b| < |a| the four signs cancel as well, so c = 0 is the SG's optimum",
        "the claim gets stronger",
    ),
    Deviation(3, "name of the SG's output", "c in the text, d in the caption", "c", "a slip", "none"),
)

EXHIBIT = Exhibit(
    id="sg/fig6",
    title="A critical point created by a constant synthetic gradient",
    place="Figure 6 (supplement A)",
    shows=(
        "The loss Σ|a x + b| over a and b, with its one true critical point and the set of points "
        "at which a net "
        "that learns from a constant synthetic gradient gets stuck; and why: the four true gradients cancel."
    ),
    kind="analytic",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("loss", "", "L(a, b); index is a;b", 9.0),
        Metric("update", "", "length of the update of (a, b) at the SG's optimum c; index is a;b", 1.0),
        Metric("travel", "", "distance from the start after gradient descent; index is the start a;b", 1.0),
        Metric("output_gradient", "", "∂L/∂f, or the SG's c, at a = 1, b = 0; index is the input x", 0.5),
    ),
    profiles=tuple(Profile(name, (0,), budget="seconds") for name in _ALL),
    claims=CLAIMS,
    deviations=DEVIATIONS,
    work="repro.train.critical_point:run",
    draw="repro.plotting.sg:draw_fig6",
    algorithms=(
        ("c* = mean ∂L/∂f: the SG's own optimum", "repro.train.critical_point:sg_optimum"),
        ("Δ(a, b) ∝ Σ c (x_i, 1): what the net then gets", "repro.train.critical_point:sg_update"),
    ),
    group_by=(),
)
