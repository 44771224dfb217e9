"""Contenders take turns block by block.

A ratio is the median over blocks of the ratio within a block: a drift of the machine's speed meets both sides alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import torch

from repro.record.stats import median

Step = Callable[[], object]


def interleaved(
    steps: Mapping[str, Step], blocks: int, per_block: int, device: str
) -> dict[str, list[float]]:
    """Milliseconds a call of each step, block by block, the contenders taking turns."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for block in range(blocks + 1):
        for name, step in steps.items():
            _wait(device)
            began = time.perf_counter()
            for _ in range(per_block):
                step()
            _wait(device)
            if block:  # the first block warms up
                times[name].append((time.perf_counter() - began) * 1e3 / per_block)
    return times


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Median over blocks of the ratio of two contenders."""
    return median([a / b for a, b in zip(over, under, strict=True)])


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
