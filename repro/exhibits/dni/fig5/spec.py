"""DNI, Figure 5: net A counts odd digits every T images, net B, on A's messages, counts threes every T² images.

Source: arXiv:1608.05343v2, section 3.2 and Figure 5; settings from the appendix of v1 (A.4).
"""

from __future__ import annotations

from typing import Any

from repro.spec import Arm, Deviation, Exhibit, Layout, Metric, Param, Profile, because

CHANCE = {"a": 62.5, "b": 67.3}
"""Percent of wrong counts when the most frequent one is always said: of 4 fair coins; of 16 digits, 10.1 % threes."""
AFTER = 4
"""T."""


def _arm(name: str, label: str, series: str, final: tuple[float, float] | None, **setting: Any) -> Arm:
    reported = {} if final is None else {f"test_error_{net}": e for net, e in zip("ab", final, strict=True)}
    return Arm(name, label, series, setting, reported)


ARMS = (  # the paper's numbers: read off the curves at 100,000
    _arm("bprop", "jointly, by backpropagation", "Bprop", (6.0, 30.5), rule="bprop"),
    _arm("no_bprop", "decoupled, no gradient to A", "No Bprop", (5.5, 65.0), rule="no_bprop"),
    _arm("dni", "decoupled, δ̂ of B to A", "DNI", (5.6, 33.4), rule="dni"),
    _arm("dni-negative", "decoupled, −δ̂", "−δ̂", None, rule="dni_negative"),
    _arm(
        "dni-other",
        "decoupled, δ̂ of another stream",
        "δ̂ of another stream",
        None,
        rule="dni_other",
    ),
    _arm(
        "dni-untrained",
        "decoupled, an untrained M",
        "an M that learns nothing",
        None,
        rule="dni_untrained",
    ),
)
PARAMS = (
    Param(
        "window",
        AFTER,
        "Figure 5 (T = 4)",
        "T: images of A between two messages, messages of B between answers",
    ),
    Param("width", 256, "v1 A.4", "units of every layer, LSTM and message"),
    Param("sg_hidden", 256, "v1 A.4", "units of M's hidden layer"),
    Param("batch", 256, "not stated; the paper's habit", "streams of digits side by side", assumed=True),
    Param(
        "steps",
        6250,
        "Figure 5: 100,000 of data time, whose unit is not defined",
        "of T² images",
        assumed=True,
    ),
    Param("learning_rate", 1e-5, "v1 A.4", "of Adam; A's, B's and M's"),
    Param("factor", 10.0, "v1 A.4", "on δ̂ where A consumes it"),
    Param("evaluations", 50, "the curve's resolution", "along a run", assumed=True),
    Param(
        "test_sequences", 2000, "not stated", "of T² test images, in which errors are counted", assumed=True
    ),
    Param("hold_out", 0, "none", "training images to test on instead", assumed=True, zero="none"),
)

RATES = {
    "bprop": 1e-2,
    "no_bprop": 1e-3,
    "dni": 1e-3,
    "dni-negative": 3e-4,
    "dni-other": 1e-4,
    "dni-untrained": 1e-3,
}
"""cpu: the best of each arm in docs/searches/dni-fig5.csv; of the untrained M, δ̂'s."""
_SMALL = because("a CPU", width=64, sg_hidden=64, batch=32)
_OWN = {
    a: because(
        "δ̂'s (deviation 2)" if a == "dni-untrained" else "B's best on held-out images (deviation 2)",
        learning_rate=rate,
    )
    for a, rate in RATES.items()
}
_MAIN = ("bprop", "no_bprop", "dni", "dni-untrained")
_SMOKE = because(
    "seconds", window=2, steps=20, evaluations=2, width=16, sg_hidden=16, batch=16, test_sequences=500
)
_QUICK = because(
    "30 s on one core", steps=180, evaluations=9, width=32, sg_hidden=32, batch=32, test_sequences=500
)
PROFILES = (
    Profile(
        "smoke", (0,), "digits", None, ("bprop", "dni", "dni-other", "dni-untrained"),
        _SMOKE | because("seconds", learning_rate=1e-3), together=("*",), budget="≤ 15 s",
    ),
    Profile(
        "quick", (0, 1, 2), "mnist", "mnist5k", _MAIN, _QUICK | because("a short run", learning_rate=1e-3),
        together=("*",), budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu", (10, 11, 12, 13, 14), "mnist", None, (), _SMALL, _OWN, together=("*",), budget="≤ 1 h on 2 cores"
    ),
    Profile("paper", (0, 1, 2), "mnist", together=("*",), budget="a GPU"),
)  # fmt: skip

DEVIATIONS = (
    Deviation(
        1,
        "size (cpu)",
        "256 units; batch not stated",
        "64 units, 32 streams; as many images a stream as the paper's axis has",
        "a CPU",
        "unknown",
    ),
    Deviation(
        2,
        "learning rate (cpu, quick)",
        "1e-5",
        "cpu: each arm's best of 1e-4 to 3e-3 (bprop: 3e-2) by B on 5,000 held-out images, 1,500 steps, but the "
        "untrained M's, which is δ̂'s; quick: 1e-3",
        "at 1e-5 nets of this size learn nothing in this time",
        "A learns earlier than in the paper in all arms, B jointly too; B with δ̂ does not, and ends higher",
    ),
    Deviation(
        3,
        "states at the start of a window",
        "not stated",
        "zero: A's every T images, B's every T²",
        "what is asked for lies inside the window",
        "unknown",
    ),
    Deviation(
        4,
        "statistics of batch norms",
        "not stated",
        "of the streams side by side, at each step; tested on those of 500 test streams",
        "the usual choice; each step of a window has its own",
        "unknown",
    ),
    Deviation(
        5,
        "input of M",
        "the message; a hidden layer whose non-linearity is not stated",
        "the message; ReLU",
        "the usual choice",
        "unknown",
    ),
    Deviation(
        6,
        "the untrained M",
        "not asked",
        "of M's form, both layers as drawn, for ever; its RMS over streams and units is that of δ̂ of the M that "
        "learns beside it",
        "a push that knows nothing of B, at δ̂'s length",
        "F5-9 asks",
    ),
)


def _of_m(name: str, doc: str, at_end: bool = False) -> Metric:
    return Metric(name, "", doc, 0.0, lower_is_better=False, may_diverge=True, at_end=at_end)


EXHIBIT = Exhibit(
    id="dni/fig5",
    title="Two recurrent nets on two clocks, one synthetic gradient between them",
    place="Figure 5 (section 3.2)",
    read="off the curves, ± 1 point",
    shows=(
        "Net A reads MNIST digits and says every 4 how many were odd; net B reads only A's messages, one every 4 "
        "digits, and says every 16 how many threes there were. Percent of wrong counts over the digits read, when "
        "both are trained jointly, or each on its own clock with or without a synthetic gradient for the message."
    ),
    asides={"F5-5": "it: DNI's guess", "F5-7": "its: δ̂'s", "F5-9": "teach B what δ̂ does"},
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("test_error_b", "%", "wrong counts of threes, B", CHANCE["b"]),
        Metric("test_error_a", "%", "wrong counts of odd digits, A", CHANCE["a"]),
        Metric("validation_error_b", "%", "the same on held-out images", CHANCE["b"]),
        Metric("validation_error_a", "%", "the same on held-out images", CHANCE["a"]),
        _of_m("sg_r2", "1 − Σ‖δ̂ − δ‖²/Σ‖δ‖² since the last row"),
        _of_m("sg_cosine", "of δ̂ and δ since the last row", at_end=True),
    ),
    profiles=PROFILES,
    deviations=DEVIATIONS,
    algorithms=(
        ("A's window: ∂L_A/∂θ + 10 δ̂ ∂m/∂θ", "repro.rules.two_clocks:window"),
        ("M's target: ∂L_B/∂m", "repro.rules.two_clocks:arriving"),
    ),
    group_by=("rule",),
    table=Layout("test_error_b", ("net",), {"net": "B"}, 1),
)
