"""Segments: what is update-locked together – a layer, a block, a convolutional stage, a window of a recurrent net.

The run axis comes first in everything that goes in and out: x [R, B, …] → y [R, B, …].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from repro.errors import BadValueError

Values = Tensor | tuple[Tensor, ...]
"""What flows between segments: a tensor, or several (the state of an LSTM)."""


class Segment:
    """A differentiable call with parameters `p` and gradients `g`, name → [R, *shape], that a net `bind`s to it.

    After `forward`, `pull` turns the gradient that it is to use at its output into its own parameters' gradients and
    into the gradient of its input: once, since buffers are reused.
    """

    p: Mapping[str, Tensor]
    g: Mapping[str, Tensor]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape of each parameter of one run."""
        return {}

    def bind(self, p: Mapping[str, Tensor], g: Mapping[str, Tensor], runs: int) -> None:
        """Take the tensors of `shapes` and make what else is kept for each of R runs."""
        self.p, self.g = p, g

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Draw the initial parameters, each run's from its own CPU generator."""

    def forward(self, x: Any, out: Tensor | None = None) -> Any:
        """y of x in training mode; written into `out` if given. Keeps what `pull` needs."""
        raise NotImplementedError

    def pull(self, consumed: Any, need_input: bool = True) -> Any:
        """`consumed` in the place of ∂L/∂y: writes `g`, returns ∂L/∂x (None where it is not needed).

        `RuntimeError` when there has been no forward pass since the last call.
        """
        raise NotImplementedError

    def predict(self, x: Any) -> Any:
        """y of x in test mode; keeps nothing."""
        raise NotImplementedError

    def skip(self) -> None:
        """No gradient for this segment: `g` is zero."""
        for gradient in self.g.values():
            gradient.zero_()

    def written(self) -> dict[str, list[Tensor]]:
        """As of `Params.written`, of its own parameters, after `bind`."""
        return {}

    def kept(self) -> dict[str, Tensor]:
        """What the next step depends on beside the parameters (running statistics), by name."""
        return {}


class AutogradSegment(Segment):
    """Any differentiable `call(p, x) -> y`, its gradients by autograd; p: name → [R, *shape].

    x and y are tensors or tuples of tensors. `draw(p, generators)` fills in the initial parameters.
    """

    def __init__(
        self,
        call: Callable[[Mapping[str, Tensor], Any], Any],
        shapes: Mapping[str, tuple[int, ...]],
        draw: Callable[[Mapping[str, Tensor], Sequence[torch.Generator]], None] = lambda p, generators: None,
    ):
        self.call, self._shapes, self._draw = call, dict(shapes), draw
        self._leaves: dict[str, Tensor] = {}
        self._taped: tuple[tuple[Tensor, ...], tuple[Tensor, ...]] | None = None

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape of each parameter of one run."""
        return self._shapes

    def bind(self, p: Mapping[str, Tensor], g: Mapping[str, Tensor], runs: int) -> None:
        """Take the tensors of `shapes`; leaves of the graphs share their memory."""
        super().bind(p, g, runs)
        self._leaves = {k: v.detach().requires_grad_() for k, v in p.items()}

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Draw the initial parameters."""
        self._draw(self.p, generators)

    def forward(self, x: Any, out: Tensor | None = None) -> Any:
        """y of x in training mode, and its graph."""
        xs = tuple(v.detach().requires_grad_(v.is_floating_point()) for v in _each(x))
        with torch.enable_grad():
            y = self.call(self._leaves, xs if isinstance(x, tuple) else xs[0])
        self._taped = xs, _each(y)
        if out is not None:
            return out.copy_(y.detach())
        return tuple(v.detach() for v in y) if isinstance(y, tuple) else y.detach()

    def pull(self, consumed: Any, need_input: bool = True) -> Any:
        """Autograd of y, with `consumed` (a tuple where y is one) as the gradient of y."""
        if self._taped is None:
            raise RuntimeError("a second backward pass over one forward pass: call forward again first")
        (xs, ys), self._taped = self._taped, None
        wanted = [v for v in xs if v.requires_grad] if need_input else []
        leaves = list(self._leaves.values())
        made = torch.autograd.grad(ys, [*leaves, *wanted], _each(consumed), allow_unused=True)
        for to, value in zip((self.g[k] for k in self._leaves), made, strict=False):
            to.zero_() if value is None else to.copy_(value)
        below = made[len(leaves) :]
        return None if not wanted else below[0] if len(xs) == 1 else below

    def predict(self, x: Any) -> Any:
        """y of x; without a test mode of its own, the same call."""
        with torch.no_grad():
            return self.call(self.p, x)


class ModuleSegment(AutogradSegment):
    """An ordinary `nn.Module`, for one run: it sees its batches without the run axis, and keeps its initial weights.

    Its parameters move into the net's buffer and stay usable in place; `p.grad` shows the last gradients. Frozen ones
    (`requires_grad=False`) stay where and as they are.
    """

    def __init__(self, module: nn.Module):
        self.module = module
        shapes = {k: tuple(v.shape) for k, v in self._trained().items()}
        super().__init__(lambda p, x: self._through(x), shapes)

    def _trained(self) -> dict[str, Tensor]:
        return {k: v for k, v in self.module.named_parameters() if v.requires_grad}

    def bind(self, p: Mapping[str, Tensor], g: Mapping[str, Tensor], runs: int) -> None:
        """Move the module's parameters into the net's buffer; `BadValueError` for more than one run."""
        if runs != 1:
            raise BadValueError(f"a module trains one run at a time; got {runs} runs: make a net for each")
        self.p, self.g, self._leaves = p, g, self._trained()
        for name, parameter in self._leaves.items():
            p[name][0].copy_(parameter.detach())
            parameter.data = p[name][0]
        self._bound = self._places()

    def _places(self) -> dict[str, int]:
        return {k: v.data_ptr() for k, v in self._trained().items()}

    def require_bound(self) -> None:
        """`BadValueError` if the module's parameters are not the net's any more."""
        if self._places() != self._bound:
            raise BadValueError(
                "parameters of a module are not this net's any more: another net took them, or they were moved, "
                "replaced, frozen or thawed; decouple the module (make its net) again"
            )

    def forward(self, x: Any, out: Tensor | None = None) -> Any:
        """y of x in training mode, and its graph; `BadValueError` as of `require_bound`."""
        self.require_bound()
        return super().forward(x, out)

    def _through(self, x: Any) -> Any:
        y = self.module(*(v[0] for v in _each(x)))
        if not all(isinstance(v, Tensor) for v in _each(y)):
            raise BadValueError(
                f"{type(self.module).__name__} returns {type(y).__name__} of more than tensors; expected a tensor: "
                "wrap it"
            )
        return tuple(v.unsqueeze(0) for v in y) if isinstance(y, tuple) else y.unsqueeze(0)

    def pull(self, consumed: Any, need_input: bool = True) -> Any:
        """Autograd of the module's output, with `consumed` as its gradient; the module may be without parameters."""
        if self._taped is not None and not self._leaves:
            if not (need_input and any(v.requires_grad for v in self._taped[0])):
                self._taped = None  # nothing is asked for, and autograd would refuse that
                return None
        below = super().pull(consumed, need_input)
        for name, parameter in self._leaves.items():
            parameter.grad = self.g[name][0]
        return below

    def predict(self, x: Any) -> Any:
        """The module in its evaluation mode; afterwards each part is in its own again (some may be frozen in it)."""
        before = [(part, part.training) for part in self.module.modules()]
        try:
            with torch.no_grad():
                self.module.eval()
                return self._through(x)
        finally:
            for part, training in before:
                part.training = training

    def kept(self) -> dict[str, Tensor]:
        """The module's buffers and frozen parameters."""
        frozen = {k: v.detach() for k, v in self.module.named_parameters() if not v.requires_grad}
        return {**frozen, **dict(self.module.named_buffers())}


def _each(v: Any) -> tuple[Tensor, ...]:
    return v if isinstance(v, tuple) else (v,)
