"""Claims of DNI's every-layer table, what counts as reproducing them, and our deviations."""

from __future__ import annotations

from itertools import pairwise

from repro.claims import View
from repro.spec import Claim, Deviation, Outcome
from repro.stats import exceeds, mean

DEPTHS = (3, 4, 5, 6)
_LONG = ("cpu", "paper")


def _errors(view: View, rule: str, depths: tuple[int, ...] = DEPTHS) -> list[list[float]]:
    return [view.final(f"{rule}-{n}", "test_error") for n in depths]


def _text(view: View, *rules: str, depths: tuple[int, ...] = DEPTHS) -> str:
    parts = [f"{r} " + " / ".join(f"{mean(v):.2f}" for v in _errors(view, r, depths)) for r in rules]
    return "; ".join(parts) + " %"


def _depths(view: View, least: int) -> tuple[int, ...]:
    """The depths at which this profile runs No Bprop; `MissingData` if they are fewer than `least`."""
    run = view.those_run((f"no_bprop-{n}" for n in DEPTHS), "test_error", least)
    return tuple(n for n in DEPTHS if f"no_bprop-{n}" in run)


def _no_bprop_worst(view: View) -> Outcome:
    depths = _depths(view, 1)
    rules = ("bprop", "dni", "cdni")
    worst = all(
        exceeds(view.final(f"no_bprop-{n}", "test_error"), view.final(f"{r}-{n}", "test_error"), 1.0)
        for n in depths
        for r in rules
    )
    return Outcome(worst, _text(view, "no_bprop", *rules, depths=depths))


def _no_bprop_grows(view: View) -> Outcome:
    depths = _depths(view, 2)
    e = _errors(view, "no_bprop", depths)
    b = _errors(view, "bprop", depths)
    grows = all(exceeds(y, x, 1.0) for x, y in pairwise(e))
    flat = max(map(mean, b)) - min(map(mean, b)) < 0.5 * (mean(e[-1]) - mean(e[0]))
    return Outcome(grows and flat, _text(view, "no_bprop", "bprop", depths=depths))


def _dni_degrades(view: View) -> Outcome:
    e = [mean(v) for v in _errors(view, "dni")]
    rising = all(b > a for a, b in pairwise(e))
    far = exceeds(view.final("dni-6", "test_error"), view.final("dni-3", "test_error"), 1.0)
    return Outcome(rising and far, _text(view, "dni"))


def _dni_shallow(view: View) -> Outcome:
    d, b, n = (mean(view.final(f"{r}-3", "test_error")) for r in ("dni", "bprop", "no_bprop"))
    return Outcome(abs(d - b) <= 0.5 and n > b + 2, f"dni {d:.2f}, bprop {b:.2f}, no_bprop {n:.2f} %")


def _cdni_close(view: View) -> Outcome:
    pairs = list(zip(_errors(view, "cdni"), _errors(view, "bprop"), _errors(view, "no_bprop"), strict=True))
    close = all(mean(c) - mean(b) <= 1.0 and mean(n) > mean(c) + 2 for c, b, n in pairs)
    return Outcome(close, _text(view, "cdni", "bprop"))


def _cdni_improves(view: View) -> Outcome:
    e = _errors(view, "cdni")
    return Outcome(exceeds(e[0], e[-1], 0.1), _text(view, "cdni"))


def _labels_help(view: View) -> Outcome:
    d, c = view.final("dni-6", "test_error"), view.final("cdni-6", "test_error")
    loss_d = mean(d) - mean(view.final("dni-3", "test_error"))
    loss_c = mean(c) - mean(view.final("cdni-3", "test_error"))
    return Outcome(exceeds(d, c, 0.5) and loss_c < 0.5 * loss_d, _text(view, "dni", "cdni", depths=(3, 6)))


def _stale(view: View) -> Outcome:
    cells = list(zip(_errors(view, "stale"), _errors(view, "no_bprop"), _errors(view, "bprop"), strict=True))
    holds = all(mean(s) > mean(b) + 2 and mean(s) > 0.5 * mean(n) for s, n, b in cells)
    return Outcome(holds, _text(view, "stale", "no_bprop", "bprop"))


def _deep(view: View) -> Outcome:
    c, b = view.final("cdni-21", "test_error"), view.final("bprop-21", "test_error")
    n = mean(view.final("no_bprop-6", "test_error"))
    holds = mean(c) - mean(b) <= 1.0 and mean(c) < n - 2
    return Outcome(holds, f"cdni {mean(c):.2f}, bprop {mean(b):.2f} % at 21 layers")


_T = "supplementary Table 2 (v1 Table 1)"
CLAIMS = (
    Claim(
        "D2-1",
        "Without gradients between layers the nets are far worse than with any of the three rules",
        _T,
        "9.3 / 12.6 / 16.2 / 21.4 against at most 4.3 %",
        "No Bprop worse by > 1 point and 2 standard errors at every depth",
        _no_bprop_worst,
        _LONG,
    ),
    Claim(
        "D2-2",
        "That loss grows with depth, while backpropagation's error does not",
        _T,
        "9.3 → 21.4; Bprop 2.0 → 1.8 %",
        "each depth > 1 point worse than the one before, Bprop's range under half of that growth",
        _no_bprop_grows,
        ("quick", *_LONG),
    ),
    Claim(
        "D2-3",
        "DNI degrades with depth",
        _T,
        "1.9 / 2.2 / 3.4 / 4.3 %",
        "means rise at every depth; 6 layers > 1 point worse than 3, beyond 2 standard errors",
        _dni_degrades,
        _LONG,
    ),
    Claim(
        "D2-4",
        "Shallow DNI equals backpropagation",
        _T,
        "3 layers: 1.9 against 2.0 %",
        "within 0.5 points at 3 layers, No Bprop > 2 points away",
        _dni_shallow,
        ("paper",),  # after 5,000 steps DNI is still far from converged
    ),
    Claim(
        "D2-5",
        "cDNI stays close to backpropagation at every depth",
        _T,
        "2.2 / 1.9 / 1.7 / 1.6 against 2.0 / 1.8 / 1.8 / 1.8 %",
        "at most 1 point above Bprop and > 2 points better than No Bprop, every depth",
        _cdni_close,
        _LONG,
    ),
    Claim(
        "D2-6",
        "cDNI improves with depth on MNIST",
        _T,
        "2.2 → 1.6 %",
        "6 layers better than 3 by > 0.1 points and 2 standard errors",
        _cdni_improves,
        ("paper",),  # a matter of 0.1 to 0.6 points
    ),
    Claim(
        "D2-7",
        "Conditioning on the label removes most of the loss with depth",
        _T,
        "DNI 1.9 → 4.3, cDNI 2.2 → 1.6 %",
        "cDNI > 0.5 points better than DNI at 6 layers; its loss from 3 to 6 layers under half of DNI's",
        _labels_help,
        ("quick", *_LONG),
    ),
    Claim(
        "D2-8",
        "Stale gradients hardly help: errors stay near those without gradients",
        "v1 section 3.1",
        "9.1 / 11.8 / 15.4 / 19.0 %",
        "> 2 points worse than Bprop and more than half of No Bprop's error, every depth",
        _stale,
        _LONG,
    ),
    Claim(
        "D2-9",
        "A 21-layer net trains with cDNI as well as with backpropagation",
        "v1 section 3.1",
        "2 % both",
        "at most 1 point above Bprop at 21 layers",
        _deep,
        _LONG,
    ),
)

DEVIATIONS = (
    Deviation(
        1,
        "length of training (cpu, quick)",
        "500k iterations of 256 images",
        "cpu: 5,000 iterations of 64 images, 20,000 for the 21-layer nets; quick: 300 of 64",
        "2 cores",
        "at cpu DNI is the farthest from the paper (5.5 to 17.4 against 1.9 to 4.3 %); Bprop is better than "
        "reported (1.6 to 1.7 %). After 5,000 iterations at 1e-3 the 21-layer cDNI net had hardly begun to learn "
        "(64 % test error, in an earlier record)",
    ),
    Deviation(
        2,
        "learning rate (cpu, quick)",
        "3e-5",
        "1e-3 (21-layer nets: 1e-4), dropped at the same fractions of the run",
        "the schedule is 100 times shorter. Tried with one other seed (100) on the last 10,000 training "
        "images, not on the test set: 3e-4 and 1e-3 at 800 iterations of 256 (3e-3 for Bprop and No Bprop "
        "alone), then 1e-3 and 3e-4 on a few arms at 3,200 of 64 (DNI at 3e-4 alone)",
        "1e-3 was the better of the two for cDNI (2.6 against 3.2 % at 6 layers) and worse than "
        "3e-4 for DNI (10.4 against 7.7 % at 5 layers, 800 iterations). For the 21-layer nets it is too high: on "
        "the same held-out images cDNI reaches 12.3 % at 3e-4 and 8.3 % at 1e-4 in 5,000 iterations of 64, at "
        "1e-4 4.0 % in 20,000 (Bprop 2.9 %) and 3.9 % in 35,000, at 3e-5 4.5 % in 20,000; 10,000 of 256 at 1e-4 "
        "give cDNI 3.9 % and Bprop 5.3 %, which then is the one that has not converged. Taken: the one best for "
        "Bprop, so that the comparison is not with a Bprop cut short",
    ),
    Deviation(
        3,
        "scale of the SG's target",
        "not stated",
        "gradient of each example's own loss (not divided by the batch)",
        "keeps targets far above Adam's ε",
    ),
    Deviation(
        4,
        "SG loss",
        "L2 distance (v1), squared (v2)",
        "squared, summed over units, mean over the batch",
        "v2 is the pinned version",
    ),
    Deviation(5, "initial weights of the nets", "not stated", "N(0, 2/fan-in)", "a common choice for ReLU"),
    Deviation(6, "batch norm at test time", "not stated", "running averages, momentum 0.1", "the usual form"),
    Deviation(
        7,
        "stale gradients",
        "exponential average, best decay rate of a search",
        "one vector a layer, decay 0.9, averaged over the batch; no search",
        "the form is not specified",
    ),
    Deviation(
        8,
        "optimiser of the SG models",
        "not stated separately",
        "the same Adam and rate",
        "the natural reading",
    ),
    Deviation(9, "seeds", "one run a cell, no spread", "3 seeds, mean ± sd", "an error bar"),
    Deviation(10, "CIFAR-10 and CNN cells", "32 cells", "declared, not yet run", "a GPU is needed"),
    Deviation(
        11,
        "where the settings were read",
        "v2's supplement",
        "v1's appendix A.1 (same experiment, same numbers)",
        "v2's supplement was not available; v2's main text refers to the same material",
    ),
)
