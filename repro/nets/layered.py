"""Modules that are stacks of fully connected layers, computed by the library's kernels on the module's own memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from repro.nets.dense import MOMENTUM, Dense
from repro.nets.linear import Keep, by_rows
from repro.nets.segments import ModuleSegment
from repro.nets.sparse import SparseSegment

_EPS = 1e-5
"""Of the kernels' batch norm, and `nn.BatchNorm1d`'s own."""


@dataclass
class Layer:
    """A linear map of a module, what norms and bends its outputs, and the names of the two in the module."""

    linear: nn.Linear
    norm: nn.BatchNorm1d | None
    act: str
    names: tuple[str, str]


def layers(module: nn.Module) -> list[Layer]:
    """The layers that `module` is a stack of; [] where it is something else, or more.

    A layer is `nn.Linear`, with bias or not; then nothing, `nn.ReLU` or `nn.Tanh`, or `nn.BatchNorm1d` (at its
    defaults) and `nn.ReLU`; `nn.Flatten` may come before the first. Every parameter has to be trained.
    """
    made: list[Layer] = []
    for name, part in _parts(module):
        last = made[-1] if made else None
        if not made and _flattens(part):
            continue
        if type(part) is nn.Linear and _own(part):
            made.append(Layer(part, None, "none", (name, "")))
        elif last and type(part) is nn.BatchNorm1d and last.act == "none" and not last.norm and _usual(part):
            last.norm, last.names = part, (last.names[0], name)
        elif last and type(part) is nn.ReLU and last.act == "none":
            last.act = "relu"
        elif last and type(part) is nn.Tanh and last.act == "none" and not last.norm:
            last.act = "tanh"
        else:
            return []
    own = [part for x in made for part in (x.linear, x.norm) if part is not None]
    named = [p for part in own for p in part.parameters(recurse=False)]  # one that comes twice twice
    known = {torch.float32, torch.float64}
    whole = all(p.requires_grad and p.dtype in known for p in named) and len({*map(id, named)}) == len(named)
    return made if whole and all(x.act == "relu" for x in made if x.norm) else []


def _parts(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    if type(module) is nn.Sequential:
        for name, part in module._modules.items():  # also one that comes twice
            assert part is not None
            yield from ((f"{name}.{own}".rstrip("."), p) for own, p in _parts(part))
    else:
        yield "", module


def _flattens(part: nn.Module) -> bool:
    return type(part) is nn.Flatten and (part.start_dim, part.end_dim) == (1, -1)


def _own(linear: nn.Linear) -> bool:
    """Whether its weights are parameters, and not made of others (pruned, normed)."""
    return set(linear._parameters) == {"weight", "bias"} and linear._parameters["weight"] is not None


def _usual(norm: nn.BatchNorm1d) -> bool:
    there = all(v is not None for v in (norm.weight, norm.bias, norm.running_mean, norm.running_var))
    return there and norm.track_running_stats and (norm.momentum, norm.eps) == (MOMENTUM, _EPS)


class LayeredSegment(ModuleSegment):
    """A module that is a stack of `layers`, with the kernels of `repro.nets.dense`; otherwise as `ModuleSegment`.

    The numbers are PyTorch's up to rounding (tanh's absolute one), running statistics too. What would notice that the
    module is not called itself (hooks, a batch norm in evaluation mode, autocast, other inputs than [B, I], parts
    changed since) has it called; a class whose `forward` was replaced and modes of PyTorch's dispatcher do not. What
    is changed in place between `forward` and `pull` is not caught. `keep`: as `SparseSegment`.
    """

    def __init__(self, module: nn.Module, keep: Keep | None = None):
        super().__init__(module)
        self.slow = ModuleSegment(module) if keep is None else SparseSegment(module, keep)
        self.layers, self.keep = layers(module), keep
        self._flat = any(_flattens(part) for _, part in _parts(module))
        self._shape = torch.Size()
        self.dense: list[Dense] = []
        self._by_kernels = False

    def bind(self, p: Any, g: Any, runs: int) -> None:
        """Move the module's parameters into the net's buffer, and let the layers compute with them there."""
        self.slow.bind(p, g, runs)
        super().bind(p, g, runs)
        self.dense = [self._bound_dense(x) for x in self.layers]

    def _bound_dense(self, layer: Layer) -> Dense:
        linear, norm, (own, its) = layer.linear, layer.norm, (f"{n}." if n else "" for n in layer.names)
        w, keep = self.p[f"{own}weight"], self.keep
        rows = by_rows(keep, linear.out_features, w.device.type, w.dtype)
        made = Dense(
            linear.in_features,
            linear.out_features,
            layer.act,
            "first" if norm else "",
            keep=keep,
            by_rows=rows,
        )
        names = {"gamma": f"{its}weight", "beta": f"{its}bias"} if norm else {"b": f"{own}bias"}
        p, g = ({k: to[n] for k, n in names.items() if n in to} for to in (self.p, self.g))
        for own_of, its_of in ((p, self.p), (g, self.g)):
            own_of["W"] = its_of[f"{own}weight"].mT
            if not norm:
                own_of.setdefault("b", w.new_zeros(1, linear.out_features))  # the module may have none
        made.bind(p, g, 1)
        if norm:
            assert norm.running_mean is not None and norm.running_var is not None
            made.mean, made.var = norm.running_mean.view(1, 1, -1), norm.running_var.view(1, 1, -1)
        return made

    def forward(self, x: Any, out: Tensor | None = None) -> Any:
        """y of x in training mode; `BadValueError` as of `require_bound`."""
        self._by_kernels = self._plain(x)
        if not self._by_kernels:
            return self.slow.forward(x, out)
        self.require_bound()
        self._shape, y = x.shape, x.detach().flatten(2)
        for layer, dense in zip(self.layers, self.dense, strict=True):
            before = dense.var.clone() if layer.norm else None
            y = dense.forward(y)
            if layer.norm is not None and before is not None:
                self._track(layer, layer.norm, dense, before, y.shape[1])
        return y if out is None else out.copy_(y)

    def _track(self, layer: Layer, norm: nn.BatchNorm1d, dense: Dense, before: Tensor, batch: int) -> None:
        """What PyTorch's running statistics have that the kernels' do not: a variance over B − 1, and the bias."""
        moved = dense.var - before * (1 - MOMENTUM)
        dense.var.add_(moved, alpha=1 / (batch - 1))
        if layer.linear.bias is not None:
            dense.mean.add_(layer.linear.bias.detach(), alpha=MOMENTUM)
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.add_(1)

    def _plain(self, x: Any) -> bool:
        """Whether x goes through the kernels."""
        first = self.layers[0].linear.weight if self.layers else None
        if first is None or not isinstance(x, Tensor) or x.dim() < 3 or x.shape[1] < 2:
            return False
        numbers = x[0, 0].numel() if self._flat else x.shape[2] if x.dim() == 3 else 0
        if (x.dtype, x.device, numbers) != (first.dtype, first.device, first.shape[1]):
            return False
        if x.layout != torch.strided or torch.is_autocast_enabled(x.device.type) or _hooked_everywhere():
            return False
        if layers(self.module) != self.layers or not all(map(_is_its, self.layers, self.dense)):
            return False
        return all(map(_unwatched, self.module.modules()))

    def pull(self, consumed: Any, need_input: bool = True) -> Any:
        """As of any module: writes its gradients, returns that of its input."""
        if not self._by_kernels:
            return self.slow.pull(consumed, need_input)
        for dense in self.dense:
            for rows in dense._rows:
                rows.written.fill_(1)  # others may have filled in rows since: autograd, or the module's user
        for layer in self.layers:
            if layer.norm is not None and layer.linear.bias is not None:
                self.g[".".join(filter(None, (layer.names[0], "bias")))].zero_()
        for n in range(len(self.dense), 0, -1):
            consumed = self.dense[n - 1].pull(consumed, need_input or n > 1)
        for name, parameter in self._leaves.items():
            parameter.grad = self.g[name][0]
        return None if consumed is None else consumed.view(self._shape)


def _is_its(layer: Layer, dense: Dense) -> bool:
    """Whether running statistics are still those that `dense` moves."""
    norm = layer.norm
    if norm is None:
        return True
    assert norm.running_mean is not None and norm.running_var is not None
    found = norm.running_mean.data_ptr(), norm.running_var.data_ptr()
    return found == (dense.mean.data_ptr(), dense.var.data_ptr())


def _hooked_everywhere() -> bool:
    asked: bool = nn.modules.module._has_any_global_hook()  # type: ignore[no-untyped-call]
    return asked


def _unwatched(part: nn.Module) -> bool:
    """Whether nothing but its own `forward` would happen if `part` were called, in training mode."""
    hooks = part._forward_hooks or part._forward_pre_hooks or part._backward_hooks or part._backward_pre_hooks
    of_its = any(p is not None and p._backward_hooks for p in part._parameters.values())
    return part.training and not (hooks or of_its or "forward" in vars(part))
