"""Claims of Understanding SG's Table 2, what counts as reproducing them, and our deviations."""

from __future__ import annotations

from repro.claims import View
from repro.spec import Claim, Deviation, Outcome
from repro.stats import exceeds, mean

_LONG = ("cpu", "paper")
DATA = ("linear2", "linear100", "noisy2", "noisy100", "random2", "random100")


def _gap(view: View, cell: str) -> float:
    return view.mean(cell, "gap")


def _log(view: View, *names: str) -> dict[str, float]:
    return {n: _gap(view, f"{n}-shallow-log") for n in names}


def _text(gaps: dict[str, float]) -> str:
    return ", ".join(f"{n} {g:.5f}" for n, g in gaps.items())


def _learned(view: View, cell: str) -> bool:
    """Backpropagation itself got somewhere: its loss is below that of a net that knows nothing."""
    return view.mean(cell, "loss_bp") < (0.25 if cell.endswith("mse") else 0.69)


def _mse(view: View) -> Outcome:
    shallow, deep = ([f"{d}-{depth}-mse" for d in DATA] for depth in ("shallow", "deep"))
    cells = view.those_run(shallow, "gap", len(DATA)) + view.those_run(deep, "gap", 0)
    size = {c: mean([abs(g) for g in view.final(c, "gap")]) for c in cells}  # signs must not cancel
    worst = max(cells, key=lambda c: size[c])
    fails = _gap(view, "linear100-shallow-log")  # under log loss the same module does leave a gap
    holds = size[worst] <= 1e-4 and all(_learned(view, c) for c in cells) and fails > 1e-3
    return Outcome(holds, f"largest of {len(cells)} MSE gaps {size[worst]:.1e} ({worst})")


def _order(view: View) -> Outcome:
    g = _log(view, *DATA)
    larger = exceeds(view.final("linear100-shallow-log", "gap"), view.final("linear2-shallow-log", "gap"))
    separable = larger and g["linear2"] > 4 * max(g["noisy100"], g["noisy2"])
    rest = g["noisy100"] > max(g["noisy2"], g["random2"], g["random100"], 1e-4)
    return Outcome(separable and rest, _text(g))


def _sizes(view: View) -> Outcome:
    paper = {"linear2": 0.03842, "linear100": 0.08554, "noisy100": 0.00442}
    g = _log(view, *paper)
    holds = all(paper[n] / 2 <= g[n] <= paper[n] * 2 for n in paper)
    return Outcome(holds, ", ".join(f"{n} {g[n]:.4f} (×{g[n] / paper[n]:.2f})" for n in paper))


def _random(view: View) -> Outcome:
    g = _log(view, "random2", "random100", "linear2", "linear100")
    deep = {f"{n} deep": _gap(view, f"{n}-deep-log") for n in ("random2", "random100")}
    small = max(abs(v) for v in (g["random2"], g["random100"], *deep.values()))
    return Outcome(small <= 5e-5 and min(g["linear2"], g["linear100"]) > 1e-2, _text({**g, **deep}))


def _deep(view: View) -> Outcome:
    shallow, deep = _gap(view, "noisy100-shallow-log"), _gap(view, "noisy100-deep-log")
    holds = 1e-4 < deep < 0.95 * shallow
    return Outcome(holds, f"noisy100 {deep:.5f} deep, {shallow:.5f} shallow")


def _noisy2(view: View) -> Outcome:
    shallow, random = (view.final(f"{n}2-shallow-log", "gap") for n in ("noisy", "random"))
    deep = view.final("noisy2-deep-log", "gap")
    holds = mean(shallow) > 1e-4 and exceeds(shallow, random) and exceeds(shallow, deep)
    return Outcome(holds, f"shallow {mean(shallow):.5f}, deep {mean(deep):.5f}, random2 {mean(random):.5f}")


_T = "Table 2, section 4"
CLAIMS = (
    Claim(
        "T2-1",
        "Under MSE the SG reaches the same loss as backpropagation, shallow and deep",
        _T,
        "every MSE cell ≤ 0.00004",
        "mean |gap| of every MSE cell ≤ 1e-4, backpropagation having learnt, and a log-loss gap > 1e-3 beside it",
        _mse,
        ("quick", *_LONG),
        True,
    ),
    Claim(
        "T2-2",
        "Under log loss it fails on separable data: linear100 > linear2 ≫ noisy100 > noisy2",
        _T,
        "0.08554 > 0.03842 ≫ 0.00442 > 0.00036",
        "this order, linear100 above linear2 by 2 standard errors; linear2 more than 4 times noisy100 > 1e-4",
        _order,
        ("quick", *_LONG),
        True,
    ),
    Claim(
        "T2-3",
        "The sizes of the three large log-loss gaps",
        _T,
        "0.03842, 0.08554, 0.00442",
        "each within a factor 2",
        _sizes,
        _LONG,
        True,
    ),
    Claim(
        "T2-4",
        "With random labels the gap disappears",
        _T,
        "shallow 0.00000 and 0.00003, deep 0.00000 and 0.00004",
        "at most 5e-5, shallow and deep, with both separable gaps above 1e-2",
        _random,
        _LONG,
        True,
    ),
    Claim(
        "T2-5",
        "On noisy data the deep model's log-loss gap is smaller than the shallow one's",
        _T,
        "noisy100 0.00293 against 0.00442 (noisy2: T2-6)",
        "noisy100: deep above 1e-4 and below 95 % of shallow",
        _deep,
        _LONG,
        True,
    ),
    Claim(
        "T2-6",
        "On noisy2 too the shallow model converges to another solution under log loss, the deep one does not",
        _T,
        "0.00036 (bold) against 0.00000",
        "shallow above 1e-4, and above random2 and the deep model by 2 standard errors",
        _noisy2,
        _LONG,
        True,
    ),
)

DEVIATIONS = (
    Deviation(
        1,
        "learning rate and stopping time",
        "3e-5, steps unknown",
        "1e-2 (deep 1e-3), dropped ÷ 10 at 60 and "
        "80 % of the steps; quick 2,000 and cpu 10,000 full-batch steps",
        "3e-5 needs millions of steps",
        "on separable data backpropagation's loss falls for ever, so the log-loss gap depends on when one stops; "
        "noisy2's is gone by then (0.0017 after 500 steps at a constant rate, 0.00004 after 1,000), so the paper may "
        "have stopped earlier there (T2-6)",
    ),
    Deviation(
        2,
        "scale of the SG's target",
        "not stated",
        "gradient of the mean loss: ∂L/∂p divided by the number of samples",
        "what automatic differentiation of a mean loss gives; both scales were tried, and this one was chosen "
        "after seeing that it comes closer to the paper: T2-2, T2-3 and T2-4 are conditional on it",
        "decides the size of the log-loss gap: with each sample's own gradient and the settings of cpu linear2 gives "
        "0.0002 instead of 0.041, and none of the three claims holds (linear100 0.083, noisy100 0.0045; linear2 at "
        "a constant rate, 20,000 steps: 0.010 instead of 0.048)",
    ),
    Deviation(
        3, "hidden width of the deep models", "not stated", "16", "restricts no linear map to two outputs"
    ),
    Deviation(4, "place of the SG in the deep models", "not stated", "after hidden layer 5", "the middle"),
    Deviation(
        5, "initial weights", '"proper"', "N(0, 1/fan-in), biases 0; the same for both rules", "not specified"
    ),
    Deviation(
        6,
        "scale of the MSE",
        "not stated",
        "mean over samples of half the squared distance",
        "gaps scale with it",
    ),
    Deviation(
        7,
        "meaning of the gap",
        "caption: to backpropagation; text: to the optimum",
        "to backpropagation",
        "the caption",
        "equal where backpropagation has converged",
    ),
    Deviation(
        8, "batch; Adam's β and ε", "not stated", "all samples; 0.9, 0.999 and 1e-8", "the usual defaults"
    ),
)
