"""Modules whose linear maps backpropagate a part of their output gradient alone, as meProp has it.

Source: arXiv:1706.06197v5, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear

from repro.nets.linear import Keep, linear
from repro.nets.segments import ModuleSegment


class SparseSegment(ModuleSegment):
    """A block whose linear maps use `keep` of their output gradient in training; the bias gets the dense one."""

    def __init__(self, module: nn.Module, keep: Keep):
        super().__init__(module)
        self._keep = keep

    def forward(self, x: Any, out: Tensor | None = None) -> Any:
        """y of x in training mode, and its graph."""
        with _sparse(self.module, self._keep):
            return super().forward(x, out)

    def pull(self, consumed: Any, need_input: bool = True) -> Any:
        """As of any module; what is checkpointed is computed a second time here."""
        with _sparse(self.module, self._keep):
            return super().pull(consumed, need_input)


def linear_maps(block: nn.Module) -> list[nn.Linear]:
    """Every `nn.Linear` in `block`, but for those with a `forward` of their own, which may compute something else."""
    never = NonDynamicallyQuantizableLinear  # attention multiplies by its weights and does not call it
    found = (m for m in block.modules() if isinstance(m, nn.Linear) and not isinstance(m, never))
    return [m for m in found if getattr(m.forward, "__func__", None) is nn.Linear.forward]


@contextmanager
def _sparse(block: nn.Module, keep: Keep) -> Iterator[None]:
    """Inside, linear maps of `block` use `keep`; afterwards they are as they were."""

    def forward(module: nn.Linear, input: Tensor) -> Tensor:
        rows = input.reshape(-1, input.shape[-1])
        y = linear(rows, module.weight.T, keep).view(*input.shape[:-1], module.out_features)
        return y if module.bias is None else y + module.bias

    maps = linear_maps(block)
    try:
        for module in maps:
            module.forward = partial(forward, module)  # type: ignore[method-assign]
        yield
    finally:
        for module in maps:
            del module.forward
