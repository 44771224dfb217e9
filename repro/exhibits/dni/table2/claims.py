"""Claims of DNI's every-layer table: a gate (Bprop has learned, No Bprop has not), a direction by intervals, size."""

import math
from functools import partial
from itertools import pairwise

from repro.claim import GATED, Claims, Outcome
from repro.exhibits.dni.judging import ERROR, RULES, gate, trains
from repro.exhibits.dni.table2.spec import DEEP, DEPTHS, REPORTED
from repro.record.cells import Cells, apart, level
from repro.record.stats import both, every, mean, paired
from repro.record.view import View

claims = Claims()
_table = partial(claims, null=GATED, place="supplementary Table 2 (v1 Table 1)")
_text = partial(claims, null=GATED, place="v1 section 3.1")
_plot = partial(claims, null=GATED, place="v1 Table 1, the plot beside it")


def _block(view: View, dataset: str | None = None, net: str | None = None) -> Cells:
    """A block of the table: a data set and a kind of net (MNIST's and fully connected ones do not say so)."""
    at = dataset or "mnist", net or "fcn"
    told = {key[2]: dict(enumerate(errors, DEPTHS[0])) for key, errors in REPORTED.items() if key[:2] == at}
    return Cells(view, ERROR, "layers", told, {"dataset": dataset, "net": net})


def _mnist(view: View) -> tuple[Cells, list[int]]:
    """MNIST's fully connected nets, and the depths that this record was to have."""
    cells = _block(view)
    return cells, cells.rows("no_bprop", DEPTHS)


@_table(
    "D2-1",
    "Without gradients between layers the nets are far worse than with any of the three rules",
    paper="9.3 / 12.6 / 16.2 / 21.4 against ≤ 4.3 %: DNI closes 101 to 87 % of the distance, cDNI 97 to 101 %",
    tolerance="No Bprop > 1 point worse at every depth; size: DNI and cDNI close ≥ 80 % of the distance to Bprop",
)
def _no_bprop_is_worst(view: View) -> Outcome:
    t, depths = _mnist(view)
    worse = every((t.gap("no_bprop", rule, n) for rule in RULES for n in depths), 1.0)
    none, full = t.means("no_bprop", depths), t.means("bprop", depths)
    told, size = [t.told("no_bprop", rows=depths) + " %"], True
    for rule in ("dni", "cdni"):
        errors = zip(none, t.means(rule, depths), full, strict=True)
        share = [(n - r) / (n - f) if n > f else math.nan for n, r, f in errors]
        told.append(f"{rule} closes " + " / ".join(f"{s:.0%}" for s in share))
        size &= all(s >= 0.8 for s in share)
    return Outcome(worse, "; ".join(told), size, gate(t, depths, -math.inf))


@_table(
    "D2-2",
    "That loss grows with depth, while backpropagation's error does not",
    paper="9.3 / 12.6 / 16.2 / 21.4; Bprop 2.0 / 1.8 / 1.8 / 1.8 %",
    tolerance="No Bprop worse at each depth; Bprop nowhere > 0.5 points above 3 layers, nor surely at 6; size ± 20 %",
)
def _no_bprop_grows(view: View) -> Outcome:
    t, depths = _mnist(view)
    grows = every(t.gap("no_bprop", "no_bprop", y, x) for x, y in pairwise(depths))
    flat = every((t.gap("bprop", "bprop", depths[0], n) for n in depths[1:]), -0.5)
    told, size = t.told("no_bprop", "bprop", rows=depths) + " %", t.near("no_bprop", depths, 0, 0.2)
    surely = t.gap("bprop", "bprop", depths[-1], depths[0]).above()
    return Outcome(both(grows, flat, not surely), told, size, gate(t, depths, -math.inf))


@_table(
    "D2-3",
    "DNI degrades with depth",
    paper="1.9 / 2.2 / 3.4 / 4.3 %",
    tolerance="worse at each further depth; size: 1.2 to 4.8 points from 3 to 6 layers (half to twice the paper's)",
)
def _dni_degrades(view: View) -> Outcome:
    t, depths = _mnist(view)
    worse, rise = every(t.gap("dni", "dni", y, x) for x, y in pairwise(depths)), t.gap("dni", "dni", 6, 3)
    told = f"{t.told('dni', rows=depths)} %; {rise} points"
    return Outcome(worse, told, 1.2 <= rise.mean <= 4.8, gate(t, depths))


@_table(
    "D2-4",
    "Shallow DNI equals backpropagation",
    paper="3 layers: 1.9 against 2.0 %",
    tolerance="equal within 0.5 points at 3 layers; size: DNI within 0.5 points of the paper's",
)
def _shallow_dni_is_bprop(view: View) -> Outcome:
    t = _block(view)
    gap, told = t.gap("dni", "bprop", 3), t.told("dni", "bprop", rows=(3,))
    told = f"dni − bprop {gap} points; {told} %"
    return Outcome(gap.within(0.5), told, t.near("dni", (3,), 0.5), gate(t, (3,)))


@_table(
    "D2-5",
    "cDNI stays close to backpropagation at every depth",
    paper="2.2 / 1.9 / 1.7 / 1.6 against 2.0 / 1.8 / 1.8 / 1.8 %",
    tolerance="nowhere > 0.3 points above Bprop; size: cDNI within 0.5 points of the paper's",
)
def _cdni_is_close(view: View) -> Outcome:
    t, depths = _mnist(view)
    close = every((t.gap("bprop", "cdni", n) for n in depths), -0.3)
    told = t.told("cdni", "bprop", rows=depths) + " %"
    return Outcome(close, told, t.near("cdni", depths, 0.5), gate(t, depths))


@_table(
    "D2-6",
    "cDNI improves with depth on MNIST",
    paper="2.2 / 1.9 / 1.7 / 1.6 %",
    tolerance="6 layers better than 3; size: by 0.3 to 1.2 points (half to twice the paper's)",
    given="one seed at 3e-3, searched after the record, gains more at 6 layers than this gap (deviation 2)",
)
def _cdni_improves(view: View) -> Outcome:
    t = _block(view)
    gain, told = t.gap("cdni", "cdni", 3, 6), t.told("cdni", rows=(3, 6))
    told = f"3 − 6 layers: {gain} points; {told} %"
    return Outcome(gain.above(), told, 0.3 <= gain.mean <= 1.2, gate(t, (3, 6)))


@_table(
    "D2-7",
    "Conditioning on the label removes most of the loss with depth",
    paper="from 3 to 6 layers: DNI +2.4, cDNI −0.6 points",
    tolerance="cDNI better than DNI at 6 layers and its loss under half of DNI's; size: DNI's loss 1.2 to 4.8 points",
)
def _labels_help(view: View) -> Outcome:
    t = _block(view)
    d, c = (view.paired(t.arm(r, 6), t.arm(r, 3), ERROR) for r in ("dni", "cdni"))
    half = paired([0.5 * x - y for x, y in zip(d, c, strict=True)])
    better = t.gap("dni", "cdni", 6)
    told = f"from 3 to 6 layers: dni {mean(d):+.2f}, cdni {mean(c):+.2f} points; dni − cdni at 6: {better}"
    return Outcome(both(better.above(), half.above()), told, 1.2 <= mean(d) <= 4.8, gate(t, (3, 6)))


@_text(
    "D2-8",
    "Stale gradients hardly help: errors stay near those without gradients",
    paper="9.1 / 11.8 / 15.4 / 19.0 %",
    tolerance="> 2 points worse than Bprop at every depth; size: within 20 % of the paper's",
    profiles=(),
    elsewhere="the paper does not say which average; ours vanishes by construction but in one layer (deviation 7)",
)
def _stale_hardly_helps(view: View) -> Outcome:
    t, depths = _mnist(view)
    return Outcome(None, t.told("stale", "no_bprop", rows=depths) + " %")


@_text(
    "D2-9",
    "A 21-layer net trains with cDNI as well as with backpropagation",
    paper="2 % both",
    tolerance="equal within 1 point; size: cDNI within 1 point of the paper's",
    given="of three rates searched here the lowest is cDNI's best, the highest Bprop's: no edge was crossed",
)
def _deep_cdni_trains(view: View) -> Outcome:
    t = _block(view)
    gap, told = t.gap("cdni", "bprop", DEEP), t.told("cdni", "bprop", rows=(DEEP,))
    told = f"cdni − bprop {gap} points; {told} %"
    return Outcome(gap.within(1.0), told, abs(t.means("cdni", (DEEP,))[0] - 2) <= 1, gate(t, (DEEP,)))


@_plot(
    "D2-10",
    "DNI's curves level off higher the deeper the net, and fall when the rate is cut",
    paper="at 200k of 500k: 2.5 / 2.9 / 4.0 / 5.3 %; 4 and 5 layers at the end: 2.2 / 3.4 %",
    tolerance="from 40 to 60 % of training higher at each further depth, 4 and 5 layers end lower; size: ± 1 point",
)
def _dni_plateaus(view: View) -> Outcome:
    t = _block(view)
    held = {n: t.stretch("dni", n, 0.4, 0.6) for n in DEPTHS}
    final = {n: view.by_seed(t.arm("dni", n), ERROR) for n in DEPTHS}
    higher = every(apart(held[y], held[x]) for x, y in pairwise(DEPTHS))
    falls = every(apart(held[n], final[n]) for n in (4, 5))
    at, end = level([*held.values()]), level([*final.values()])
    told = " / ".join(f"{p:.2f} → {f:.2f}" for p, f in zip(at, end, strict=True)) + " %"
    size = all(abs(x - its) <= 1 for x, its in zip(at, (2.5, 2.9, 4.0, 5.3), strict=True))
    return Outcome(both(higher, falls), told, size, gate(t, DEPTHS))


@_plot(
    "D2-11",
    "cDNI learns at least as fast as backpropagation",
    paper="at 100k of 500k: 2.05 / 1.8 / 1.8 / 1.9 against 2.1 to 2.3 %",
    tolerance="after a fifth of training nowhere > 0.1 points above Bprop; size: within 0.5 points of the paper's",
)
def _cdni_is_fast(view: View) -> Outcome:
    t = _block(view)
    c, full = ([t.stretch(rule, n, 0.18, 0.22) for n in DEPTHS] for rule in ("cdni", "bprop"))
    fast = every((apart(y, x) for x, y in zip(c, full, strict=True)), -0.1)
    told = (f"{r} " + " / ".join(f"{v:.2f}" for v in level(x)) for r, x in (("cdni", c), ("bprop", full)))
    size = all(abs(x - its) <= 0.5 for x, its in zip(level(c), (2.05, 1.8, 1.8, 1.9), strict=True))
    return Outcome(fast, "; ".join(told) + " %", size, gate(t, DEPTHS))


@_table(
    "D2-12",
    "From 5 layers on cDNI is better than backpropagation",
    paper="5 and 6 layers: 1.7 and 1.6 against 1.8 and 1.8 %",
    tolerance="better at both depths; size: by at most 0.4 points",
)
def _cdni_wins_deep(view: View) -> Outcome:
    t = _block(view)
    gaps = [t.gap("bprop", "cdni", n) for n in (5, 6)]
    size = max(g.mean for g in gaps) <= 0.4
    return Outcome(every(gaps), f"bprop − cdni: {gaps[0]}, {gaps[1]} points", size, gate(t, (5, 6)))


@_table(
    "D2-13",
    "MNIST, fully connected, all sixteen errors: deep nets are worse with DNI than with backpropagation",
    paper="Bprop 2.0 / 1.8 / 1.8 / 1.8, DNI 1.9 … 4.3, cDNI 2.2 … 1.6, No Bprop 9.3 … 21.4 %",
    tolerance="DNI worse at 5 and 6 layers; size: Bprop and cDNI ± 0.5 points, DNI ± 1, No Bprop ± 20 %",
)
def _mnist_fcn(view: View) -> Outcome:
    t, depths = _mnist(view)
    worse = every(t.gap("dni", "bprop", n) for n in (5, 6))
    near = [t.near(r, depths, p, s) for r, p, s in (("bprop", 0.5, 0), ("dni", 1, 0), ("no_bprop", 0, 0.2))]
    told = t.told(*RULES, "no_bprop", rows=depths) + " %"
    return Outcome(worse, told, all(near) and t.near("cdni", depths, 0.5), gate(t, depths))


@_table(
    "D2-14",
    "CIFAR-10, fully connected: DNI and cDNI come within ten points of backpropagation, No Bprop does not",
    paper="Bprop 43.5 … 42.0, DNI 42.5 … 49.7, cDNI 48.5 … 46.8, No Bprop 54.9 … 61.9 %",
    tolerance="at most 10 points worse than Bprop, No Bprop > 5 points worse in the deepest; size: ± 3 points",
)
def _cifar_fcn(view: View) -> Outcome:
    return trains(_block(view, "cifar10"), DEPTHS, 10, 5, 3, 50)


@_table(
    "D2-15",
    "MNIST, convolutional: DNI and cDNI train as well as backpropagation; without gradients 4 layers do not",
    paper="Bprop 0.8, 0.6; DNI 0.9, 0.7; cDNI 1.0, 0.8; No Bprop 0.9, 2.8 %",
    tolerance="at most 0.5 points worse than Bprop, No Bprop > 1 point worse at 4 layers; size: ± 0.5 points",
)
def _mnist_cnn(view: View) -> Outcome:
    return trains(_block(view, net="cnn"), (3, 4), 0.5, 1, 0.5, 1.5)


@_table(
    "D2-16",
    "CIFAR-10, convolutional: DNI and cDNI come within a few points of backpropagation; No Bprop is far worse",
    paper="Bprop 17.9, 15.7; DNI 19.5, 19.5; cDNI 19.0, 16.4; No Bprop 28.7, 38.1 %",
    tolerance="at most 6 points worse than Bprop, No Bprop > 10 points worse at 4 layers; size: ± 3 points",
)
def _cifar_cnn(view: View) -> Outcome:
    return trains(_block(view, "cifar10", "cnn"), (3, 4), 6, 10, 3, 25)
