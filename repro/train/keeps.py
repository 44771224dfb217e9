"""What the linear maps of meProp's nets keep of their output gradients, by rule."""

from __future__ import annotations

from collections.abc import Sequence

from repro.nets.linear import Keep
from repro.rules.meprop import Draws, RandomK, TopK
from repro.train.given import Given


def keeps(
    given: Given, rule: str, k: int, sizes: Sequence[int], batch: int, device: str
) -> tuple[list[Keep | None], Draws | None]:
    """Of each map of `sizes` what it keeps, and what random-k chooses by: k entries for "top" and "random", else all.

    The output layer keeps all of them unless the parameter `sparsify_output` says otherwise.
    """
    if rule not in ("top", "random"):
        return [None] * (len(sizes) - 1), None
    widths = sizes[1:] if given.param("sparsify_output") else sizes[1:-1]
    made: list[Keep | None] = [TopK(k) for _ in widths]
    draws = None
    if rule == "random":
        thinned = [n for n in widths if n > k]  # the others are kept whole, which takes no draw
        draws = Draws(given.seeds, batch, thinned, device)
        scores = iter(draws.scores)
        made = [RandomK(k, next(scores)) if n > k else None for n in widths]
    return made + [None] * (len(sizes) - 1 - len(made)), draws
