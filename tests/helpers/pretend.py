"""A pretend CUDA device: tensors that say "cuda:0", hold their values on the CPU, and refuse a partner that does not.

    with pretend.device() as ledger:
        ...device="cuda"...
    ledger.total(pretend.TO_HOST)

An operator with operands of two devices is refused by name and place. Copies and waits are counted by file and line.
What it cannot show: cuBLAS, streams, memory, speed.

PyTorch sees these tensors on "meta", a device that every build has: autograd and indexing then work where CUDA is not
compiled in. Outside this file nobody notices: "cuda" is translated on the way in, `.device` on the way out.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from pretend_graph import Event, Graph, Stream, capturing, launch, leaves_of, mapped
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

ROOT = Path(__file__).resolve().parents[2]
META, CPU, CUDA = torch.device("meta"), torch.device("cpu"), torch.device("cuda:0")

TO_DEVICE, TO_DEVICE_ASYNC = "copy to the device", "copy to the device, not waited for"
TO_HOST, ITEM, SYNCHRONIZE = "copy to the host", "one number read", "torch.cuda.synchronize"
SIZE, SCALAR = "a size that depends on data", "a host scalar as an operand"
WAITS = (TO_DEVICE, TO_HOST, ITEM, SYNCHRONIZE, SIZE)
"""Kinds at which the host waits for the device."""


INDEXING = ("index", "index_put", "index_put_")
"""Operators that take indices of the host, too, and copy them."""


class Refused(RuntimeError):
    """What a CUDA device would not do, or would do wrongly."""


class Ledger:
    """What crossed between host and device: (kind, file:line, operator) → how often."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()

    def total(self, *kinds: str) -> int:
        """How often anything of these kinds happened."""
        return sum(n for (kind, _, _), n in self.counts.items() if kind in kinds)

    def places(self, *kinds: str) -> dict[str, int]:
        """file:line → how often."""
        made: Counter[str] = Counter()
        for (kind, place, _), n in self.counts.items():
            made[place] += n if kind in kinds else 0
        return dict(+made)


_ledger = Ledger()


def _place() -> str:
    """file:line of the innermost frame in this repository, this tool left out."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        own = "site-packages" in name or Path(name).name.startswith("pretend")
        if not own and name.startswith(str(ROOT)):
            return f"{Path(name).relative_to(ROOT).as_posix()}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "?"


def _note(kind: str, operator: str) -> None:
    """Count it; while a graph is captured it is refused, because a replay would not do it again."""
    _ledger.counts[kind, _place(), operator] += 1
    if Graph.open is not None:
        raise Refused(f"{operator}: {kind} while a graph is captured ({_place()})")


class Pretend(Tensor):
    """A tensor on the pretend device."""

    elem: Tensor

    @staticmethod
    def __new__(cls, elem: Tensor) -> Pretend:
        layout = {"strides": elem.stride(), "storage_offset": elem.storage_offset(), "dtype": elem.dtype}
        made = Tensor._make_wrapper_subclass(cls, elem.shape, **layout, device=META)  # type: ignore[attr-defined]
        made.elem = elem
        return made  # type: ignore[no-any-return]

    device = property(lambda self: CUDA)  # type: ignore[assignment]
    is_cuda = property(lambda self: True)  # type: ignore[assignment]
    is_cpu = is_meta = property(lambda self: False)  # type: ignore[assignment]

    def __repr__(self, **_: Any) -> str:
        return f"on the pretend device: {self.elem}"

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Saved and read back with `map_location="cpu"`, as checkpoints are, it is a tensor of the CPU."""
        _note(TO_HOST, "save")
        return self.elem.__reduce_ex__(protocol)

    def tolist(self) -> Any:
        """As Tensor's, which knows no subclasses."""
        _note(TO_HOST, "tolist")
        return self.elem.tolist()

    def _take(self, other: Pretend) -> None:
        Tensor.data.__set__(self, other)  # type: ignore[attr-defined]
        self.elem = other.elem

    data = property(lambda self: self.detach(), _take)  # type: ignore[assignment]

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _carry_out(func, args, kwargs or {})


def _plain(x: Any) -> Any:
    return x.elem if isinstance(x, Pretend) else x


def _carry_out(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """One operator: refused, noted, computed on the CPU, and its results put where they belong."""
    leaves = leaves_of((*args, *kwargs.values()))
    ours = [a for a in leaves if isinstance(a, Pretend)]
    wanted = kwargs.get("device")
    kwargs = {k: v for k, v in kwargs.items() if k != "pin_memory"}  # which a build without CUDA cannot
    if not ours and wanted != META:
        return func(*args, **kwargs)
    name = func._schema.name.removeprefix("aten::")
    if name in SPECIAL:
        return SPECIAL[name](func, args, kwargs)
    _check(name, leaves)
    if wanted is not None:
        kwargs["device"] = CPU
    out = launch(func, mapped(_plain, args), {k: mapped(_plain, v) for k, v in kwargs.items()})
    if wanted is not None and wanted.type == "cpu":
        return out
    mine = {id(p.elem): p for p in ours}  # in place and `out=`: the same tensor comes back
    return mapped(lambda o: mine[id(o)] if id(o) in mine else Pretend(o) if isinstance(o, Tensor) else o, out)


def _check(name: str, leaves: Sequence[Any]) -> None:
    """Operands of two devices are refused, generators of the host too; sizes that depend on data are noted."""
    for a in leaves:
        if isinstance(a, torch.Generator):
            raise Refused(f"{name}: the generator is the host's ({_place()})")
        if isinstance(a, Tensor) and not isinstance(a, Pretend):
            if a.dim() and name not in INDEXING:
                raise Refused(f"{name}: operands on cuda:0 and on the cpu, {tuple(a.shape)} ({_place()})")
            _note(TO_DEVICE if a.dim() else SCALAR, name)
    masked = name in INDEXING and any(isinstance(a, Tensor) and a.dtype == torch.bool for a in leaves[1:])
    if masked or name.startswith(("nonzero", "masked_select", "unique", "_unique")):
        _note(SIZE, name)


def _to_copy(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """`.to`, `.cpu`, `.cuda`, and a change of dtype."""
    source, target = args[0], kwargs.get("device")
    there = isinstance(source, Pretend)
    kept = {k: v for k, v in kwargs.items() if k != "device"}
    if there and target is not None and target.type == "cpu":
        _note(TO_HOST, "to")
        return func(source.elem, **kept)
    if not there:
        _note(TO_DEVICE_ASYNC if kwargs.get("non_blocking") else TO_DEVICE, "to")
    return Pretend(launch(func, (_plain(source),), kept))


def _copy_(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    to, source = args[:2]
    lazily = kwargs.get("non_blocking") or (len(args) > 2 and args[2])
    if not isinstance(to, Pretend):
        _note(TO_HOST, "copy_")
    elif not isinstance(source, Pretend):
        _note(TO_DEVICE_ASYNC if lazily else TO_DEVICE, "copy_")
    launch(func, (_plain(to), _plain(source)), {})
    return to


def _read(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    _note(ITEM, "item" if len(args) == 1 else "equal")
    return func(*map(_plain, args))


SPECIAL: dict[str, Callable[..., Any]] = {"_to_copy": _to_copy, "copy_": _copy_}
SPECIAL |= {"_local_scalar_dense": _read, "is_nonzero": _read, "equal": _read}


class _Machine(TorchDispatchMode):
    """Brings operators that have no tensor of the device among their arguments here: factories and `.to`."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _carry_out(func, args, kwargs or {})


def _translated(x: Any) -> Any:
    return META if type(x) in (str, torch.device) and str(x) in ("cuda", "cuda:0") else x


class _Names(TorchFunctionMode):
    """Makes "meta" of "cuda" in calls; `torch.tensor(…, device="cuda")`, which asks no dispatcher, as a copy."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.device:
            return func(*args, **(kwargs or {}))
        args, kwargs = tuple(map(_translated, args)), {k: _translated(v) for k, v in (kwargs or {}).items()}
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") == META:
            return func(*args, **{**kwargs, "device": CPU}).to(META)
        return args[0].to(META) if func is Tensor.cuda else func(*args, **kwargs)


def _stubs() -> dict[str, Any]:
    """What is asked of `torch.cuda`."""
    return {
        "is_available": lambda: True,
        "get_device_name": lambda *_: "a pretend device",
        "get_device_capability": lambda *_: (0, 0),
        "synchronize": lambda *_: _note(SYNCHRONIZE, "synchronize"),
        **dict.fromkeys(("manual_seed_all", "reset_peak_memory_stats"), lambda *_: None),
        **dict.fromkeys(("max_memory_allocated", "max_memory_reserved"), lambda *_: 0),
        "is_current_stream_capturing": lambda: Graph.open is not None,
        **{"Event": Event, "CUDAGraph": Graph, "graph": capturing, "stream": lambda *_: nullcontext()},
        **dict.fromkeys(("Stream", "current_stream", "default_stream"), Stream),
    }


@contextmanager
def device() -> Iterator[Ledger]:
    """Inside, "cuda" is the pretend device; yields what crosses between it and the host from here on."""
    global _ledger  # noqa: PLW0603 - one device a process, as there is one torch.cuda
    _ledger = Ledger()
    with ExitStack() as stack:
        for name, stub in _stubs().items():
            stack.enter_context(mock.patch.object(torch.cuda, name, stub))
        stack.enter_context(_Names())
        stack.enter_context(_Machine())
        yield _ledger
