"""What an LSTM's kernels must do, asked on a GPU (`tests/gpu`) and under Triton's interpreter (`tests/kernels`)."""

from __future__ import annotations

from typing import NamedTuple
from unittest import mock

import torch
from fused import apart, off
from torch import Tensor

from repro.kernels import lstm, lstm_plain
from repro.kernels.lstm import LSTMWindow


class Size(NamedTuple):
    """Runs, steps, lanes, inputs, units."""

    runs: int
    steps: int
    batch: int
    inputs: int
    hidden: int


SIZES = [Size(1, 3, 5, 2, 7), Size(3, 3, 5, 1, 33), Size(3, 1, 3, 4, 130), Size(2, 3, 45, 1, 1)]
"""Units that are no power of two, an odd number of rows, more units or rows than a block has, a single unit."""
SCALE = 1 / 3
"""Of gradients of weights."""


class Given(NamedTuple):
    """Weights and peepholes as views, inputs, the state before, gradients at outputs and at the state after."""

    w: Tensor
    peep: Tensor | None
    x: Tensor
    h: Tensor
    c: Tensor
    dy: Tensor
    dh: Tensor
    dc: Tensor


def given(size: Size, peepholes: bool, dtype: torch.dtype, device: str = "cpu") -> Given:
    """Random ones, the same numbers for every dtype and device."""
    rng, (r, t, b, i, h) = torch.Generator().manual_seed(0), size
    shapes = (
        (r, h + 1 + i, 4 * h),
        (r, 3, h),
        (r, t, b, i),
        (r, b, h),
        (r, b, h),
        (r, t, b, h),
        (r, b, h),
        (r, b, h),
    )
    made = [torch.randn(s, generator=rng).to(device, dtype) for s in shapes]
    made[0] /= h**0.5
    w, peep = (apart(x)[0] for x in made[:2])
    return Given(w, peep if peepholes else None, *made[2:])


def begun(at: Given, kernel: bool | None = None) -> LSTMWindow:
    """A window with an extra core after its forward pass; `kernel`: whatever the door says."""
    runs, steps, batch, inputs = at.x.shape
    door = (lambda _: kernel) if kernel is not None else lstm.triton
    with mock.patch.object(lstm, "triton", door):
        core = LSTMWindow(runs, steps, batch, inputs, at.h.shape[2], at.w, extra=True)
    core.x[:, :steps].copy_(at.x)
    for mine, theirs in zip(core.state(0), (at.h, at.c), strict=True):
        mine.copy_(theirs)
    core.forward(at.w, at.peep)
    return core


def passes(at: Given, kernel: bool | None = None) -> dict[str, Tensor]:
    """By name, what a window computes: outputs, the state after it, all gradients, those at every state."""
    core, (runs, steps, batch, _) = begun(at, kernel), at.x.shape
    core.factors()
    dh, dc, g, hidden = at.dh.clone(), at.dc.clone(), torch.zeros_like(at.w), core.hidden
    states = at.w.new_zeros(steps, runs, batch, 2 * hidden)
    core.pull(at.w, at.dy, dh, dc, states=states)
    g_peep, room = (None, None) if at.peep is None else apart(torch.zeros_like(at.peep))
    core.weight_gradient(g, SCALE, g_peep)
    assert (core.xh[..., hidden] == 1).all() and torch.equal(core.x[:, :steps], at.x), "inputs were written"
    h, c = core.state(steps)
    found = {"y": core.xh[:, 1 : steps + 1, :, :hidden], "h": h, "c": c, "∂W": g, "∂h": dh, "∂c": dc}
    second = [at.dh.clone(), at.dc.clone()]  # a sweep of its own, with nothing at the outputs
    core.pull(at.w, None, *second, keep=False)
    assert room is None or (room[:, ::2] == 1).all(), "what lies beside ∂peepholes was written"
    found |= {"∂h alone": second[0], "∂c alone": second[1], "∂s": states}
    return found | ({} if g_peep is None else {"∂peepholes": g_peep})


def exact(at: Given) -> dict[str, Tensor]:
    """The same by autograd through the equations, in float64 on the CPU."""
    own = [None if v is None else v.double().cpu() for v in at]
    x, dy, dh, dc = own[2], *own[5:]
    names = {"∂W": own[0], "∂h": own[3], "∂c": own[4]} | ({} if own[1] is None else {"∂peepholes": own[1]})
    leaves = {k: v.clone().requires_grad_() for k, v in names.items()}
    state, w, peep = (leaves["∂h"], leaves["∂c"]), leaves["∂W"], leaves.get("∂peepholes")
    y, h, c = lstm_plain.window(x, *state, w, peep)
    both = torch.autograd.grad((y, h, c), list(leaves.values()), (dy, dh, dc), retain_graph=True)
    alone = torch.autograd.grad((h, c), state, (dh, dc))
    found = {"y": y, "h": h, "c": c, "∂h alone": alone[0], "∂c alone": alone[1]}
    found |= dict(zip(leaves, both, strict=True))
    found |= {k: found[k] * SCALE for k in ("∂W", "∂peepholes") if k in found}
    first = torch.cat([found["∂h"], found["∂c"]], -1)
    return {k: v.detach() for k, v in (found | {"∂s": first}).items()}


def errors(
    size: Size, peepholes: bool, dtype: torch.dtype, device: str, kernel: bool | None
) -> dict[str, float]:
    """Relative differences, by name, of a window's passes from the equations' in float64."""
    at = given(size, peepholes, dtype, device)
    found, true = passes(at, kernel), exact(at)
    found["∂s"] = found["∂s"][0]
    assert found.keys() == true.keys()
    return {k: off(found[k], true[k]) for k in true}
