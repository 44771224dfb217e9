"""meProp Table 3: a dense net with only k hidden units against meProp with 500 units and k. Three tasks, Adam.

Source: arXiv:1706.06197v5, Table 3 and section 4.
"""

from __future__ import annotations

from repro.exhibits.meprop import parsing, tagging
from repro.spec import Arm, Deviation, Exhibit, Layout, Metric, Override, Param, Profile, because

TASKS = {"pos": "POS-Tag", "parsing": "Parsing", "mnist": "MNIST"}
SERIES = {"small": "MLP with h = k", "top": "meProp top-k"}
REPORTED: dict[str, dict[str, float]] = {  # task → rule → test score
    "pos": {"small": 96.40, "top": 97.12},
    "parsing": {"small": 88.37, "top": 90.01},
    "mnist": {"small": 95.77, "top": 98.01},
}
EPOCHS: dict[str, dict[str, int]] = {  # its column Iter: iterations to the best dev score
    "pos": {"small": 7, "top": 5},
    "parsing": {"small": 18, "top": 6},
    "mnist": {"small": 15, "top": 17},
}
_OWN: dict[str, dict[str, Override]] = {
    "pos": tagging.PAPER,
    "parsing": parsing.PAPER,
    "mnist": {},
}


def _arm(task: str, rule: str, **more: str) -> Arm:
    """`more`: settings of ours that the paper's cells leave out."""
    k = 5 if task == "pos" else 20
    net = "LSTM" if task == "pos" else "MLP"
    series = SERIES[rule].replace("MLP", net)
    label = f"{TASKS[task]}, " + (f"{net}, h = {k}" if rule == "small" else f"meProp, k = {k}, h = 500")
    told = {"test_accuracy": REPORTED[task][rule], "best_epoch": float(EPOCHS[task][rule])}
    setting = {"task": task, "rule": rule, "percent": k // 5} | more  # of 500
    data = None if task == "mnist" else parsing.TREEBANK
    name = "-".join((task, rule, *more.values()))
    said = "".join(f", {v}" for v in more.values())
    return Arm(name, label + said, series, setting, {} if more else told, _OWN[task], data)


ARMS = (
    *(_arm(task, rule) for task in TASKS for rule in SERIES),
    *(_arm("parsing", rule, activation="relu") for rule in SERIES),
)
_TOP = {"rule": ("top",), "task": ("parsing", "mnist")}
PARAMS = (
    Param("hidden", 500, "section 4", "units in each hidden layer, h; k is a percentage of it"),
    Param("hidden_layers", 2, "section 4", "hidden layers"),
    Param("batch", 10, "section 4", "examples in a mini-batch: images, transitions, sentences"),
    Param("learning_rate", 1e-3, "section 4", "Adam's step size"),
    Param("adam_eps", 1e-8, "section 4", "Adam's ε; β = 0.9, 0.999"),
    Param("epochs", 20.0, "the public configurations", "passes over the training examples", assumed=True),
    Param("max_steps", 0, "for small profiles", "limit on optimiser steps", assumed=True, zero="no limit"),
    Param("evaluations", 11, "public C# code v0.1.0", "dev scores an epoch", assumed=True),
    Param(
        "dev_images",
        5000,
        "section 4",
        "first training images, held out to choose the epoch",
        only={"task": ("mnist",)},
    ),
    Param("sparsify_output", True, "section 4.1, output layer", "top-k at the output layer too", only=_TOP),
    *parsing.PARAMS,
    *tagging.PARAMS,
)

_CELLS = tuple(a.id for a in ARMS if not a.id.endswith("-relu"))
_PARSERS = tuple(a.id for a in ARMS if a.setting["task"] == "parsing")
_TAGGERS = tuple(a.id for a in ARMS if a.setting["task"] == "pos")
_SMOKE = dict.fromkeys(_PARSERS, because("seconds", batch=100, embedding=10, sentences=200, evaluated=40))
_SMOKE |= dict.fromkeys(
    _TAGGERS, because("seconds", batch=10, word_vector=10, feature_vector=4, sentences=40, evaluated=20)
)
_QUICK = dict.fromkeys(_PARSERS, because("one core, 30 s", batch=500, max_steps=400, evaluated=300))
_QUICK |= dict.fromkeys(_TAGGERS, because("one core, 30 s", batch=8, max_steps=200, evaluated=300))
PROFILES = (
    Profile(
        "smoke",
        (0,),
        "digits",
        "digits",
        (),
        {
            **because("seconds", hidden=50, max_steps=60, evaluations=1),
            **because("small data", dev_images=200),
        },
        _SMOKE,
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        (0, 1, 2),
        "mnist",
        "mnist5k",
        _CELLS,
        {
            **because("one core, 30 s: k/h as in the paper", hidden=100),
            **because("one core, 30 s: less than half an epoch", max_steps=2500),
            **because("a short run", evaluations=2),
            **because("a sixth of the stand-in's 4,000 images, so that it fits them too", dev_images=600),
        },
        {a: _QUICK[a] for a in _CELLS if a in _QUICK},
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        (0, 1, 2),
        "mnist",
        arm_overrides={
            **dict.fromkeys(_PARSERS, parsing.CPU),
            **dict.fromkeys(_TAGGERS, tagging.CPU),
        },
        together=("mnist-small", "parsing-small", "parsing-small-relu", "pos-small"),
        budget="some 2 h of one core, 30 min of them the taggers': the paper's full schedule on MNIST, 20 epochs of "
        "the treebank",
    ),
    Profile(
        "paper",
        (0, 1, 2, 3, 4),
        "mnist",
        together=("*",),
        apart_on_cpu=("mnist-top", "parsing-top", "parsing-top-relu", "pos-top"),
        budget="a GPU",
    ),
)

DEVIATIONS = (
    *parsing.DEVIATIONS,
    *tagging.deviations(len(parsing.DEVIATIONS)),
    Deviation(
        14,
        "how often the dev set is scored",
        "not stated (public C#: 11 times an epoch)",
        "MNIST: 11 times an epoch, the other two: once",
        "the score at the best dev evaluation is the paper's protocol",
        "T3-5 and T3-7 judge without it",
    ),
    Deviation(
        15,
        "k at the output layer",
        "text: the same k, but none of POS-Tag; public code: never",
        "as the text says: 20 of 25 (Parsing), all 10 (MNIST), dense (POS-Tag)",
        "the text is what is reproduced",
    ),
    Deviation(16, "bias gradient", "no biases in the equations", "dense", "the public code"),
    Deviation(
        17,
        "MNIST's cells",
        "95.77 and 98.01 here, 96.44 and 98.01 in Figure 4; meProp's Iter 17 here, 15 in Table 1",
        "setting and seeds of meprop/fig4 (20 epochs, ReLU), with this table's numbers beside them; with kernels in "
        "C sums have another rounding, so that single runs of meProp differ by up to 0.4 points from fig4's",
        "one exhibit, one table",
        "fig4 had 96.40 and 97.75 % before this exhibit was written: T3-3's size (a factor of 1.5) is not met by it",
    ),
    Deviation(18, "seeds", "single runs", "3 (cpu), 5 (paper)", "intervals paired by seed"),
    Deviation(
        19,
        "quick profile",
        "h = 500",
        "h = 100 with k = 4 (POS-Tag: 1), small nets of as many units; 2,500 steps on MNIST, 400 on Parsing, 200 on "
        "POS-Tag",
        "30 s on one core",
        "such small nets do not pass the gate: claims stay open",
    ),
)

EXHIBIT = Exhibit(
    id="meprop/table3",
    title="Hidden units as many as k: a small dense net against meProp",
    place="Table 3",
    shows="Test score of a dense net whose hidden layers have only k units beside a net of 500 units whose backward "
    "pass keeps k gradient entries: tagging (LSTM, k = 5), dependency parsing and MNIST (MLPs, k = 20).",
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric(
            "test_accuracy",
            "%",
            "right test images, heads of words (UAS, greedy) or tags, at the evaluation with the best dev score",
            10.0,
            lower_is_better=False,
        ),
        Metric(
            "dev_accuracy", "%", "the same on held-out images or the dev part", 10.0, lower_is_better=False
        ),
        Metric("end_accuracy", "%", "test score at the end of training", 10.0, lower_is_better=False),
        Metric("best_epoch", "epochs", "where the best dev score was reached"),
    ),
    profiles=PROFILES,
    table=Layout("test_accuracy", ("task", "activation"), {"activation": ""}),
    deviations=DEVIATIONS,
    algorithms=(
        ("top_k(g): keep the k entries of largest magnitude", "repro.kernels.topk:top_k"),
        ("LEFT, else RIGHT if nothing waits, else SHIFT", "repro.data.arcs:oracle"),
    ),
    asides={
        "T3-2": "with tanh, chosen by pilots, in which meProp with ReLU diverged; here it swings (deviation 3)",
        "T3-5": "gate: each small net has learned",
        "T3-3": "runs of fig4's setting and seeds, not its very numbers: deviation 17",
    },
)
