"""Claims of Figure 2: by correlations between implied and true loss, over data sets, in all four blocks.

"At the end" is after the paper's 5,000 iterations, or the last one of a shorter profile.
"""

from __future__ import annotations

from functools import partial

from repro.claim import Claims, Outcome
from repro.exhibits.sg import fidelity as of
from repro.exhibits.sg.fig2.spec import WIDTHS
from repro.exhibits.sg.implied import BLOCKS, LAYERS, MIDDLE, told
from repro.record import stats
from repro.record.stats import both, each_ahead, every, mean, paired, unpaired
from repro.record.view import MissingData, View

EARLY = (100, 1000)
APART = 0.2
"""Of correlations: what counts as a difference, some quarter of the paper's 0.74 and 0.77."""
claims = Claims()
_claim = partial(claims, place="Figure 2 (section 4)", stand_in_ok=True)
_UNSTATED = "one SG after layer 3 of 5, targets of the mean loss: the paper states neither"
_usual = partial(_claim, given=_UNSTATED)


def _arm(view: View, block: tuple[str, str], at: int, target: str = "mean", wide: int = 0) -> str:
    loss, data = block
    return view.arm(loss=loss, data=data, at=at, given="hy", target=target, wide=wide)


def _arms(view: View, at: int) -> list[str]:
    return [_arm(view, block, at) for block in BLOCKS]


def _end(view: View, arm: str) -> int:
    return of.last(of.medians(view, arm))


def _topmost(seen: of.Seen, end: int) -> float:
    return seen[end, LAYERS] - seen[end, 1]


def _fall(seen: of.Seen, end: int) -> float:
    return of.mean_at(seen, EARLY) - of.mean_at(seen, (end,))


def _setting(block: tuple[str, str], at: int) -> dict[str, object]:
    return {"given": "hy", "loss": block[0], "data": block[1], "at": at}


@partial(_usual, null=("index",))(
    "F2-1",
    "With SGs everywhere the implied loss is truest next to the loss, and less so the further away",
    paper="after 5,000 iterations 1.00, .84, 1.00, .83 after layer 5 and .62, .43, .12, .01 after layer 1",
    tolerance="after layer 5 above layer 1 at the end, in each block (95 % intervals over data sets); size: the "
    "difference within 0.2 of the paper's (0.62 on average) and the mean of layers 2 to 4 too, averaged over blocks",
    given=f"{_UNSTATED}; block by block, and the layers between, were asked for after cpu had been seen",
)
def _nearest(view: View) -> Outcome:
    arms = _arms(view, 0)
    drops, told_ours, off, between = [], [], [], []
    for block, arm in zip(BLOCKS, arms, strict=True):
        end = _end(view, arm)
        drops.append(of.over(view, arm, partial(_topmost, end=end)))
        seen = of.medians(view, arm)
        told_ours.append(f"{seen[end, LAYERS]:.2f} → {seen[end, 1]:.2f}")
        paper = told(_setting(block, 0), 5000)
        off.append(abs(drops[-1].mean - (paper[LAYERS] - paper[1])))
        between.append(abs(mean([seen[end, i] - paper[i] for i in range(2, LAYERS)])))
    size = mean(off) <= 0.2 and mean(between) <= 0.2
    return Outcome(every(drops), f"layer 5 → 1, block by block: {', '.join(told_ours)}", size)


@partial(_usual, null=("steps",))(
    "F2-2",
    "The implied loss is truest early, and less true at the end",
    paper="one SG: .93 to 1.00 at 100 and 1,000, .82 / .08 / .87 / .85 at 5,000; everywhere: .94 → .57 on average",
    tolerance="mean over 100 and 1,000 iterations (and layers) above the end's, one SG and everywhere, in each block "
    "(95 % intervals); size: drops within 0.2 of the paper's, their mean distance of one SG and that of everywhere",
    given=f"{_UNSTATED}; made stricter after cpu had been seen: drops of one SG that are too large no longer "
    "cancel those everywhere",
)
def _early(view: View) -> Outcome:
    drops, papers, ends = [], [], []
    for at in (MIDDLE, 0):
        for block, arm in zip(BLOCKS, _arms(view, at), strict=True):
            end = _end(view, arm)
            drops.append(of.over(view, arm, partial(_fall, end=end)))
            ends.append(of.mean_at(of.medians(view, arm), (end,)))
            early, late = (
                [v for t in ts for v in told(_setting(block, at), t).values()] for ts in (EARLY, (5000,))
            )
            papers.append(mean(early) - mean(late))
    off = [abs(d.mean - p) for d, p in zip(drops, papers, strict=True)]
    size = all(mean(part) <= 0.2 for part in (off[: len(BLOCKS)], off[len(BLOCKS) :]))
    fell = " ".join(f"{d.mean:+.2f}" for d in drops)
    return Outcome(every(drops), f"early minus end, four blocks of one SG, then everywhere: {fell}", size)


@_usual(
    "F2-3",
    "Under MSE one SG still tracks the loss at the end; under log loss on nearly separable data it does not",
    paper="MSE noisy .82, log loss noisy .08, log loss random .85",
    tolerance="log loss on noisy labels below MSE on the same and below log loss on random ones (95 % intervals); "
    f"not where it is not, and surely less than {APART} below; size: at most 0.3, the others 0.65 or more",
    given=f"{_UNSTATED}; forty of the 50 data sets at paper were added since ten had not decided it; {APART} is "
    "asked since these were seen: without it two that are equal stay open for good",
)
def _breaks(view: View) -> Outcome:
    mse, log, random = (
        _arm(view, b, MIDDLE) for b in (("mse", "noisy"), ("log", "noisy"), ("log", "random"))
    )
    end = _end(view, log)
    of_mse = of.beyond(view, mse, log, lambda s: s[end, MIDDLE])
    at_end = ([s[end, MIDDLE] for s in of.by_seed(view, a).values()] for a in (random, log))
    of_random = unpaired(*at_end)
    m, n, r = (of.medians(view, a)[end, MIDDLE] for a in (mse, log, random))
    told_ours = (
        f"MSE noisy {m:.2f}, log loss noisy {n:.2f}, log loss random {r:.2f}; beyond {of_mse} and {of_random}"
    )
    return Outcome(each_ahead([of_mse, of_random], APART), told_ours, n <= 0.3 and min(m, r) >= 0.65)


@partial(_usual, null=("steps",))(
    "F2-4",
    "The implied loss parts from the true one when the true loss is around 0.001",
    paper="around 0.001 (text)",
    tolerance="gate: after 5,000 iterations the mean true loss is between 0.0001 and 0.01 in each block of one SG; "
    "lower correlation than at 1,000 in each (95 % intervals)",
)
def _when(view: View) -> Outcome:
    arms = _arms(view, MIDDLE)
    loss = {arm: view.mean(arm, "true_loss") for arm in arms}
    fell = [of.over(view, a, lambda s: s[1000, MIDDLE] - s[max(s)[0], MIDDLE]) for a in arms]
    told_ours = f"true loss at the end {min(loss.values()):.2g} to {max(loss.values()):.2g}"
    there = all(1e-4 <= v <= 1e-2 for v in loss.values())
    gate = "" if there else f"no net is there yet: {told_ours}, at the paper's rate and number of iterations"
    return Outcome(every(fell), told_ours, True, gate)


@partial(_usual, null=("chance", "shifted", "shrunk"))(
    "F2-5",
    "Nets that learn from linear SGs still memorise noise",
    paper="no number; random labels are fitted",
    tolerance="one SG: more than 92 % right on noisy labels (a line gets 90 %) and 70 % on random ones (95 % "
    "intervals over data sets); size: 99 % or more",
)
def _memorises(view: View) -> Outcome:
    right = {b: view.final(_arm(view, b, MIDDLE), "accuracy") for b in BLOCKS}
    holds = both(*(paired(v).above(92 if b[1] == "noisy" else 70) for b, v in right.items()))
    told_ours = ", ".join(f"{loss} {data} {mean(v):.1f} %" for (loss, data), v in right.items())
    return Outcome(holds, told_ours, min(map(mean, right.values())) >= 99)


def _distances(view: View, at: int, target: str = "mean", wide: int = 0) -> dict[int, float]:
    """seed → mean |ours − the paper's| over blocks, iterations and layers."""
    found: dict[int, list[float]] = {}
    for block in BLOCKS:
        for seed, seen in of.by_seed(view, _arm(view, block, at, target, wide)).items():
            found.setdefault(seed, []).append(of.distance(_setting(block, at), seen))
    return {seed: stats.mean(v) for seed, v in found.items() if len(v) == len(BLOCKS)}


@partial(_claim, profiles=("cpu", "paper"), null=("equal", "permuted"))(
    "F2-6",
    "Of what the paper leaves open, the unit of the SG's target decides most",
    place="Figure 2 (section 4): ours, beside it",
    paper="unit, width and place of the SG are not stated",
    tolerance="targets of each example are further from the paper's numbers than of the mean, and by more than any "
    "width or place is from the usual one (95 % intervals over data sets, paired)",
    finding=True,
)
def _decides(view: View) -> Outcome:
    usual = {at: _distances(view, at) for at in (MIDDLE, 0)}
    unit = (
        _away(_distances(view, 0, "example"), usual[0]),
        _away(_distances(view, MIDDLE, "example"), usual[MIDDLE]),
    )
    others = [_away(_distances(view, at, wide=n), usual[at]) for n in WIDTHS for at in (MIDDLE, 0)]
    others += [_away(_distances(view, at), usual[MIDDLE]) for at in range(1, LAYERS) if at != MIDDLE]
    most = max(abs(mean(d)) for d in others)
    told_ours = (
        f"target {mean(unit[0]):+.2f} everywhere, {mean(unit[1]):+.2f} one SG; width and place ≤ {most:.2f}"
    )
    return Outcome(every((paired(d) for d in unit), most), told_ours)


def _away(one: dict[int, float], other: dict[int, float]) -> list[float]:
    both_have = one.keys() & other.keys()
    if not both_have:
        raise MissingData("correlation of both choices with the same seed")
    return [one[s] - other[s] for s in sorted(both_have)]
