"""Is it the gradient? What is injected at the border of a window, and what it does: a control of DNI's Table 1.

Ours, beyond the paper: arXiv:1608.05343v2, Table 1 and Figure 4 are the claims that it stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from repro.exhibits.dni.rnn_control.asides import ASIDES
from repro.spec import Arm, Deviation, Exhibit, Metric, Override, Param, Profile, because

TASKS = {"copy": "Copy", "repeat_copy": "Repeat Copy"}
WINDOWS, WIDTHS = (2, 3, 4, 5), (32, 64, 256)
KINDS = {
    "nothing": "nothing (truncated BPTT)",
    "synthetic": "δ̂ (DNI)",
    "negative": "−δ̂",
    "other_lane": "δ̂ of another lane",
    "mean_lane": "mean of δ̂ over lanes",
    "fixed": "a fixed random direction",
    "redrawn": "a random direction, redrawn",
    "noise": "Gaussian noise",
}
OTHERS = {"oracle": "true gradient", "untrained": "an M that learns nothing"}
ORACLES = {"oracle": 1.0, "oracle-weak": 0.1}  # in full and times the paper's factor
AHEAD = 24  # steps of the oracle's future
_SAID = {
    "forget_bias": "forget bias {:g}",
    "factor": "factor {:g}",
    "target_factor": "factor {:g} in M's target",
    "sg_hidden": "M linear",
    "sg_rate": "M's rate × {:g}",
    "threshold": "solved below {:g} bits",
    "learning_rate": "learning rate {:g}",
    "bits": "{:g} bits a symbol",
}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing-forget3": ("nothing", {"forget_bias": 3.0}),
    "nothing-forget5": ("nothing", {"forget_bias": 5.0}),
    "synthetic-forget3": ("synthetic", {"forget_bias": 3.0}),
    "synthetic-factor003": ("synthetic", {"factor": 0.03, "target_factor": 0.03}),
    "synthetic-factor03": ("synthetic", {"factor": 0.3, "target_factor": 0.3}),
    "synthetic-factor1": ("synthetic", {"factor": 1.0, "target_factor": 1.0}),
    "synthetic-target0": ("synthetic", {"target_factor": 0.0}),
    "synthetic-target1": ("synthetic", {"target_factor": 1.0}),
    "synthetic-linear": ("synthetic", {"sg_hidden": False}),
    "synthetic-slow": ("synthetic", {"sg_rate": 0.3}),
    "synthetic-fast": ("synthetic", {"sg_rate": 3.0}),
    "nothing-strict": ("nothing", {"threshold": 0.05}),
    "synthetic-strict": ("synthetic", {"threshold": 0.05}),
    "fixed-strict": ("fixed", {"threshold": 0.05}),
    "nothing-lax": ("nothing", {"threshold": 0.3}),
    "synthetic-lax": ("synthetic", {"threshold": 0.3}),
    "fixed-lax": ("fixed", {"threshold": 0.3}),
    "nothing-rate03": ("nothing", {"learning_rate": 3e-4}),
    "nothing-rate3": ("nothing", {"learning_rate": 3e-3}),
    "fixed-weak": ("fixed", {"factor": 0.003, "target_factor": 0.003}),
    "untrained": ("untrained", {}),
    "untrained-weak": ("untrained", {"factor": 0.003, "target_factor": 0.003}),
    "nothing-4bits": ("nothing", {"bits": 4}),
    "synthetic-4bits": ("synthetic", {"bits": 4}),
    "negative-4bits": ("negative", {"bits": 4}),
    "fixed-4bits": ("fixed", {"bits": 4}),
}


def name(task: str, window: int, width: int, what: str) -> str:
    """The id of an arm: "copy-2-32-fixed"."""
    return f"{task}-{window}-{width}-{what}".replace("_", "-")


def _arm(task: str, window: int, width: int, what: str, inject: str, **more: Any) -> Arm:
    setting = {"task": task, "window": window, "width": width, "inject": inject}
    setting |= {"bits": 1, "ahead": 0, "sg_hidden": True, **more}
    series = (KINDS | OTHERS)[inject]
    label = f"{TASKS[task]}, T = {window}, {width} units: {', '.join([series, *_said(more)])}"
    return Arm(name(task, window, width, what), label, series, setting)


def _said(more: dict[str, Any]) -> list[str]:
    """What an arm has otherwise than the others, in words; the target's factor where it is another one."""
    same = more.get("factor") == more.get("target_factor")
    return [_SAID[k].format(v) for k, v in more.items() if k in _SAID and not (same and k == "target_factor")]


def _arms() -> Iterator[Arm]:
    for task in TASKS:
        for width in WIDTHS:
            for t in WINDOWS:
                yield from (_arm(task, t, width, k, k) for k in KINDS)
                for k, f in ORACLES.items():
                    yield _arm(task, t, width, k, "oracle", ahead=AHEAD, factor=f)
        for what, (kind, more) in VARIANTS.items():
            yield _arm(task, 2, 32, what, kind, **more)


ARMS = tuple(_arms())


def _ours(name: str, value: Any, doc: str, why: str = "ours") -> Param:
    """A parameter on which the paper is silent."""
    return Param(name, value, why, doc, assumed=True)


PARAMS = (
    Param("batch", 256, "v1 A.3", "sequences side by side, a lane each"),
    Param("steps", 2_500_000, "Table 1 and Figure 4, caption", "windows of T steps"),
    Param("learning_rate", 7e-5, "v1 A.3", "of Adam, nets and synthetic gradients"),
    Param("factor", 0.1, "v1 A.3", "on δ̂ where the net consumes it"),
    _ours("target_factor", 0.1, "on δ̂ in M's own target", "the paper's 0.1 does not say; the same"),
    _ours("sg_rate", 1.0, "M's learning rate over the net's", "not stated; the same"),
    _ours("aux_weight", 0.01, "of the auxiliary loss", "no arm here has the auxiliary task"),
    Param("peepholes", True, "v1 A.3", "from cell to gates"),
    _ours("forget_bias", 1.0, "at the start", "usual; not stated"),
    Param("threshold", 0.15, "section 3.1", "bits of error below which a level is solved"),
    _ours("check", 100, "windows over which the error is taken", "not stated"),
    _ours("redraw", 500, "windows between redrawn directions"),
    _ours("evaluations", 20, "over a run"),
    _ours("probe", 128, "steps in which the true gradient is looked at"),
)

BARE = because("dni/table1 measures both", peepholes=False)
_SMALL = (
    BARE | because("small nets learn by it", learning_rate=1e-3) | because("a CPU", batch=16, steps=30_000)
)
_MID, _LONG = (Override(n, "levels take longer to end with a longer window") for n in (40_000, 60_000))
SEEDS = tuple(range(100, 110))  # not those of the probes from which the claims were made


def _of(width: int, windows: tuple[int, ...] = WINDOWS, kinds: tuple[str, ...] = ()) -> tuple[str, ...]:
    kinds = kinds or (*KINDS, *ORACLES)
    return tuple(name(task, t, width, k) for task in TASKS for t in windows for k in kinds)


_FEW = ("nothing", "synthetic", "negative", "fixed")
_CPU = (  # in the order in which they decide most for least
    *_of(32, (2,), tuple(KINDS)),
    *_of(32, (3,), tuple(KINDS)),
    *_of(32, (2,), tuple(ORACLES)),
    *(name(task, 2, 32, v) for task in TASKS for v in VARIANTS),
    *_of(64, (2,), _FEW),
    *_of(32, (4, 5), tuple(KINDS)),
    *_of(64, (3,), _FEW),
    *_of(32, (3, 4, 5), tuple(ORACLES)),
)
_BY_ARM = {
    **{a: {"steps": _MID} for a in _of(32, (3,))},
    **{a: {"steps": _LONG} for a in _of(32, (4, 5))},
    **{a: {"batch": Override(32, "twice the width")} for a in _of(64, (2,), _FEW)},
    **{a: {"batch": Override(32, "twice the width"), "steps": _MID} for a in _of(64, (3,), _FEW)},
}
_SMOKE = {**_SMALL, **because("seconds", steps=200, evaluations=2)}
_QUICK = {**_SMALL, **because("30 s on one core", steps=5000, evaluations=5)}
PROFILES = (
    Profile("smoke", (100, 101), arms=_of(32, (2,)), overrides=_SMOKE, together=("*",), budget="≤ 15 s"),
    Profile("quick", SEEDS[:3], arms=_of(32, (2,), _FEW), overrides=_QUICK, together=("*",), budget="≤ 30 s"),
    Profile(
        "cpu",
        SEEDS,
        arms=_CPU,
        overrides=_SMALL,
        arm_overrides=_BY_ARM,
        together=("*",),
        at_most=80,
        budget="some 5 h on 2 cores: its claims hang on length",
    ),
    Profile("paper", SEEDS, arms=_of(256), together=("*",), at_most=80, budget="a GPU"),
)

DEVIATIONS = (
    Deviation(
        1,
        "size",
        "256 units, batch 256, 2.5 million iterations, Adam at 7e-5",
        "cpu: 32 (and 64) units, batch 16 (32), 30,000 to 60,000 windows, Adam at 1e-3",
        "a CPU",
        "levels end earlier; whether the controls say the same at the paper's size is the paper profile's question",
    ),
    Deviation(2, "alphabet", "not stated", "1 bit a symbol, as −1 and +1; 4 bits once", "the smallest"),
    Deviation(3, "the oracle's future", "all that follows", "24 steps", "a stream has no end", "small"),
    Deviation(
        4,
        "length of controls",
        "not asked",
        "that of the arm's own M's δ̂, which is not recorded",
        "rows decide whether old results stand; words of RC-2 to 7 and 22 taken back after cpu was seen: †",
        "noise and redrawn may fail by it: dni/rnn-length",
    ),
)


def _free(name: str, doc: str, lower: bool = False, at_end: bool = True) -> Metric:
    """A metric without unit that may diverge with its net; of most the end of a run will do."""
    return Metric(name, "", doc, 0.0, lower_is_better=lower, may_diverge=True, at_end=at_end)


METRICS = (
    Metric("levels", "levels", "solved; Copy: the longest N", 0.0, lower_is_better=False, at_end=True),
    Metric("solved", "T_task", "the largest N R + 3 solved", 0.0, lower_is_better=False, at_end=True),
    Metric("solved_at", "windows", "when a level was solved; index T_task", 0.0),
    Metric("error", "bits", "a bit asked for, at its level, last check", 1.0, may_diverge=True, at_end=True),
    _free("sg_r2", "1 − Σ(δ̂ − δ)²/Σδ² of M on its own target, over a twentieth of the run"),
    _free("sg_cosine", "of δ̂ and M's own target"),
    _free("sg_target", "√Σ‖M's target‖² a lane, over every tenth window since the last look", lower=True),
    _free("future_r2", "of δ̂ on the true gradient of the future", at_end=False),
    _free("future_cosine", "of δ̂ and the true gradient"),
    _free("future_offline_r2", "of a linear fit to frozen weights, on lanes held out", at_end=False),
    _free("future_mean", "|mean|²/mean square of the true gradient", lower=True),
    _free("future_rms", "of the true gradient", lower=True),
    _free("forget", "mean forget gate"),
    _free("forget_open", "share of forget gates above 0.9"),
    _free("cell_saturated", "share of |tanh c| above 0.9", lower=True),
    _free("cell_rms", "of the cells", lower=True),
    _free("cell_common", "|mean c|²/mean c²: what is the same for all sequences", lower=True),
    _free("gain_2", "‖∂s_{t+2}/∂s_t‖_F/√(2H)", lower=True),
    _free("gain_8", "‖∂s_{t+8}/∂s_t‖_F/√(2H)", lower=True),
)

EXHIBIT = Exhibit(
    id="dni/rnn-control",
    title="Is it the gradient? Controls of DNI on recurrent nets",
    place="Table 1 and Figure 4 (ours, beside them)",
    shows="The number of levels of Copy and Repeat Copy that an LSTM solves by windows of T steps when something is "
    "injected at a window's end: nothing, the synthetic gradient, its negative, that of another sequence, its "
    "mean, a fixed random direction, noise, the true gradient; and how well that is predicted.",
    asides=ASIDES,
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=METRICS,
    profiles=PROFILES,
    deviations=DEVIATIONS,
    algorithms=(
        (
            "θ ← θ − α(Σ ∂L_τ/∂θ + 0.1 δ̂_T ∂s_T/∂θ); target: what comes to s_0",
            "repro.rules.recurrent:Decoupled",
        ),
        ("what is injected in the place of δ̂_T", "repro.rules.recurrent:fixed"),
    ),
    group_by=("task", "window", "width", "bits", "ahead", "sg_hidden"),
)
