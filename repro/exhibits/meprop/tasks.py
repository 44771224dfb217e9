"""What meProp's Tables 1 and 4 share: three tasks, each with a dense net, meProp and entries by lot. No torch here.

Source: arXiv:1706.06197v5, section 4. Nets, schedules and metrics are those of Table 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from repro.exhibits.meprop import parsing
from repro.exhibits.meprop.table3.spec import EXHIBIT as TABLE3
from repro.exhibits.meprop.table3.spec import TASKS
from repro.spec import Arm, Deviation, Override, Param, because

TRAINED = ("parsing", "mnist")
"""The tasks that profiles run: "pos" joins them here, once `repro.train.tasks` trains it."""
RULES = ("dense", "top", "random")
NETS = {"pos": "LSTM", "parsing": "MLP", "mnist": "MLP"}
METRICS = TABLE3.metrics


@dataclass(frozen=True)
class Pair:
    """A dense net and meProp on one task, by what sets the pair apart (`own`, settings beside the task). The
    paper's numbers are of the dense net and of meProp: test scores, and in Table 1 iterations and dev scores.
    """

    task: str
    k: int
    scores: tuple[float, float]
    own: Mapping[str, Any]
    word: str
    iterations: tuple[int, int] | None = None
    dev: tuple[float, float] | None = None

    @property
    def gain(self) -> float:
        """What the paper's meProp is above its dense net, in points."""
        return self.scores[1] - self.scores[0]

    def setting(self, rule: str) -> dict[str, Any]:
        """An arm's setting. k is a percentage of 500 units."""
        percent = {} if rule == "dense" else {"percent": self.k // 5}
        return {"task": self.task, "rule": rule, **percent, **self.own}

    def told(self, rule: str) -> dict[str, float]:
        """The paper's numbers of an arm, none of entries by lot."""
        if rule == "random":
            return {}
        at, made = RULES.index(rule), {"test_accuracy": self.scores[RULES.index(rule)]}
        more = {"best_epoch": self.iterations, "dev_accuracy": self.dev}
        return made | {name: float(both[at]) for name, both in more.items() if both}


def arm(pair: Pair, rule: str, suffix: str, own: Mapping[str, Override] | None = None) -> Arm:
    """An arm of a pair; `own`: the paper's values of parameters for it alone."""
    net = NETS[pair.task]
    label, series = {
        "dense": (f"{net}, dense", net),
        "top": (f"meProp, k = {pair.k}", "meProp top-k"),
        "random": (f"{pair.k} entries by lot", "meProp random-k"),
    }[rule]
    params = {**TABLE3.arm(f"{pair.task}-top").params, **(own or {})}
    data = None if pair.task == "mnist" else parsing.TREEBANK
    name = "-".join(filter(None, (pair.task, rule, suffix)))
    said = f"{TASKS[pair.task]}, {label}" + (f", {pair.word}" if pair.word else "")
    return Arm(name, said, series, pair.setting(rule), pair.told(rule), params, data)


def trained(arms: tuple[Arm, ...]) -> tuple[str, ...]:
    """The ids of those that profiles run."""
    return tuple(a.id for a in arms if a.setting["task"] in TRAINED)


def at(arms: tuple[Arm, ...], task: str, values: Mapping[str, Override]) -> dict[str, Mapping[str, Override]]:
    """A profile's values for one task's arms."""
    return {a.id: values for a in arms if a.setting["task"] == task and task in TRAINED}


def params(*own: Param) -> tuple[Param, ...]:
    """`own`, and what the tables have in common with Table 3."""
    shared = ("hidden", "hidden_layers", "batch", "epochs", "max_steps", "evaluations", "dev_images")
    output = replace(
        TABLE3.param("sparsify_output"), only={"rule": ("top", "random"), "task": ("parsing", "mnist")}
    )
    return (*(TABLE3.param(name) for name in shared), *own, output, *parsing.PARAMS)


SMOKE = {
    **because("seconds", hidden=50, max_steps=60, evaluations=1),
    **because("small data", dev_images=200),
}
SMOKE_PARSING = because("seconds", batch=100, embedding=10, sentences=200, evaluated=40)
QUICK = {
    **because("one core, 30 s: k/h as in the paper", hidden=100),
    **because("one core, 30 s: a fifth of an epoch", max_steps=1000),
    **because("a short run", evaluations=4),
    **because("a sixth of the stand-in's 4,000 images, so that it fits them too", dev_images=600),
}
QUICK_PARSING = because("one core, 30 s", batch=500, max_steps=130, evaluated=300, evaluations=2)
CPU_PARSING = because(
    "3,920 updates of a tenth of the batch: the paper's best score comes after 1,140 to 2,660",
    batch=1000,
    epochs=10.0,
)
_LENGTH = "10,000 transitions; epochs not stated, best dev score after 6 to 14 of 190 updates each (Table 1)"
_CPU = "paper profile: 10,000, 100 epochs of 39 updates; cpu: 1,000, 10 epochs (3,920 updates)"


def _parsing() -> tuple[Deviation, ...]:
    """Those of the parser, without what Table 3 alone does."""
    made = {d.number: d for d in parsing.DEVIATIONS}
    made[3] = replace(made[3], ours="tanh (with ReLU: two arms of meprop/table3)")
    made[7] = replace(made[7], paper=_LENGTH, ours=_CPU)
    return tuple(made.values())


_SHARED = (
    Deviation(
        0,
        "how often the dev set is scored",
        "not stated (public C#: 11 times an epoch)",
        "MNIST: 11 times an epoch, Parsing: once",
        "the score at the best dev evaluation is the paper's protocol",
        "one finding judges without it, at the end of training",
    ),
    Deviation(
        0,
        "k at the output layer",
        "text: the same k; public code: never",
        "as the text says: k of 25 (Parsing) or all of them, all 10 (MNIST)",
        "the text is what is reproduced",
    ),
    Deviation(0, "bias gradient", "no biases in the equations", "dense", "the public code"),
    Deviation(
        0,
        "gradient clipping",
        "not stated (public C#: elements to ± 5, after the mean over the batch)",
        "none",
        "the paper has none",
    ),
    Deviation(0, "activation on MNIST", "not stated", "ReLU", "the public code"),
    Deviation(
        0,
        "a control",
        "none",
        "as many entries chosen by lot, on each task",
        "where they lose nothing a record could not show a loss of meProp's: no claim of that kind is judged then",
        "none on the table's own cells",
    ),
    Deviation(
        0,
        "POS-Tag",
        "an LSTM with 500 units",
        "declared, not yet run",
        "needs an LSTM tagger",
    ),
)


def deviations(*own: Deviation) -> tuple[Deviation, ...]:
    """The parser's, those of all three tables, then `own`, numbered from 1."""
    return tuple(replace(d, number=n) for n, d in enumerate((*_parsing(), *_SHARED, *own), 1))
