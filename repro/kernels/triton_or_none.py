"""Triton where it is installed; elsewhere modules with kernels can be imported and read, but nothing in them runs."""

from __future__ import annotations

from typing import Any

try:
    import triton
    import triton.language as tl

    jit: Any = triton.jit
except ImportError:
    triton = tl = None

    def jit(function: Any = None, **options: Any) -> Any:
        """The function as it is; with options what returns it so, as Triton's."""
        return function or (lambda decorated: decorated)


__all__ = ["jit", "tl", "triton"]
