"""Products of float32 matrices for all runs at once on a GPU's tensor cores: one launch; `torch.bmm` is the twin.

cuBLAS multiplies float32 outside the tensor cores, 9 to 11 µs for three products of 256 x 256 matrices on an H200
(torch 2.11, CUDA 13.0) and 72 % of a training step. Here each operand is split into two TF32 numbers, x = big +
small, with small = x − big, and a b ≈ small big + big small + big big ("tf32x3"): what is left out is 2⁻²² of a
product. A block of DEPTH summands is added up inside the tensor cores, which cut off the sum's last bits; blocks are
added outside, rounded to nearest, so that this error does not grow with K (`max_num_imprecise_acc`, which means
nothing else here, keeps the compiler from adding them inside).

A tile of the product is one block of threads, which goes through all of K: no atomics, no split of K, nothing tried
out at run time, the same numbers bit by bit at every call. They are also the same however many runs there are: the
order of the sum depends on DEPTH alone, which `tile` takes from M, N and K, as long as all tiles use the same
instruction (warps' own, m16n8k8: tiles of 64 rows or more by 4 or 8 warps would use that of Hopper's warp groups).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from repro.kernels.triton_or_none import jit, tl

TF32X3, TF32 = "tf32x3", "tf32"
BUSY = 132
"""Tiles that give each multiprocessor of an H100 one."""


class Tile(NamedTuple):
    """What a block of threads makes: rows x columns of the product, from `depth` summands at a time."""

    rows: int
    columns: int
    depth: int
    warps: int
    stages: int


WIDE = ((32, 128, 4, 384), (32, 64, 4, 264), (32, 32, 2, 0))
"""(rows, columns, warps, least), the largest first: the first of which there are at least so many tiles is taken.

Measured on an H200: docs/performance.md, "Float32 products on a GPU".
"""
LOW = ((16, 64, 4, BUSY), (16, 32, 2, BUSY), (16, 16, 2, 0))
"""The same where there are at most 16 rows."""
NARROW = ((32, 16, 4, BUSY), (16, 16, 2, 0))
"""The same where there are at most 16 columns."""


def tile(runs: int, m: int, n: int, k: int) -> Tile:
    """The tile for products [R, M, K] x [R, K, N]; `depth` does not depend on the number of runs."""
    thin = min(m, n) <= 16
    depth = 16 if k <= 16 else 64 if thin and k > 64 else 32
    shapes = LOW if m <= 16 else NARROW if n <= 16 else WIDE
    rows, columns, warps, _ = next(s for s in shapes if runs * -(-m // s[0]) * -(-n // s[1]) >= s[3])
    return Tile(rows, columns, depth, warps, stages=max(1, min(4, -(-k // depth))))


NUMBERS = (
    "m", "n", "k", "a_run", "a_row", "a_col", "b_run", "b_row", "b_col", "out_run", "out_row", "out_col", "bias_run"
)  # fmt: skip
"""Arguments that make no variant of the kernel by being 1 or a multiple of 16: VEC and UNIT say what matters."""


@jit
def whole(x, ALONG: tl.constexpr, VEC: tl.constexpr):
    """x, known to the compiler to be a multiple of VEC (it is one) where ALONG."""
    if ALONG:
        return x // VEC * VEC
    else:
        return x


@jit
def reach(x, UNIT: tl.constexpr, VEC: tl.constexpr):
    """A stride: 1 where UNIT, else x, which is a multiple of VEC."""
    if UNIT:
        return 1
    else:
        return x // VEC * VEC


@jit
def rounded(x):
    """x to the nearest TF32 number: the last 13 bits become zero. NaN may become 0, but then x − 0 is NaN."""
    return ((x.to(tl.int32, bitcast=True) + 0x1000) & -0x2000).to(tl.float32, bitcast=True)


@jit(do_not_specialize=NUMBERS)
def product_kernel(
    a, b, bias, out, m, n, k, a_run, a_row, a_col, b_run, b_row, b_col, out_run, out_row, out_col, bias_run,
    A_UNIT: tl.constexpr, A_VEC: tl.constexpr, B_UNIT: tl.constexpr, B_VEC: tl.constexpr,
    OUT_UNIT: tl.constexpr, OUT_VEC: tl.constexpr, BIAS: tl.constexpr, SPLIT: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, DEPTH: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    """ROWS x COLUMNS of one run's product (+ bias). X_VEC numbers of X lie side by side, along axis X_UNIT."""
    run = tl.program_id(2).to(tl.int64)
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    at = tl.arange(0, DEPTH)
    a_row, a_col = reach(a_row, A_UNIT == 1, A_VEC), reach(a_col, A_UNIT == 2, A_VEC)
    b_row, b_col = reach(b_row, B_UNIT == 1, B_VEC), reach(b_col, B_UNIT == 2, B_VEC)
    out_row, out_col = reach(out_row, OUT_UNIT == 1, OUT_VEC), reach(out_col, OUT_UNIT == 2, OUT_VEC)
    a = tl.multiple_of(a + run * a_run, 4 * A_VEC) + row[:, None] * a_row + at[None, :] * a_col
    b = tl.multiple_of(b + run * b_run, 4 * B_VEC) + at[:, None] * b_row + column[None, :] * b_col
    out = tl.multiple_of(out + run * out_run, 4 * OUT_VEC)
    out += row[:, None] * out_row + column[None, :] * out_col
    a_real = (row < whole(m, A_UNIT == 1, A_VEC))[:, None]
    b_real = (column < whole(n, B_UNIT == 2, B_VEC))[None, :]
    a_k, b_k = whole(k, A_UNIT == 2, A_VEC), whole(k, B_UNIT == 1, B_VEC)
    sums = tl.zeros((ROWS, COLUMNS), tl.float32)
    small_big, big_small = sums, sums
    for i in range(STEPS):
        x = tl.load(a, a_real & (at < a_k - i * DEPTH)[None, :], 0.0)
        y = tl.load(b, (at < b_k - i * DEPTH)[:, None] & b_real, 0.0)
        if SPLIT:
            x_big, y_big = rounded(x), rounded(y)
            small_big = tl.dot(x - x_big, y_big, small_big, input_precision="tf32")
            big_small = tl.dot(x_big, y - y_big, big_small, input_precision="tf32")
            sums += tl.dot(x_big, y_big, input_precision="tf32", max_num_imprecise_acc=DEPTH)
        else:
            sums = tl.dot(x, y, sums, input_precision="tf32")
        a += DEPTH * a_col
        b += DEPTH * b_row
    sums += small_big + big_small
    if BIAS:
        sums += tl.load(bias + run * bias_run + column, column < n, 0.0)[None, :]
    m, n = whole(m, OUT_UNIT == 1, OUT_VEC), whole(n, OUT_UNIT == 2, OUT_VEC)
    tl.store(out, sums, (row < m)[:, None] & (column < n)[None, :])


def unit(x: Tensor) -> tuple[int, int]:
    """(axis along which the numbers of x [R, M, N] lie side by side, or 0; 4, 2 or 1: numbers to move at once)."""
    axis = 2 if x.stride(2) == 1 else 1 if x.stride(1) == 1 else 0
    if not axis:
        return 0, 1
    across = [x.stride(i) for i in (0, 3 - axis) if x.shape[i] > 1]
    return axis, math.gcd(4, x.shape[axis], x.data_ptr() // 4, *across)


def multiply(
    a: Tensor,
    b: Tensor,
    out: Tensor | None = None,
    bias: Tensor | None = None,
    precision: str = TF32X3,
    shape: Tile | None = None,
) -> Tensor:
    """a b (+ bias), [R, M, N], for a [R, M, K] and b [R, K, N], float32 of any strides; bias [R, N].

    Into `out`, of any strides too, if given: it may not overlap a, b or bias. `precision`: "tf32x3" has float32's
    accuracy, "tf32" rounds operands to 10 bits of mantissa. `shape`: instead of `tile`'s, to measure others.
    `ValueError` for other types or shapes, or matrices that reach over 2³¹ numbers.
    """
    (runs, m, k), n = a.shape, b.shape[2]
    out = a.new_empty(runs, m, n) if out is None else out
    _check(a, b, out, bias)
    if precision not in (TF32X3, TF32):
        raise ValueError(f"precision {precision!r}: expected {TF32X3} or {TF32}")
    row = out if bias is None else bias if bias.stride(1) == 1 else bias.contiguous()
    (a_unit, a_vec), (b_unit, b_vec), (out_unit, out_vec) = unit(a), unit(b), unit(out)
    to = shape or tile(runs, m, n, k)
    product_kernel[-(-m // to.rows), -(-n // to.columns), runs](
        a, b, row, out, m, n, k, *a.stride(), *b.stride(), *out.stride(), row.stride(0),
        A_UNIT=a_unit, A_VEC=a_vec, B_UNIT=b_unit, B_VEC=b_vec, OUT_UNIT=out_unit, OUT_VEC=out_vec,
        BIAS=bias is not None, SPLIT=precision == TF32X3,
        ROWS=to.rows, COLUMNS=to.columns, DEPTH=to.depth, STEPS=-(-k // to.depth),
        num_warps=to.warps, num_stages=to.stages,
    )  # fmt: skip
    return out


def _check(a: Tensor, b: Tensor, out: Tensor, bias: Tensor | None) -> None:
    (runs, m, k), n = a.shape, b.shape[2]
    given = [a, b, out] if bias is None else [a, b, out, bias]
    if b.shape != (runs, k, n) or out.shape != (runs, m, n) or (bias is not None and bias.shape != (runs, n)):
        sizes = [list(x.shape) for x in given]
        raise ValueError(f"a [R, M, K], b [R, K, N], out [R, M, N] and bias [R, N] do not fit: {sizes}")
    if any(x.dtype != torch.float32 or x.device != a.device for x in given):
        raise ValueError("a, b, out and bias must be float32 on one device")
    if any(sum(x.shape[i] * x.stride(i) for i in range(1, x.dim())) >= 1 << 31 for x in given):
        raise ValueError("a matrix must lie within 2**31 numbers")
