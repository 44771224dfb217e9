"""What a window of a recurrent net learns from beyond its end: truncated BPTT, DNI, and its controls.

Source: arXiv:1608.05343v2, section 2 ("synthetic gradients for recurrent networks"), Figure 2; supplement (v1 A.3).
With s_T = (h_T, c_T) the state after a window, its weights follow Σ_{τ ≤ T} ∂L_τ/∂θ + δ_T ∂s_T/∂θ. Truncated BPTT
sets δ_T = 0; DNI takes `factor` · δ̂_T, where δ̂_T = M(h_{T+1}) and h_{T+1} comes from an extra core. M's target at a
window's first core is the gradient that arrives at the state before it, bootstrapped from what was injected at its
end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from repro.errors import UnknownNameError
from repro.kernels.lstm import bmm
from repro.nets.recurrent import Head, RecurrentNet

Inject = Callable[[Tensor, Mapping[str, Tensor]], Tensor]
"""(δ̂ [R, B, 2H], draws) → what is used in its place [R or 1, B or 1, 2H]."""


def nothing(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """0: truncated BPTT."""
    return sg.new_zeros(()).expand_as(sg)


def synthetic(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """δ̂: DNI."""
    return sg


def negative(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """−δ̂: the wrong sign."""
    return -sg


def other_lane(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """δ̂ of another lane: `draws["lane"]` [R, B, 1] int64, redrawn every window. Right on average, wrong for each."""
    return sg.gather(1, draws["lane"].expand_as(sg))


def other(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """δ̂ of the neighbouring lane, always the same one: the batch rolled by one."""
    return sg.roll(1, 1)


def mean_lane(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """The mean of δ̂ over lanes: one vector for all sequences and phases."""
    return sg.mean(1, keepdim=True)


def fixed(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """A direction `draws["direction"]` [R, 1, 2H] (of rms 1, the same for ever), with the rms of δ̂."""
    return draws["direction"] * rms(sg)


def redrawn(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """As `fixed`, with a direction `draws["redrawn"]` that changes now and then."""
    return draws["redrawn"] * rms(sg)


def noise(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """Gaussian `draws["noise"]` [R, B, 2H], fresh for each lane and window, with the rms of δ̂."""
    return draws["noise"] * rms(sg)


def oracle(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """The true gradient `draws["oracle"]` [R, B, 2H] of the losses of the steps to come."""
    return draws["oracle"]


def untrained(sg: Tensor, draws: Mapping[str, Tensor]) -> Tensor:
    """What an M that learns nothing says: a random linear map `draws["map"]` [R, H + 1, 2H] of `draws["h"]`
    [R, B, H + 1], the output that δ̂ is made from, with the rms of δ̂."""
    said = bmm(draws["h"], draws["map"])
    return said * (rms(sg) / rms(said).clamp_min(1e-30))


def rms(v: Tensor) -> Tensor:
    """Root mean square over lanes and units of each run, [R, 1, 1]."""
    return v.square().mean((1, 2), keepdim=True).sqrt_()


INJECTIONS: dict[str, Inject] = {
    f.__name__: f
    for f in (
        nothing,
        synthetic,
        negative,
        other_lane,
        other,
        mean_lane,
        fixed,
        redrawn,
        noise,
        oracle,
        untrained,
    )
}


class Injection:
    """Each run's injection, called once a kind on neighbouring runs that share it."""

    def __init__(self, kinds: Sequence[str]):
        for kind in kinds:
            if kind not in INJECTIONS:
                raise UnknownNameError("injection", kind, INJECTIONS)
        cuts = [r for r in range(len(kinds)) if r == 0 or kinds[r] != kinds[r - 1]]
        ends = [*cuts[1:], len(kinds)]
        self.parts = [(slice(a, b), INJECTIONS[kinds[a]]) for a, b in zip(cuts, ends, strict=True)]
        self.kinds = tuple(kinds)

    def __call__(self, sg: Tensor, draws: Mapping[str, Tensor], out: Tensor) -> Tensor:
        """What each run injects, into `out` [R, B, 2H]."""
        for rows, inject in self.parts:
            out[rows].copy_(inject(sg[rows], {k: v[rows] for k, v in draws.items()}))
        return out


class Decoupled:
    """The backward pass of a window whose end is decoupled from the next one.

    `factor` [R, 1, 1] on what is injected; `target_factor` [R, 1, 1] on it inside M's target where that is another
    (the paper's 0.1 does not say which): a second, linear sweep. `aux`: a head that predicts from h_1 the δ̂ of T
    steps later (Figure 2 (b)), which lies at the end of the same window; its loss flows into the core, its target
    does not. M's own loss does not flow into the core (searched in the paper; it made no difference).
    """

    def __init__(
        self,
        net: RecurrentNet,
        sg: Head,
        factor: Tensor,
        target_factor: Tensor | None = None,
        aux: Head | None = None,
        aux_weight: float = 1.0,
    ):
        self.net, self.sg, self.aux, self.aux_weight = net, sg, aux, aux_weight
        self.factor = factor
        same = target_factor is None or torch.equal(target_factor, factor)
        self.more = None if same else target_factor - factor  # type: ignore[operator]
        self.injected = torch.zeros_like(sg.out[:, : net.batch])
        self.target, self.error = torch.zeros_like(self.injected), torch.zeros_like(self.injected)
        self.predicted = self.injected

    def backward(
        self, inject: Injection, draws: Mapping[str, Tensor], y: Tensor, answer: Tensor | None = None
    ) -> None:
        """All gradients of a window after `net.forward`; then the state is carried on."""
        net, core, h = self.net, self.net.core, self.net.hidden
        dy = net.start(y, answer)
        core.factors()
        self.sg.x.copy_(core.xh[:, 1 :: net.steps, :, : h + 1])  # h_1 and h_{T+1}: one product for both
        self.predicted = self.sg.predict()
        synthetic_gradient = self.predicted[:, 1]
        inject(synthetic_gradient, draws, self.injected)
        if self.aux is not None:
            dy[:, 0].add_(self._aux(synthetic_gradient))
        torch.mul(self.injected[..., :h], self.factor, out=core.dh)
        torch.mul(self.injected[..., h:], self.factor, out=core.dc)
        core.pull(net.p["W"], dy, core.dh, core.dc)
        self.target[..., :h], self.target[..., h:] = core.dh, core.dc
        if self.more is not None:
            self._bootstrap_more(self.more)
        self.sg.regress(torch.sub(self.predicted[:, 0], self.target, out=self.error))
        net.finish()

    def lengths(self) -> Tensor:
        """Of the last window, ‖factor · e‖ of what was injected and ‖δ̂‖, each the mean over lanes: [2, R]."""
        both = torch.stack([self.injected * self.factor, self.predicted[:, 1]])
        return both.square().sum(-1).sqrt().mean(-1)

    def _aux(self, target: Tensor) -> Tensor:
        assert self.aux is not None
        self.aux.x[:, 0].copy_(self.sg.x[:, 0])
        found = self.aux.regress(self.aux.predict()[:, 0] - target, self.aux_weight, into=True)
        assert found is not None
        return found

    def _bootstrap_more(self, more: Tensor) -> None:
        """J^T (target factor − factor) injected, on top of the target: the backward pass is linear."""
        h = self.net.hidden
        dh, dc = (self.injected[..., :h] * more), (self.injected[..., h:] * more)
        self.net.core.pull(self.net.p["W"], None, dh, dc, keep=False)
        self.target[..., :h] += dh
        self.target[..., h:] += dc


def truncated(net: RecurrentNet, y: Tensor, answer: Tensor | None = None) -> None:
    """The backward pass of truncated BPTT: nothing comes from beyond the window, nothing is sent before it."""
    dy = net.start(y, answer)
    net.core.factors()
    net.core.dh.zero_()
    net.core.dc.zero_()
    net.core.pull(net.p["W"], dy, net.core.dh, net.core.dc, first=False)
    net.finish()
