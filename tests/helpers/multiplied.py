"""What the kernel for products must do, asked on a GPU (`tests/gpu`) and under Triton's interpreter."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from fused import off
from torch import Tensor

from repro.kernels import products_triton as ours

SIZES = [(1, 64, 48, 80), (3, 37, 10, 33), (2, 10, 70, 130), (2, 33, 65, 10), (2, 1, 1, 1), (1, 130, 17, 5)]
"""Runs, M, N, K: multiples of tiles and not, thin ones of both kinds, K below a block's depth."""
LEFT_OUT = 2**-22
"""Of a single product by three of TF32: one that outweighs all others of its sum has this error, not float32's."""
LAYOUTS = ("plain", "transposed", "rows of parameters", "transposed rows", "every second")


def laid(x: Tensor, layout: str) -> tuple[Tensor, Tensor | None]:
    """`x` [R, M, N] as a view of that layout; and the room [R, …] it lies in, NaN beside it."""
    if layout == "plain":
        return x.clone(), None
    if layout == "transposed":
        return x.mT.contiguous().mT, None
    runs, m, n = x.shape
    if layout == "every second":
        room = torch.full((runs, 2 * m, 2 * n), torch.nan, device=x.device)
        view = room[:, ::2, ::2]
    else:  # an odd number of numbers a run, so that runs are not aligned
        room = torch.full((runs, m * n + 6 + m * n % 2 + 1), torch.nan, device=x.device)
        inner = (n, m) if layout == "transposed rows" else (m, n)
        view = room[:, 3 : 3 + m * n].unflatten(1, inner)
        view = view.mT if layout == "transposed rows" else view
    view.copy_(x)
    return view, room


def operands(size: tuple[int, int, int, int], device: str, spread: float = 0) -> tuple[Tensor, Tensor]:
    """a [R, M, K], b [R, K, N]: normal, each number times 10 to the power of a normal one times `spread`."""
    rng, (runs, m, n, k) = torch.Generator().manual_seed(0), size
    made = [
        torch.randn(s, generator=rng) * 10 ** (spread * torch.randn(s, generator=rng))
        for s in ((runs, m, k), (runs, k, n))
    ]
    return made[0].to(device), made[1].to(device)


def layouts(size: tuple[int, int, int, int], device: str, every: int = 1) -> Iterator[tuple[str, float]]:
    """Names of layouts of a, b and out; relative difference from float64. Each is written between NaNs.

    `every` 5: each layout once for each of the three, for an interpreter that takes its time.
    """
    a, b = operands(size, device)
    exact = a.double() @ b.double()
    for i, of_a in enumerate(LAYOUTS):
        for j, of_b in enumerate(LAYOUTS):
            if (i + 2 * j) % every:
                continue
            of_out = LAYOUTS[(i + j) % len(LAYOUTS)]
            out, room = laid(torch.zeros(exact.shape, device=device), of_out)
            made = ours.multiply(laid(a, of_a)[0], laid(b, of_b)[0], out)
            assert made is out
            if room is not None:
                assert int(room.isnan().sum()) == room.numel() - out.numel(), (
                    f"beside out, {of_out}, was written"
                )
            yield f"{of_a} x {of_b} into {of_out}", off(made, exact)


def biased(size: tuple[int, int, int, int], device: str) -> float:
    """The same of a b + bias, the bias a row of parameters."""
    a, b = operands(size, device)
    room = torch.randn(size[0], size[2] + 3, generator=torch.Generator().manual_seed(1)).to(device)
    bias = room[:, 1:-2]
    return off(ours.multiply(a, b, bias=bias), a.double() @ b.double() + bias.double().unsqueeze(1))


def errors(size: tuple[int, int, int, int], device: str, spread: float) -> tuple[float, float, float]:
    """Relative errors against float64: of the kernel, of torch.bmm in float32, of one TF32 product."""
    a, b = operands(size, device, spread)
    exact = a.double() @ b.double()
    return (
        off(ours.multiply(a, b), exact),
        off(torch.bmm(a, b), exact),
        off(ours.multiply(a, b, precision="tf32"), exact),
    )


def nonfinite(device: str) -> list[bool]:
    """Whether NaN and infinities of any of the operands, in one run, reach that run alone."""
    found = []
    for bad in (torch.nan, -torch.nan, torch.inf, -torch.inf):
        for which in (0, 1):
            pair = operands((2, 40, 40, 40), device)
            pair[which][1, 3, 5] = bad
            made = ours.multiply(*pair)
            line = made[1, 3] if which == 0 else made[1, :, 5]
            found.append(bool(made[0].isfinite().all()) and not line.isfinite().any())
            found.append(int(made[1].isfinite().sum()) == 40 * 39)
    return found
