"""How long a group will take: from what like runs took on this kind of device, else a guess from its work and steps.

Like runs differ in their seed and in how long they train, and in nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from repro.paths import results_dir
from repro.record.parts import machine_by_run
from repro.record.run import Run, canonical, runs_of_spec
from repro.runner.groups import Group
from repro.runner.keys import work_of

LENGTHS = ("steps", "epochs", "max_steps", "evaluations", "repetitions")
"""Parameters that say how long to train and how often to look, and not what a step is."""
STEP_S = {
    "repro.train.fcn:run": (2.5e-4, 2e-3),
    "repro.train.sequences:run": (1e-3, 1.4e-2),
    "repro.train.tasks:run": (5e-4, 4e-3),
    "repro.train.episodes:run": (5e-4, 7e-4),
    "repro.train.artificial:run": (3e-4, 1e-4),
    "repro.train.deep:run": (1e-3, 2e-3),
    "repro.train.meprop_mlp:run": (3e-4, 1.3e-3),
    "repro.train.meprop_dropout:run": (2e-4, 7e-4),
    "repro.train.backward_time:run": (0.1, 10.0),
}
"""Work → guessed seconds of a step and layer: of a whole group on CUDA, where launches count; of a run on a CPU."""
_DEFAULT = (5e-4, 2e-3)
_EPOCH = {
    "parsing": 392_000,
    "pos": 12_544,
}  # transitions and sentences of UD EWT, where only epochs are given
_IMAGES = 60_000
_EXAMPLE_S = {"parsing": 1.7e-4, "pos": 2e-3}
"""Task → guessed seconds of an example on a CPU, where a step is as long as its mini-batch is large."""

Known = dict[str, list[tuple[float, int]]]
"""What like runs have in common → (seconds a step and run, how many trained together) of each that is known."""


def length(run: Run) -> float:
    """Steps that the run will take at most."""
    params = run.params
    given = params.get("steps") or params.get("max_steps") or params.get("repetitions")
    if not given and params.get("epochs"):
        examples = _EPOCH.get(run.setting.get("task", ""), _IMAGES)
        given = params["epochs"] * math.ceil(examples / (params.get("batch") or examples))
    return float(given or 1)


def _like(run: Run) -> str:
    shared = {k: v for k, v in run.params.items() if k not in LENGTHS}
    return canonical([dict(run.setting), shared, run.dataset])


def known(runs_dir: Path, kind: str) -> Known:
    """What is known of devices of this kind ("cpu", "cuda"): from the runs folder and from committed records."""
    found: Known = {}
    for run, seconds, steps, size in (*_kept(runs_dir, kind), *_committed(kind)):
        if steps > 0 and seconds > 0:
            found.setdefault(_like(run), []).append((seconds / steps, size))
    return found


def _kept(runs_dir: Path, kind: str) -> Iterator[tuple[Run, float, float, int]]:
    for path in runs_dir.glob("??/*/*.json"):
        try:
            result = json.loads(path.read_bytes())
            run, meta = Run(arm="", **result["run"]), result["meta"]
            if meta["environment"]["kind"] == kind:
                yield run, meta["train_s"], meta["steps"] or length(run), result["group"]["size"]
        except (OSError, ValueError, KeyError, TypeError):  # another runner's trouble: no reason not to plan
            continue


def _committed(kind: str) -> Iterator[tuple[Run, float, float, int]]:
    for path in results_dir().glob("*/*/*.json"):
        try:
            facts = json.loads(path.read_bytes())
            times = facts["timing"].get("runs", {})
            machine, made = machine_by_run(facts["environment"], times), runs_of_spec(facts["spec"])
            there = [(r, times[r.name]) for r in made if machine.get(r.name, {}).get("kind") == kind]
            yield from ((run, seconds, length(run), 1) for run, seconds in there)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue


def seconds(group: Group, kind: str, samples: Mapping[str, list[tuple[float, int]]]) -> tuple[float, str]:
    """(seconds that the group will take, "recorded" or "guessed")."""
    steps, n = max(length(r) for r in group.runs), len(group.runs)
    there = [pair for r in group.runs for pair in samples.get(_like(r), ())]
    if there:
        share, size = median(p for p, _ in there), max(s for _, s in there)
        # a GPU takes about as long for few runs as for those that once filled a group
        return share * steps * (max(n, size) if kind == "cuda" else n), "recorded"
    together, alone = STEP_S.get(work_of(group.package), _DEFAULT)
    first = group.runs[0]
    if kind != "cuda" and (task := first.setting.get("task")) in _EXAMPLE_S:
        return steps * n * _EXAMPLE_S[task] * first.params.get("batch", 1), "guessed"
    deep = max(float(r.setting.get("layers") or 1) for r in group.runs)
    return steps * deep * (together if kind == "cuda" else alone * n), "guessed"
