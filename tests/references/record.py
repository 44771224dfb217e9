"""Records the trajectories anew, deliberately: `python tests/references/record.py [case …]`.

Each case is trained once more under every variation below, none of which is a change of the method: another order of
summation, other kernels, other neighbours, one unit in the last place. The worst that they do is what rounding does;
the tolerance is ten times that, for the processors that were not measured, and not below the floors.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the tests

import torch
from cases import CASES, ROUGH, SEEDS
from compare import deviations
from families import fast_paths
from trajectories import Recording, of_run, trace

FOLDER = Path(__file__).parent / "recorded"
SAFETY = 10
FLOORS = {
    "float64 step, worst": 1e-10,
    "final weights, worst": 1e-10,
    # a ReLU whose input is 0 up to rounding may fall to either side elsewhere: the median is what is sharp
    "float32 step, worst": 2e-3,
    "float32 step, median": 1e-6,
    "float32 update, worst": 5e-3,
    "float32 update, median": 1e-6,
}


@contextmanager
def two_threads() -> Any:
    """Two threads instead of one."""
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


def _no_onednn() -> AbstractContextManager[None]:
    return torch.backends.mkldnn.flags(enabled=False)  # type: ignore[no-any-return, no-untyped-call]


VARIATIONS: dict[str, tuple[Callable[[], AbstractContextManager[Any]], dict[str, bool]]] = {
    "examples of a batch in another order": (nullcontext, {"shuffled": True}),
    "parameters off by one unit in the last place": (nullcontext, {"jitter": True}),
    "two threads": (two_threads, {}),
    "mkldnn off": (_no_onednn, {}),
    "fast paths at every size": (lambda: fast_paths(everywhere=True), {}),
    "fast paths nowhere": (lambda: fast_paths(everywhere=False), {}),
}


def _swapped(case: str) -> Recording:
    """Trained with the runs in the opposite slots, and put back into order."""
    made = trace(case, SEEDS[::-1])
    for kind, series in made.items():
        for name, rows in series.items():
            series[name] = rows[::-1] if kind == "final" else [row[::-1] for row in rows]
    return made


def measure(case: str, recorded: Recording) -> dict[str, dict[str, float]]:
    """Variation → kind → deviation. Random masks go by place in the batch, so there the order stays."""
    made: dict[str, Recording] = {"runs in the opposite slots": _swapped(case)}
    for name, (context, options) in VARIATIONS.items():
        if options.get("shuffled") and ("random" in case or "dropout" in case):
            continue
        with context():
            made[name] = trace(case, SEEDS, **options)
    measured = {name: {k: d.value for k, d in deviations(v, recorded).items()} for name, v in made.items()}
    for r, seed in enumerate(SEEDS):
        alone = deviations(trace(case, (seed,)), of_run(recorded, r))
        measured[f"seed {seed} alone"] = {k: d.value for k, d in alone.items()}
    return {name: {k: float(f"{v:.2g}") for k, v in m.items()} for name, m in measured.items()}


def tolerance(measured: dict[str, dict[str, float]]) -> dict[str, float]:
    """Kind → what may differ."""
    worst = {k: max(m[k] for m in measured.values()) for k in next(iter(measured.values()))}
    return {k: float(f"{max(FLOORS[k], SAFETY * v):.1g}") for k, v in worst.items()}


def processor() -> str:
    """Its name and the instruction set that torch uses."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown'}, {torch.backends.cpu.get_cpu_capability()}"


def record(case: str) -> dict[str, Any]:
    """The file of a case."""
    recorded = trace(case, SEEDS)
    measured = measure(case, recorded)
    return {
        "case": case,
        "seeds": SEEDS,
        "made": {"processor": processor(), "torch": torch.__version__, "threads": torch.get_num_threads()},
        "measured": measured,
        "tolerance": tolerance(measured),
        **recorded,
    }


def main(cases: list[str]) -> None:
    """Write the files of `cases`, or of all."""
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for case in cases or [*CASES, *ROUGH]:
        made = record(case)
        (FOLDER / f"{case}.json").write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")
        print(case, made["tolerance"], flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
