"""Random draws by seed and purpose: independent of each other, and of what was drawn before."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)
"""2^64 divided by the golden ratio, odd, as int64: what splitmix64 goes on by."""
STRIDE = 0xD1342543DE82EF95 - (1 << 64)
"""Odd, as int64: by how much a step moves the numbers that are hashed. No place of a million steps meets another."""
_ROUNDS = ((30, 0xBF58476D1CE4E5B9 - (1 << 64)), (27, 0x94D049BB133111EB - (1 << 64)))
NEVER = 1 << 62  # the step that needs the host next, where none does


def number(seed: int, purpose: str) -> int:
    """A number in 0 … 2^64 - 1 for one purpose ("init", "batches/3", "random-k") of one seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:8], "big")


def stream(seed: int, purpose: str) -> torch.Generator:
    """A CPU generator for one purpose of one seed; purposes are independent."""
    return torch.Generator().manual_seed(number(seed, purpose) % (1 << 63))


def hashed(numbers: Tensor) -> Tensor:
    """64 random bits for each int64, the same on every machine: a draw at a place that one can jump to.

    One step of splitmix64 (Steele, Lea, Flood 2014), in integers that wrap around.
    """
    return hash_(numbers.clone())


def hash_(numbers: Tensor) -> Tensor:
    """`hashed` in the place of its argument: a draw of every step fills no fresh memory with results."""
    numbers.add_(GOLDEN)
    for shift, factor in _ROUNDS:
        numbers.bitwise_xor_(_shifted(numbers, shift)).mul_(factor)
    return numbers.bitwise_xor_(_shifted(numbers, 31))


def _shifted(numbers: Tensor, by: int) -> Tensor:
    """int64 moved to the right as if it had no sign."""
    return (numbers >> by).bitwise_and_((1 << (64 - by)) - 1)


def fingerprint(*tensors: Tensor) -> str:
    """First 16 hex digits of the SHA-256 of tensors' bytes."""
    h = hashlib.sha256()
    for t in tensors:
        h.update(t.detach().cpu().contiguous().numpy().tobytes())
    return h.hexdigest()[:16]
