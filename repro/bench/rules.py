"""What a training step of a deep net costs under each learning rule, beside backpropagation in the same process.

The nets are those of arXiv:1703.00522v1, section 5: hidden layers with batch norm, Adam, batches of 100 images.
"""

from __future__ import annotations

from typing import Any

from repro.bench.timing import Step, interleaved, ratio
from repro.exhibits.sg.deep import AFTER, PARAMS
from repro.record.run import Run
from repro.record.stats import median
from repro.train.deep import DeepLearner
from repro.train.given import Given
from repro.train.loop import Context

RULES: dict[str, dict[str, Any]] = {
    "Bprop": {"rule": "bprop"},
    "one linear SG": {"rule": "sg"},
    "linear SG after every layer": {"rule": "sg_star"},
    "DFA": {"rule": "dfa"},
    "FA": {"rule": "fa"},
    "Kickback": {"rule": "kickback"},
    "a fixed vector a label": {"rule": "sg", "inject": "fixed_label"},
}
"""Row of the table → the setting of `DeepLearner`."""
SIZES = ((20, 128), (50, 128), (20, 512))
"""Hidden layers and units in each."""
BARS = {"one linear SG": 1.15, "DFA": 1.05}
BLOCKS, PER_BLOCK = 11, 8


def learner(rule: str, layers: int, width: int, device: str = "cpu") -> DeepLearner:
    """One net under `rule`, a key of `RULES`, on the images that come with the package."""
    params = {p.name: p.value for p in PARAMS} | {"width": width}
    setting = {"layers": layers, "act": "relu", "target": "example", "after": AFTER[layers], **RULES[rule]}
    return DeepLearner(Given([Run(rule, 0, setting, params, "mnist5k")]), Context(device=device))


def _step(rule: str, layers: int, width: int, device: str) -> Step:
    made = learner(rule, layers, width, device)
    done = iter(range(made.steps))
    return lambda: made.step(next(done))


def rows(device: str = "cpu") -> list[dict[str, Any]]:
    """A row a rule and size: milliseconds, and the median over blocks of its ratio to backpropagation's."""
    made = []
    for layers, width in SIZES:
        steps = {name: _step(name, layers, width, device) for name in RULES}
        ms = interleaved(steps, BLOCKS, PER_BLOCK, device)
        made += [
            {
                "what": name,
                "layers": layers,
                "width": width,
                "ms": median(taken),
                "ratio": ratio(taken, ms["Bprop"]),
                "bar": BARS.get(name),
            }
            for name, taken in ms.items()
        ]
    return made


def table(found: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table: a line a rule, a column a size, × backpropagation of the same net."""
    heads = [f"{layers} layers of {width}" for layers, width in SIZES]
    lines = [["× backpropagation (ms)", *heads, "wanted"], ["---"] * (len(SIZES) + 2)]
    for name in RULES:
        of = {(r["layers"], r["width"]): r for r in found if r["what"] == name}
        bar = BARS.get(name)
        cells = [f"{of[size]['ratio']:.2f} ({of[size]['ms']:.2f})" for size in SIZES]
        lines.append([name, *cells, "" if bar is None else f"≤ {bar:g}"])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
