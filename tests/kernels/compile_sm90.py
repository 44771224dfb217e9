"""Compile the Triton kernels for an H100 without one, and print what they take: a table for docs/performance.md.

    python tests/kernels/compile_sm90.py

Needs Triton (3.6.0 was used), which neither the package nor its tests depend on; fails if a kernel spills registers.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from repro.kernels import (
    adam_triton,
    lstm_triton,
    norm_last_triton,
    norm_triton,
    products_triton,
    softmax_triton,
)

Case = tuple[str, Any, dict[str, int], dict[str, str], dict[str, Any], int]
"""Name, kernel, options (num_warps …), types of what is not constant, constants, threads' share: elements a block."""


def case(name: str, kernel: Any, warps: int, constants: Mapping[str, Any], **types: str) -> Case:
    size = constants.get("BLOCK") or constants["ROWS"] * constants["COLUMNS"]
    of = {n: "constexpr" if n in constants else types.get(n, "*fp32") for n in kernel.arg_names}
    return name, kernel, {"num_warps": warps}, of, dict(constants), size


def strides(kernel: Any) -> dict[str, str]:
    whole = {"rows", "batch", "hidden"}
    return {n: "i32" for n in kernel.arg_names if n in whole or re.fullmatch(r"\w+_(run|row)", n)} | {
        "mean_run": "*fp32",
        "var_run": "*fp32",
    }


def cases() -> Iterator[Case]:
    for runs, batch, hidden in (
        (1, 256, 256),
        (20, 256, 256),
        (6, 64, 1024),
        (6, 1024, 1024),
        (1, 2048, 256),
    ):
        rows, columns, warps = norm_triton.tile(runs, batch, hidden)
        shape = {"ROWS": rows, "COLUMNS": columns}
        more = {"EPS": 1e-5, "MOMENTUM": 0.1, "TRACK": True}
        size = f"{batch} × {columns}"
        forward, back = norm_triton.forward_kernel, norm_triton.backward_kernel
        yield case(f"batch norm + ReLU, {size}", forward, warps, shape | more, **strides(forward))
        yield case(f"its backward pass, {size}", back, warps, shape, **strides(back))
        if batch == 256 and runs == 20:
            low = dict.fromkeys(("a", "out", "d", "g_gamma", "g_beta"), "*bf16")
            yield case(f"the same in bf16, {size}", forward, warps, shape | more, **strides(forward) | low)
            yield case(f"its backward pass, bf16, {size}", back, warps, shape, **strides(back) | low)
    rows, columns, warps = norm_triton.tile(3, 100, 512)
    for act in ("ReLU", "sigmoid"):
        shape = {"ROWS": rows, "COLUMNS": columns, "SIGMOID": act == "sigmoid"}
        forward, back = norm_last_triton.forward_kernel, norm_last_triton.backward_kernel
        more, size = {"EPS": 1e-5, "MOMENTUM": 0.1}, f"100 × {columns}"
        yield case(f"{act} + batch norm, {size}", forward, warps, shape | more, **strides(forward))
        yield case(f"its backward pass, {size}", back, warps, shape, **strides(back))
    betas = {"LOG1": -0.105, "LOG2": -0.001, "ONE1": 0.1, "ONE2": 0.001, "BLOCK": adam_triton.BLOCK}
    types = {"size": "i32", "grad_scale": "fp32", "eps": "fp32"}
    yield case("Adam", adam_triton.adam_kernel, 4, betas, **types)
    sizes = {"y": "*i64", "examples": "i32", "classes": "i32"}
    for rows, columns in ((32, 16), (4, 128)):
        shape = {"ROWS": rows, "COLUMNS": columns}
        yield case(
            f"softmax cross-entropy, {rows} × {columns}", softmax_triton.softmax_kernel, 4, shape, **sizes
        )
    yield from cores()
    yield from products()


def core(name: str, kernel: Any, number: str, **constants: Any) -> Case:
    types = dict.fromkeys(kernel.arg_names, f"*{number}") | strides(kernel)
    said = ", peepholes" * constants.get("PEEP", False) + ", float64" * (number == "fp64")
    size = f"{constants['ROWS']} × {constants['COLUMNS']}"
    return case(f"{name}, {size}{said}", kernel, lstm_triton.WARPS, constants, **types)


def cores() -> Iterator[Case]:
    """An LSTM's core without peepholes and with them, in blocks of both kinds, and in float64, which takes most."""
    for rows, peep, number in (
        (96, False, "fp32"),
        (768, False, "fp32"),
        (768, True, "fp32"),
        (768, True, "fp64"),
    ):
        shape = dict(zip(("ROWS", "COLUMNS"), lstm_triton.tile(rows, 256), strict=True))
        yield core("LSTM core", lstm_triton.forward_kernel, number, PEEP=peep, **shape)
        yield core("its backward pass", lstm_triton.backward_kernel, number, PEEP=peep, OUTPUT=True, **shape)
    shape = dict(zip(("ROWS", "COLUMNS"), lstm_triton.SUMMED, strict=True))
    for number in ("fp32", "fp64"):
        yield core(
            "gradient of peepholes", lstm_triton.peephole_kernel, number, SCALE=1 / 3, STEPS=6, **shape
        )


def products() -> Iterator[Case]:
    """Every tile that `products_triton.tile` can choose, for operands that lie as a layer's do."""
    kernel = products_triton.product_kernel
    tiles: dict[products_triton.Tile, int] = {}
    for runs in (1, 3, 5, 20):
        for m, n, k in ((256, 256, 256), (784, 256, 256), (10, 500, 784), (256, 10, 256), (500, 500, 10)):
            tiles[products_triton.tile(runs, m, n, k)] = -(-k // products_triton.tile(runs, m, n, k).depth)
    for tile, steps in sorted(tiles.items()):
        for name, a, b in (("x W", 2, 2), ("xᵀ d", 1, 2), ("d Wᵀ", 2, 1)):
            constants = {"A_UNIT": a, "A_VEC": 4, "B_UNIT": b, "B_VEC": 2, "OUT_UNIT": 2, "OUT_VEC": 4}
            constants |= {"BIAS": name == "x W", "SPLIT": True, "STEPS": steps}
            constants |= {"ROWS": tile.rows, "COLUMNS": tile.columns, "DEPTH": tile.depth}
            types = dict.fromkeys(products_triton.NUMBERS, "i32")
            made = case(
                f"{name}, {tile.rows} × {tile.columns} by {tile.depth}",
                kernel,
                tile.warps,
                constants,
                **types,
            )
            made[2]["num_stages"] = tile.stages
            yield made


def resources(cubin: bytes) -> dict[str, int]:
    """Registers and spilled bytes of a cubin, by the cuobjdump that comes with Triton."""
    tool = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        text = subprocess.run(
            [tool, "-res-usage", file.name], capture_output=True, text=True, check=True
        ).stdout
    return {k: int(v) for k, v in re.findall(r"(REG|STACK|SHARED|LOCAL):(\d+)", text)}


def main() -> int:
    print(
        "| kernel, rows × columns a block | warps | elements a thread | registers | shared, bytes | spilled |"
    )
    print("|---|---|---|---|---|---|")
    worst = 0
    for name, kernel, options, types, constants, size in cases():
        plain = {"fp32", "constexpr"}
        whole = [i for i, n in enumerate(kernel.arg_names) if types[n] not in plain]
        if kernel is products_triton.product_kernel:  # which is told nothing of its numbers
            whole = [i for i in whole if types[kernel.arg_names[i]] != "i32"]
        whole = [i for i in whole if kernel.arg_names[i] not in ("h", "h_row")]  # among inputs and a 1
        aligned = {(i,): [["tt.divisibility", 16]] for i in whole}
        source = ASTSource(kernel, types, constants, aligned)
        made = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
        used = resources(made.asm["cubin"])
        spilled = used.get("LOCAL", 0) + used.get("STACK", 0)
        worst = max(worst, spilled)
        warps = options["num_warps"]
        print(
            f"| {name} | {warps} | {size // (32 * warps)} | {used['REG']} | {made.metadata.shared} | {spilled} |"
        )
    print(f"\nTriton {triton.__version__}, torch {torch.__version__}", file=sys.stderr)
    return int(worst > 0)


if __name__ == "__main__":
    sys.exit(main())
