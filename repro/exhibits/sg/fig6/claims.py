"""Claims of Figure 6. Exact: they hold or they do not."""

from __future__ import annotations

from functools import partial

from repro.claim import Claims, Outcome
from repro.record.view import MissingData, View
from repro.spec import PROFILES

Points = dict[tuple[float, float], float]
"""(a, b) → value."""

claims = Claims()
_exact = partial(claims, profiles=PROFILES, stand_in_ok=True)
_figure = partial(_exact, place="supplement A, Figure 6")


def points(view: View, metric: str, **setting: str) -> Points:
    """The values of the one arm with this setting, by point."""
    found = view.matrix(view.arm(**setting), metric)
    return {(float(a), float(b)): value for (a, b), value in found.items()}


def _sg_and_true(view: View, metric: str) -> tuple[Points, Points]:
    """What the SG system and the true rule do; `MissingData` unless at the same points."""
    sg, true = (points(view, metric, rule=rule) for rule in ("sg", "bprop"))
    _refuse_unlike(sg, true, metric)
    return sg, true


def _refuse_unlike(one: Points, other: Points, metric: str) -> None:
    if one.keys() != other.keys():
        raise MissingData(f"{metric} of both arms at the same points (a, b)")


def _some(at: list[tuple[float, float]], where: str) -> list[tuple[float, float]]:
    """The points; `MissingData` if there is none, because a sentence about every one of none says nothing."""
    if not at:
        raise MissingData(f"points (a, b) {where}")
    return at


@_figure(
    "F6-1",
    "With a constant SG every point b = 0, c = 0 is critical for the SG system, whatever a",
    paper="the white line b = 0",
    tolerance="exact: update 0 on the line where the true one is not",
)
def _line(view: View) -> Outcome:
    sg, true = _sg_and_true(view, "update")
    line = _some([p for p in sg if p[1] == 0 and p[0] != 0], "with b = 0")
    still, moved = sum(sg[p] == 0 for p in line), sum(true[p] > 0 for p in line)
    told = f"SG update 0 at {still} of {len(line)} points with b = 0; true gradient ≠ 0 at {moved}"
    return Outcome(still == len(line) == moved, told)


@_figure(
    "F6-2",
    "The original problem has only one critical point, a = b = 0",
    paper="the white dot",
    tolerance="exact, on the grid",
)
def _unique(view: View) -> Outcome:
    sg, true = _sg_and_true(view, "update")
    critical = [p for p, size in true.items() if size == 0]
    others = sum(size == 0 for size in sg.values())
    many = "s" * (len(critical) != 1)
    told = f"true rule: {len(critical)} critical point{many} {critical[:2]}; SG system: {others}"
    return Outcome(critical == [(0.0, 0.0)] and others > 1, told)


@_exact(
    "F6-3",
    "SG training that starts there with c = 0 does not move, backpropagation does",
    place="supplement A",
    paper="no number",
    tolerance="travel exactly 0 in the cone; true rule > 0.5",
)
def _stuck(view: View) -> Outcome:
    sg, true = _sg_and_true(view, "travel")
    inside = _some([p for p in sg if abs(p[1]) < abs(p[0])], "in the cone")
    outside = _some([p for p in sg if p not in inside], "outside the cone")
    holds = all(sg[p] == 0 and true[p] > 0.5 for p in inside) and all(sg[p] > 0.1 for p in outside)
    far = min(true[p] for p in inside)
    return Outcome(
        holds, f"{len(inside)} starts in the cone: SG travels 0, the true rule ≥ {far:.2f}; outside SG moves"
    )


@_exact(
    "F6-4",
    "The critical set is the cone |b| < |a| (with its apex), not a line",
    place="derived from supplement A's definitions",
    paper="the paper draws the line b = 0",
    tolerance="exact, on the grid, with sign(0) = 0 (where |b| = |a| another value there can make c = 0 as well)",
    finding=True,
)
def _cone(view: View) -> Outcome:
    sg, true = _sg_and_true(view, "update")
    cone = set(_some([p for p in sg if abs(p[1]) < abs(p[0])], "in the cone"))
    still = {p for p, size in sg.items() if size == 0}
    holds = cone <= still and still - cone == {(0.0, 0.0)} and min(true[p] for p in cone) > 0
    return Outcome(holds, f"{len(still)} critical grid points = {len(cone)} in the cone and (0, 0)")


@_exact(
    "F6-5",
    "The text's formula gives L(3, 0) = 18 and L(0, 3) = 12; with a and b swapped it is the printed map",
    place="Figure 6, left",
    paper="top and bottom edges are the maximum: the picture is transposed (read off it: correlation 0.9997 with the "
    "transposed map, 0.63 with the text's; deviation 1)",
    tolerance="exact; arithmetic of ours, beside what was read off the picture",
    finding=True,
)
def _printed(view: View) -> Outcome:
    loss, printed = (points(view, "loss", formula=formula) for formula in ("text", "transposed"))
    _refuse_unlike(loss, printed, "loss")
    corners = (3.0, 0.0), (0.0, 3.0)
    if not loss.keys() >= {*corners}:
        raise MissingData("loss at (3, 0) and (0, 3)")
    at = tuple(values[p] for values in (loss, printed) for p in corners)
    told = f"L(3,0) = {at[0]}, L(0,3) = {at[1]}; printed {at[2]}, {at[3]}"
    return Outcome(at == (18.0, 12.0, 12.0, 18.0), told)


@_exact(
    "F6-6",
    "At a = 1, b = 0 the four true gradients ∂L/∂f are ±1 and cancel, so the constant SG is 0",
    place="Figure 6, right",
    paper="−1, −1, +1, +1 at x = −2, −1, 1, 2; SG 0",
    tolerance="exact",
)
def _cancel(view: View) -> Outcome:
    true, sg = (
        {float(x): v[0] for x, v in view.by_index(view.arm(rule=rule), "output_gradient").items()}
        for rule in ("bprop", "sg")
    )
    signs = {-2.0: -1.0, -1.0: -1.0, 1.0: 1.0, 2.0: 1.0}
    holds = true == signs and sg == dict.fromkeys(signs, 0.0)
    return Outcome(holds, f"∂L/∂f = {tuple(true.values())}, SG = {tuple(sg.values())}")
