"""Copy and Repeat Copy (Graves, Wayne, Danihelka 2014): what an episode shows and asks, place by place.

An episode is a start flag, N symbols of some bits, a delimiter, then R times the N symbols as answers, with nothing
at the input: N + 2 + N R steps. DNI's Table 1 names a level by T_task = N R + 3 (Copy: R = 1). What the paper
leaves open is decided here: bits are shown as -1 and +1, R is shown at the delimiter as R / 8 (8 is the largest R
of the paper's figure), there is no flag after the answers.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from repro.data.streams.draws import hashed
from repro.errors import UnknownNameError

TASKS = ("copy", "repeat_copy")
LARGEST_REPEATS = 8.0
SYMBOLS = 1 << 16  # more than any episode has


class Steps(NamedTuple):
    """What some steps of some lanes hold; P steps.

    `x` [R, B, P, C] float32 inputs: the bits (-1, +1; 0 where no symbol is shown), the start flag, the delimiter
    and, for Repeat Copy, the number of repeats. `y` [R, B, P, bits] float32, 0 or 1: the answer asked for. `answer`
    [R, B, P] bool: whether one is. `start` [R, B, P] bool: whether an episode begins here.
    """

    x: Tensor
    y: Tensor
    answer: Tensor
    start: Tensor


def channels(task: str, bits: int) -> int:
    """The number C of inputs; `UnknownNameError` for a task that is neither."""
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    return bits + 2 + (task == "repeat_copy")


def size(task: str, level: Tensor) -> tuple[Tensor, Tensor]:
    """(N, R) of levels 1, 2, …: Copy has N = level; Repeat Copy goes (1, 1), (2, 1), (2, 2), (3, 2), (3, 3), …"""
    if task == "copy":
        return level, torch.ones_like(level)
    return level // 2 + 1, (level + 1) // 2


def length(task: str, level: Tensor) -> Tensor:
    """Steps of an episode: N + 2 + N R."""
    symbols, repeats = size(task, level)
    return symbols + 2 + symbols * repeats


def t_task(task: str, level: int) -> int:
    """The paper's measure of a level, N R + 3."""
    symbols, repeats = size(task, torch.tensor(level))
    return int(symbols * repeats) + 3


def steps(task: str, bits: int, lane: Tensor, episode: Tensor, level: Tensor, place: Tensor) -> Steps:
    """What lanes show and ask at P places each.

    All [R, B, P] int64 (or broadcast to it): the lane's key, the episode's number, its level, the place in it.
    """
    symbols, repeats = size(task, level)
    shown = (place >= 1) & (place <= symbols)
    delimiter, answer = place == symbols + 1, place >= symbols + 2
    which = torch.where(answer, (place - symbols - 2) % symbols, place - 1)
    drawn = hashed(lane ^ (episode * SYMBOLS + which)).unsqueeze(-1)
    bit = ((drawn >> torch.arange(bits, device=place.device)) & 1).float()  # of numbers below 0 too
    x = torch.zeros(*place.shape, channels(task, bits), device=place.device)
    x[..., :bits] = (2 * bit - 1) * shown.unsqueeze(-1)
    x[..., bits] = place == 0
    x[..., bits + 1] = delimiter
    if task == "repeat_copy":
        x[..., bits + 2] = delimiter * repeats / LARGEST_REPEATS
    return Steps(x, bit * answer.unsqueeze(-1), answer, place == 0)
