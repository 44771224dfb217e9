"""A naive version's numbers beside the package's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repro.errors import ReproError
from repro.notebook.display import Text

WITHIN = 1e-5


class DisagreeError(ReproError):
    """Two versions of one method gave different numbers."""

    exit_code = 1


def agree(naive: Any, fast: Any, within: float = WITHIN) -> Text:
    """Says that all numbers of two tensors (or mappings, or lists of them) are the same up to `within`.

    `DisagreeError` with the first place where they are not. What is said does not depend on the machine.
    """
    import torch

    pairs = _pairs(naive, fast)
    count = 0
    for name, a, b in pairs:
        one, other = (torch.as_tensor(v, dtype=torch.float64).squeeze() for v in (a, b))
        if one.shape != other.shape:
            raise DisagreeError(f"{name}: shapes {tuple(one.shape)} and {tuple(other.shape)}")
        gap = (one - other).abs().max().item() if one.numel() else 0.0
        count += one.numel()
        if not gap <= within:
            raise DisagreeError(f"{name}: max |Δ| is {gap:.1e}, more than {within:g}")
    return Text(f"max |Δ| ≤ {within:g} over all {count:,} numbers of {', '.join(n for n, *_ in pairs)}")


def _pairs(naive: Any, fast: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(naive, Mapping):
        if naive.keys() != fast.keys():
            raise DisagreeError(f"{sorted(naive)} beside {sorted(fast)}")
        return [(str(name), naive[name], fast[name]) for name in naive]
    if isinstance(naive, list | tuple):
        return [(str(i), a, b) for i, (a, b) in enumerate(zip(naive, fast, strict=True), 1)]
    return [("the result", naive, fast)]
