"""An LSTM over a window of steps for R runs: forward and a backward pass written by hand, without fresh memory.

Source: Graves 2013 (arXiv:1308.0850, equations 7–11), as arXiv:1608.05343v2 uses it (v1 A.3). The plain twin is
`repro.kernels.lstm_plain`. Shapes: R runs, T steps, B lanes, I inputs, H units.

    (o, i, f, g) = (σ, σ, σ, tanh)([h, 1, x] W + peepholes)     c' = f c + i g     h' = o tanh(c')

tanh a = 2 σ(2a) − 1 throughout: one σ over all four gates, and torch's tanh is several times slower than its σ.
On a GPU what a core does beside its product is one kernel each way (`lstm_triton`), where the operators here, its
twin, are 9 forward and 5 backward, with peepholes 13 and 8.

Three names here are this module's own, not those that they resemble: `triton` asks for the kernels of a core (not the
package, nor `products.triton`, which asks for those of a product), `bmm` is `torch.bmm` on a CPU and our kernel on a
GPU, and `product` has a scale, which `products.product` has not.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels import gpu, products


def triton(a: Tensor) -> bool:
    """Whether the cores of a window with weights like `a` go through our kernels for GPUs (`lstm_triton`).

    Asked when a window is made. The products beside them have a question of their own, `products.triton`: they have a
    kernel for float32 alone, a core's is for float64 too.
    """
    return gpu.suits(a, torch.float32, torch.float64)


class LSTMWindow:
    """Buffers and passes of a window of `steps` (T) cores, and an extra one where `extra` (section 2.5 of DNI).

    `xh` [R, T + 2, B, H + 1 + I]: slot t holds the inputs [h, 1, x] of core t; h and 1 of slot t + 1 are its output
    with a bias column, ready for a linear layer. `c` [T + 2, R, B, H]: slot t is the cell before core t. Where a
    product writes, time comes first, since `torch.bmm` into a tensor that is not contiguous is slow.

    `gates` [T + 1, R, B, 4H] and `tanh` (of c') are what `forward` leaves for the way back; `dz` [R, T, B, 4H] takes
    ∂L/∂(the gates' sums) there, `dh` and `dc` are room for what arrives at the window's end. Without our kernels:
    `w2` is W with the columns of g doubled (`twice`), σ of which is s; `e` and `slope` hold what `factors` works out,
    `e_c` its part for the cell. A window is used again and again: order is `forward`, `factors`, `pull`,
    `weight_gradient`, `carry`.
    """

    def __init__(
        self, runs: int, steps: int, batch: int, inputs: int, hidden: int, like: Tensor, extra: bool = False
    ):
        self.steps, self.batch, self.hidden, self.cores = steps, batch, hidden, steps + extra
        self.xh = like.new_zeros(runs, steps + 2, batch, hidden + 1 + inputs)
        self.xh[..., hidden] = 1
        self.c = like.new_zeros(steps + 2, runs, batch, hidden)
        self.gates = like.new_zeros(steps + 1, runs, batch, 4 * hidden)  # o, i, f, s with g = 2s − 1
        self.tanh = like.new_zeros(steps + 1, runs, batch, hidden)  # tanh(c')
        self.fused = triton(like)
        if not self.fused:
            self.w2 = like.new_zeros(runs, hidden + 1 + inputs, 4 * hidden)
            self.twice = like.new_ones(4 * hidden)
            self.twice[3 * hidden :] = 2
            self.e = like.new_zeros(steps, runs, batch, 4 * hidden)
            self.slope = like.new_zeros(steps, runs, batch, 4 * hidden)
            self.e_c = like.new_zeros(steps, runs, batch, hidden)
        self.dz = like.new_zeros(runs, steps, batch, 4 * hidden)
        self.dh, self.dc = (like.new_zeros(runs, batch, hidden) for _ in range(2))
        self._peep: Tensor | None = None

    @property
    def x(self) -> Tensor:
        """Where inputs [R, T + 1, B, I] are put."""
        return self.xh[:, : self.steps + 1, :, self.hidden + 1 :]

    @property
    def y(self) -> Tensor:
        """Outputs with a bias column, [R, T·B, H + 1], a view."""
        return self.xh[:, 1 : self.steps + 1, :, : self.hidden + 1].flatten(1, 2)

    def state(self, t: int) -> tuple[Tensor, Tensor]:
        """(h, c) [R, B, H] before core t; views, to be read or written."""
        return self.xh[:, t, :, : self.hidden], self.c[t]

    def carry(self) -> None:
        """The state after the window (not after the extra core) becomes that before the next one."""
        for now, then in zip(self.state(0), self.state(self.steps), strict=True):
            now.copy_(then)

    def forward(self, w: Tensor, peep: Tensor | None = None) -> None:
        """All cores; w [R, H + 1 + I, 4H] (rows h, 1, x; gates o, i, f, g), peep [R, 3, H] of o, i, f."""
        w = w if self.fused else torch.mul(w, self.twice, out=self.w2)
        self._peep = peep
        for t in range(self.cores):
            products.product(self.xh[:, t], w, self.gates[t])
            self._cell(t)

    def _cell(self, t: int) -> None:
        # core t beside its product, whose sums lie in `gates`: they become the gates, c', tanh(c') and h' follow
        z, c, new, tanh = self.gates[t], self.c[t], self.c[t + 1], self.tanh[t]
        h = self.xh[:, t + 1, :, : self.hidden]
        if self.fused:
            from repro.kernels import lstm_triton

            return lstm_triton.forward(z, c, new, tanh, h, self._peep)
        o, i, f, s = z.chunk(4, -1)
        if self._peep is None:
            z.sigmoid_()
        else:
            i.addcmul_(c, self._peep[:, 1:2])
            f.addcmul_(c, self._peep[:, 2:3])
            z[..., self.hidden :].sigmoid_()
        torch.mul(f, c, out=new)
        new.addcmul_(i, s, value=2).sub_(i)
        if self._peep is not None:
            o.addcmul_(new, self._peep[:, :1]).sigmoid_()
        torch.mul(new, 2, out=tanh)
        tanh.sigmoid_().mul_(2).sub_(1)
        torch.mul(o, tanh, out=h)

    def factors(self) -> None:
        """What is elementwise in the backward pass and the same whatever gradient arrives, for all steps at once.

        Our kernels for GPUs work it out as they go: less to move than its storing and reading.
        """
        if self.fused:
            return
        n, h = self.steps, self.hidden
        z, e = self.gates[:n], self.e
        o, i, _, s = z.chunk(4, -1)
        d = torch.addcmul(z, z, z, value=-1, out=self.slope)  # σ' = σ − σ²
        d_o, d_i, d_f, d_s = d.chunk(4, -1)
        e_o, e_i, e_f, e_g = e.chunk(4, -1)
        torch.mul(d_o, self.tanh[:n], out=e_o)
        torch.mul(d_i, s, out=e_i)
        e_i.mul_(2).sub_(d_i)
        torch.mul(d_f, self.c[:n], out=e_f)
        torch.mul(d_s, i, out=e_g)
        e_g.mul_(4)  # dg/da = 4 s (1 − s), as g = 2 σ(2a) − 1
        y = self.xh[:, 1 : n + 1, :, :h].transpose(0, 1)
        torch.addcmul(o, y, self.tanh[:n], value=-1, out=self.e_c)  # o (1 − tanh²) = o − h' tanh

    def pull(
        self,
        w: Tensor,
        dy: Tensor | None,
        dh: Tensor,
        dc: Tensor,
        keep: bool = True,
        first: bool = True,
        states: Tensor | None = None,
    ) -> None:
        """Backwards through the T cores, after `factors`, from what arrives at the outputs and at the window's end.

        dh and dc [R, B, H] hold ∂/∂(h, c) after the window and end as those before it (`first`; else what that alone
        needs is left out). dy [R, T, B, H]: at the outputs, None if nothing arrives there. `keep`: into `dz`, for
        `weight_gradient`; a second sweep, with another gradient, leaves that as it is. `states` [T, R, B, 2H]: takes
        ∂/∂(h, c) before each core.
        """
        back, dz_all = w[:, : self.hidden].mT, self.dz if keep else self._aside()
        for t in range(self.steps - 1, -1, -1):
            dz, last = dz_all[:, t], t == 0 and not first
            self._back(t, None if dy is None else dy[:, t], dh, dc, dz, last)
            if last:
                return
            products.product(dz, back, dh)
            if states is not None:
                torch.cat([dh, dc], -1, out=states[t])

    def _back(self, t: int, dy: Tensor | None, dh: Tensor, dc: Tensor, dz: Tensor, last: bool) -> None:
        """Core t beside its product: `dz` [R, B, 4H] and, unless `last`, dc before it."""
        if self.fused:
            from repro.kernels import lstm_triton

            return lstm_triton.backward(self.gates[t], self.c[t], self.tanh[t], dh, dy, dc, dz, self._peep)
        e, h = self.e[t], self.hidden
        if dy is not None:
            dh.add_(dy)
        torch.mul(dh, e[..., :h], out=dz[..., :h])
        dc.addcmul_(dh, self.e_c[t])
        if self._peep is not None:
            dc.addcmul_(dz[..., :h], self._peep[:, :1])
        torch.mul(
            dc.unsqueeze(-2),
            torch.unflatten(e[..., h:], -1, (3, h)),
            out=torch.unflatten(dz[..., h:], -1, (3, h)),
        )
        if last:
            return
        dc.mul_(self.gates[t, ..., 2 * h : 3 * h])
        if self._peep is not None:
            dc.addcmul_(dz[..., h : 2 * h], self._peep[:, 1:2]).addcmul_(
                dz[..., 2 * h : 3 * h], self._peep[:, 2:3]
            )

    def _aside(self) -> Tensor:
        """Room for the dz of a second sweep."""
        if not hasattr(self, "_second"):
            self._second = torch.zeros_like(self.dz)
        return self._second

    def weight_gradient(self, out: Tensor, scale: float, peep_out: Tensor | None = None) -> None:
        """scale · ∂L/∂W into `out` [R, H + 1 + I, 4H], one product over T·B; of the peepholes into `peep_out`."""
        rows = self.xh[:, : self.steps].flatten(1, 2).mT
        product(rows, self.dz.flatten(1, 2), out, scale)
        if peep_out is None:
            return
        if self.fused:
            from repro.kernels import lstm_triton

            lstm_triton.peephole_gradient(self.dz, self.c, peep_out, scale)
        else:
            o, i, f, _ = self.dz.transpose(0, 1).chunk(4, -1)
            before, after = self.c[: self.steps], self.c[1 : self.steps + 1]
            for n, (dz, c) in enumerate(((o, after), (i, before), (f, before))):
                peep_out[:, n].copy_((dz * c).sum((0, 2)).mul_(scale))


def bmm(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    """a b for the small products of heads and read-outs, a [R, I, K], b [R, K, O], into `out` if given.

    By our kernel for GPUs where there is one, else by `torch.bmm`, never by oneDNN: they are too small for it.
    """
    if products.triton(a):
        return products.product(a, b, out)
    return torch.bmm(a, b) if out is None else torch.bmm(a, b, out=out)


def product(a: Tensor, b: Tensor, out: Tensor, scale: float) -> None:
    """scale · a b into `out` [R, I, O], whose runs need not lie side by side; a [R, I, K], b [R, K, O].

    Through the door of `products` where that has another routine than `torch.bmm`, which scales in the same call.
    """
    if products.triton(a) or products.suits(a, b):
        products.product(a, b, out).mul_(scale)
    elif out.is_contiguous():
        torch.baddbmm(out, a, b, beta=0, alpha=scale, out=out)
    else:
        out.copy_(torch.bmm(a, b)).mul_(scale)
