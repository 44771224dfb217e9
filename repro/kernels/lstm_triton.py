"""What an LSTM's core does beside its matrix product, on a GPU: one kernel forward, one backward, for all runs.

A third one takes the gradient of a window's peepholes.

`repro.kernels.lstm` holds the twin, an operator at a time; equations and gates (o, i, f, s with g = 2 s − 1) are the
same. Nothing is added atomically: the same bits at every call, in float32 as in float64. Memory-bound: forward moves
12 numbers a unit, backward 14 (13 where no gradient arrives at the output), peepholes apart; their gradient moves 5.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from repro.kernels.triton_or_none import jit, tl

BUSY = 132
"""Blocks that give each multiprocessor of an H100 one."""
WARPS = 4
SUMMED = 128, 8
"""Rows and units of a block of `peephole_kernel`: 32 bytes of each row, so that there are blocks enough."""


def tile(rows: int, hidden: int) -> tuple[int, int]:
    """(rows, units) of a block: a number a thread, or four, 16 bytes of float32, where blocks remain for all."""
    numbers = 32 * WARPS * (4 if rows * hidden >= BUSY * 128 * WARPS else 1)
    columns = min(128, 1 << (hidden - 1).bit_length())
    return numbers // columns, columns


@jit
def sigmoid(x):
    """1/(1 + e⁻ˣ): 0 where e⁻ˣ is infinite."""
    return 1.0 / (1.0 + tl.exp(-x))


@jit
def place(rows, batch, hidden, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """(row of all runs' examples [ROWS, 1], its run [ROWS, 1], unit [1, COLUMNS], whether these exist)."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    unit = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)[None, :]
    return row.to(tl.int64), (row // batch).to(tl.int64), unit, (row < rows) & (unit < hidden)


@jit
def forward_kernel(
    gates, c, new, tanh, h, peep, h_run, h_row, peep_run, peep_row, rows, batch, hidden,
    PEEP: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """Gates over their sums, c', tanh(c') and h' of ROWS × COLUMNS units."""
    row, run, unit, ok = place(rows, batch, hidden, ROWS, COLUMNS)
    at, z = row * hidden + unit, gates + row * (4 * hidden) + unit
    a_o = tl.load(z, ok, 0.0)
    a_i = tl.load(z + hidden, ok, 0.0)
    a_f = tl.load(z + 2 * hidden, ok, 0.0)
    a_g = tl.load(z + 3 * hidden, ok, 0.0)
    before = tl.load(c + at, ok, 0.0)
    p = peep + run * peep_run + unit
    if PEEP:
        a_i += before * tl.load(p + peep_row, ok, 0.0)
        a_f += before * tl.load(p + 2 * peep_row, ok, 0.0)
    i, f, s = sigmoid(a_i), sigmoid(a_f), sigmoid(2.0 * a_g)
    after = f * before + i * (2.0 * s - 1.0)
    if PEEP:
        a_o += after * tl.load(p, ok, 0.0)
    o, of_after = sigmoid(a_o), 2.0 * sigmoid(2.0 * after) - 1.0
    tl.store(z, o, ok)
    tl.store(z + hidden, i, ok)
    tl.store(z + 2 * hidden, f, ok)
    tl.store(z + 3 * hidden, s, ok)
    tl.store(new + at, after, ok)
    tl.store(tanh + at, of_after, ok)
    tl.store(h + run * h_run + (row - run * batch) * h_row + unit, o * of_after, ok)


@jit
def backward_kernel(
    gates, c, tanh, dh, dy, dc, dz, peep,
    dy_run, dy_row, dz_run, dz_row, peep_run, peep_row, rows, batch, hidden,
    OUTPUT: tl.constexpr, PEEP: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """∂L/∂(sums of the gates), and ∂L/∂c over ∂L/∂c', of ROWS × COLUMNS units; OUTPUT: dy adds to dh."""
    row, run, unit, ok = place(rows, batch, hidden, ROWS, COLUMNS)
    at, z = row * hidden + unit, gates + row * (4 * hidden) + unit
    own = row - run * batch
    o = tl.load(z, ok, 0.0)
    i = tl.load(z + hidden, ok, 0.0)
    f = tl.load(z + 2 * hidden, ok, 0.0)
    s = tl.load(z + 3 * hidden, ok, 0.0)
    of_after = tl.load(tanh + at, ok, 0.0)
    d = tl.load(dh + at, ok, 0.0)
    if OUTPUT:
        d += tl.load(dy + run * dy_run + own * dy_row + unit, ok, 0.0)
    p = peep + run * peep_run + unit
    d_o = d * of_after * (o - o * o)
    d_c = tl.load(dc + at, ok, 0.0) + d * o * (1.0 - of_after * of_after)
    if PEEP:
        d_c += d_o * tl.load(p, ok, 0.0)
    d_i = d_c * (2.0 * s - 1.0) * (i - i * i)
    d_f = d_c * tl.load(c + at, ok, 0.0) * (f - f * f)
    d_g = d_c * i * 4.0 * (s - s * s)  # dg/da = 4 s (1 − s), as g = 2 σ(2a) − 1
    d_c *= f
    if PEEP:
        d_c += d_i * tl.load(p + peep_row, ok, 0.0) + d_f * tl.load(p + 2 * peep_row, ok, 0.0)
    to = dz + run * dz_run + own * dz_row + unit
    tl.store(to, d_o, ok)
    tl.store(to + hidden, d_i, ok)
    tl.store(to + 2 * hidden, d_f, ok)
    tl.store(to + 3 * hidden, d_g, ok)
    tl.store(dc + at, d_c, ok)


@jit
def peephole_kernel(
    dz, c, out, out_run, out_row, rows, batch, hidden, SCALE: tl.constexpr,
    STEPS: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """SCALE · Σ of dz_o c', dz_i c, dz_f c over all rows (t, b) of one run, for COLUMNS units."""
    run, slot = tl.program_id(1), tl.num_programs(1) * batch  # rows of c in a slot
    unit = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    sum_o = tl.zeros((ROWS, COLUMNS), out.dtype.element_ty)
    sum_i, sum_f = sum_o, sum_o
    for n in range(STEPS):
        row = n * ROWS + tl.arange(0, ROWS)[:, None]
        t, ok = row // batch, (row < rows) & (unit < hidden)[None, :]
        z = dz + (run * rows + row).to(tl.int64) * (4 * hidden) + unit[None, :]
        at = c + (t * slot + run * batch + row - t * batch).to(tl.int64) * hidden + unit[None, :]
        before = tl.load(at, ok, 0.0)
        sum_o += tl.load(z, ok, 0.0) * tl.load(at + slot * hidden, ok, 0.0)
        sum_i += tl.load(z + hidden, ok, 0.0) * before
        sum_f += tl.load(z + 2 * hidden, ok, 0.0) * before
    to, real = out + run.to(tl.int64) * out_run + unit, unit < hidden
    tl.store(to, tl.sum(sum_o, 0) * SCALE, real)
    tl.store(to + out_row, tl.sum(sum_i, 0) * SCALE, real)
    tl.store(to + 2 * out_row, tl.sum(sum_f, 0) * SCALE, real)


def forward(
    gates: Tensor, c: Tensor, new: Tensor, tanh: Tensor, h: Tensor, peep: Tensor | None = None
) -> None:
    """One core: `gates` [R, B, 4H] hold the sums of o, i, f, g and take o, i, f, s; c' goes into `new`, tanh(c') into
    `tanh`, h' into `h`, [R, B, H] as c is. Only `h` and `peep` [R, 3, H] (of o, i, f) may be views, of rows whose
    units lie side by side. `ValueError` for tensors that lie otherwise or differ in type.
    """
    _check({"gates": gates, "c": c, "new": new, "tanh": tanh}, {"h": h, "peep": peep})
    grid, shape, numbers = _launch(c, peep)
    forward_kernel[grid](
        gates, c, new, tanh, h, c if peep is None else peep, *h.stride()[:2], *numbers,
        PEEP=peep is not None, num_warps=WARPS, **shape,
    )  # fmt: skip


def backward(
    gates: Tensor,
    c: Tensor,
    tanh: Tensor,
    dh: Tensor,
    dy: Tensor | None,
    dc: Tensor,
    dz: Tensor,
    peep: Tensor | None = None,
) -> None:
    """One core, after `forward`: ∂L/∂(sums of o, i, f, g) into `dz` [R, B, 4H], from dh + dy (where given) at h' and
    `dc` at c', [R, B, H]; ∂L/∂c then takes the place of `dc`. What came from c and h' through the product is not in
    it. dy, `dz` and `peep` may be views, of rows whose units lie side by side. `ValueError` as `forward`'s.
    """
    _check({"gates": gates, "c": c, "tanh": tanh, "dh": dh, "dc": dc}, {"dy": dy, "dz": dz, "peep": peep})
    grid, shape, numbers = _launch(c, peep)
    backward_kernel[grid](
        gates, c, tanh, dh, dh if dy is None else dy, dc, dz, c if peep is None else peep,
        *(dh if dy is None else dy).stride()[:2], *dz.stride()[:2], *numbers,
        OUTPUT=dy is not None, PEEP=peep is not None, num_warps=WARPS, **shape,
    )  # fmt: skip


def peephole_gradient(dz: Tensor, c: Tensor, out: Tensor, scale: float) -> None:
    """scale · ∂L/∂peepholes into `out` [R, 3, H], which may be a view, from `dz` [R, T, B, 4H] and the cells before
    and after each core, c [T + 1 or more, R, B, H]. `ValueError` if these are not contiguous.
    """
    (runs, steps, batch, four), hidden = dz.shape, out.shape[2]
    fit = len(c) > steps and c.shape[1:] == (runs, batch, hidden) and four == 4 * hidden
    fit = fit and out.shape[:2] == (runs, 3)
    whole = dz.is_contiguous() and c.is_contiguous() and out.stride(2) == 1
    if not (fit and whole and dz.dtype == c.dtype == out.dtype):
        raise ValueError(
            "dz [R, T, B, 4H], c [T + 1, R, B, H] and rows of out [R, 3, H] must be contiguous, of one type"
        )
    (rows, columns), all_ = SUMMED, steps * batch
    peephole_kernel[-(-hidden // columns), runs](
        dz, c, out, *out.stride()[:2], all_, batch, hidden,
        SCALE=scale, STEPS=-(-all_ // rows), ROWS=rows, COLUMNS=columns, num_warps=WARPS,
    )  # fmt: skip


def _check(whole: dict[str, Tensor], views: dict[str, Tensor | None]) -> None:
    """Kernels reckon with shapes of `c` and look at nothing else."""
    (runs, batch, hidden), dtype = whole["c"].shape, whole["c"].dtype
    for name, x in {**whole, **views}.items():
        if x is None:
            continue
        shape = (runs, 3 if name == "peep" else batch, hidden * (4 if name in ("gates", "dz") else 1))
        if x.shape != shape or x.dtype != dtype:
            raise ValueError(f"{name}: expected {list(shape)} of {dtype}, not {list(x.shape)} of {x.dtype}")
        if not x.is_contiguous() if name in whole else x.stride(-1) != 1:
            raise ValueError(f"{name}: its numbers do not lie side by side, strides are {x.stride()}")


def _launch(c: Tensor, peep: Tensor | None) -> tuple[tuple[int, int], dict[str, Any], tuple[int, ...]]:
    """(grid, a block's shape, what both kernels are told last: strides of the peepholes, rows, batch, hidden)."""
    runs, batch, hidden = c.shape
    rows, columns = tile(runs * batch, hidden)
    grid = -(-runs * batch // rows), -(-hidden // columns)
    own = (0, 0) if peep is None else peep.stride()[:2]
    return grid, {"ROWS": rows, "COLUMNS": columns}, (*own, runs * batch, batch, hidden)
