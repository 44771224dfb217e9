"""CUDA graphs as they behave, on the pretend device: capture carries nothing out, replay repeats the recorded kernels
on the same addresses with the numbers they were recorded with, and no Python runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor


def leaves_of(x: Any) -> list[Any]:
    """What an operator takes or makes, lists and tuples taken apart: it has no others, and torch's trees are slow."""
    return [leaf for part in x for leaf in leaves_of(part)] if type(x) in (list, tuple) else [x]


def mapped(change: Callable[[Any], Any], x: Any) -> Any:
    """The same lists and tuples with each leaf changed."""
    return type(x)([mapped(change, part) for part in x]) if type(x) in (list, tuple) else change(x)


class Graph:
    """Stands in for `torch.cuda.CUDAGraph`."""

    open: ClassVar[Graph | None] = None  # the one that is being captured

    def __init__(self, keep_graph: bool = False) -> None:
        self.kernels: list[tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any], Any]] = []
        self._before: dict[int, tuple[Tensor, Any]] = {}

    def save(self, written: Iterable[Tensor]) -> None:
        """Remember what stands where a kernel is about to write."""
        for tensor in written:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in self._before:
                self._before[storage.data_ptr()] = (tensor, storage.clone())

    def replay(self) -> None:
        """The recorded kernels once more; what was new at capture is written to the same addresses again."""
        for func, args, kwargs, out in self.kernels:
            again = func(*args, **kwargs)
            for old, new in zip(leaves_of(out), leaves_of(again), strict=True):
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)

    def pool(self) -> tuple[int, int]:
        """Where its memory comes from."""
        return (0, 1)

    def reset(self) -> None:
        """Forget the kernels."""
        self.kernels.clear()

    def capture_begin(self) -> None:
        """From here on kernels are recorded."""
        assert Graph.open is None, "a graph is being captured already"
        Graph.open = self

    def capture_end(self) -> None:
        """Capturing carried nothing out: what was written is as it was."""
        Graph.open = None
        for tensor, old in self._before.values():
            tensor.untyped_storage().copy_(old)
        self._before.clear()


class Event:
    """Stands in for `torch.cuda.Event`."""

    def __init__(self, **_: Any) -> None:
        self.elapsed_time = lambda other: 1.0
        self.record = self.synchronize = self.wait = lambda *_: None


class Stream:
    """Stands in for `torch.cuda.Stream`: there is one queue, and it is always empty."""

    def synchronize(self) -> None:
        """Nothing to wait for."""


class capturing:
    """Stands in for `torch.cuda.graph`: `with torch.cuda.graph(g):`. A refusal in it leaves no graph open."""

    def __init__(self, graph: Graph, **_: Any) -> None:
        self.graph = graph

    def __enter__(self) -> None:
        self.graph.capture_begin()

    def __exit__(self, *_: object) -> None:
        self.graph.capture_end()


def _writes(func: torch._ops.OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """The arguments that the operator's schema says it writes to."""
    declared = func._schema.arguments
    given = [*zip(declared, args, strict=False), *((a, kwargs[a.name]) for a in declared if a.name in kwargs)]
    named = [v for a, v in given if a.alias_info is not None and a.alias_info.is_write]
    return [t for t in leaves_of(named) if isinstance(t, Tensor)]


def launch(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Carry out one operator on plain tensors, and record it while a graph is being captured."""
    if Graph.open is None:
        return func(*args, **kwargs)
    Graph.open.save(_writes(func, args, kwargs))
    out = func(*args, **kwargs)
    Graph.open.kernels.append((func, args, kwargs, out))
    return out
