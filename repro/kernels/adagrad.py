"""AdaGrad in C on a CPU (`adagrad.c`): rows of a matrix without a gradient do not move and are passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from repro import native


def step(
    x: Tensor,
    g: Tensor,
    sums: Tensor,
    rate: float,
    spans: Mapping[str, tuple[int, int]],
    written: Mapping[str, Sequence[Tensor]],
) -> None:
    """One update of x [R, P] by g, Σg² in `sums`. `spans`, `written`: as of `repro.nets.params.Params`."""
    all_of, some_of = native.function("adagrad", "pppnf"), native.function("adagrad_rows", "pppnnpf")
    for r, row in enumerate(zip(x, g, sums, strict=True)):
        first = [of.data_ptr() for of in row]
        for name, (a, b) in spans.items():
            at = [of + a * x.element_size() for of in first]
            if name not in written:
                all_of(*at, b - a, rate)
                continue
            flags = written[name][r]
            some_of(*at, len(flags), (b - a) // len(flags), flags.data_ptr(), rate)
