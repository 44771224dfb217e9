"""Claims of Figure 7: what direct feedback alignment does to representations, and where the four rules start."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from repro.claim import Claims, Outcome
from repro.exhibits.sg import layers as by
from repro.exhibits.sg.deep import SERIES
from repro.record.stats import every
from repro.record.view import View

METRIC, WITHIN = "block_distance", "dissimilarity_within"
AT_ONE = {"bprop": 0.427, "sg": 0.382, "sg_star": 0.322, "dfa": 0.230}
claims = Claims()
_claim = partial(claims, place="Figure 7 (supplement C)")


def _arms(view: View) -> dict[str, str]:
    return {r: view.arm(rule=r, target="example" if r in ("sg", "sg_star") else None) for r in SERIES}


@_claim(
    "F7-1",
    "Under DFA images of a class are already alike after two or three layers",
    paper="dark blocks from layers 2 and 3; 0.23 at layer 1, 0.15 at 3",
    tolerance="at layer 3 same-class dissimilarity and the distance from the last layer both below those of each "
    "other rule (95 % intervals, paired by seed); size: layer 1 at 0.15 to 0.31, layer 3 at 0.1 to 0.2",
    given="the size of layer 3 was asked for after cpu had been seen: layer 1 alone had passed",
)
def _dfa(view: View) -> Outcome:
    arms = _arms(view)
    others = [arms[r] for r in SERIES if r != "dfa"]
    below = every(by.beyond(view, a, arms["dfa"], m, by.at(3)) for a in others for m in (WITHIN, METRIC))
    own = by.level(view, arms["dfa"], METRIC)
    told = "same-class dissimilarity at layer 3: "
    told += ", ".join(f"{a} {by.level(view, a, WITHIN)[3]:.2f}" for a in arms.values())
    told += f"; distance {by.told(view, arms['dfa'], METRIC, (1, 3, 8, 12))} at layers 1, 3, 8, 12"
    gate = by.learned(view, arms.values(), 90.0)
    return Outcome(below, told, 0.15 <= own[1] <= 0.31 and 0.1 <= own[3] <= 0.2, gate)


@_claim(
    "F7-2",
    "At layer 1 the distance from the last layer is largest under Bprop, then SG, SG*, DFA",
    paper="0.43 > 0.38 > 0.32 > 0.23",
    tolerance="in this order (95 % intervals, paired by seed); size: each within a third of the paper's",
)
def _order(view: View) -> Outcome:
    arms = _arms(view)
    found = every(by.beyond(view, arms[a], arms[b], METRIC, by.at(1)) for a, b in pairwise(SERIES))
    own = {r: by.level(view, arms[r], METRIC)[1] for r in SERIES}
    told = ", ".join(f"{r} {v:.3f} (root {v**0.5 if v > 0 else 0:.2f})" for r, v in own.items())
    size = all(abs(own[r] - its) <= its / 3 for r, its in AT_ONE.items())
    return Outcome(found, told, size, by.learned(view, arms.values(), 90.0))
