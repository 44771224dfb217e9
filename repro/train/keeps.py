"""What the linear maps of meProp's nets keep of their output gradients, by rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from repro.nets.linear import Keep
from repro.rules.meprop import Draws, RandomK, TopK
from repro.train.given import Given

EACH, ALL = "each", "all"
Keeps = Mapping[str, tuple[Callable[..., Keep], str]]
KEEPS: Keeps = {"top": (TopK, ""), "random": (RandomK, EACH)}
"""Rule → what its maps keep and, where that is by lot, whom one draw is for: each example, or all of a mini-batch."""


def keeps(
    given: Given, rule: str, k: int, sizes: Sequence[int], batch: int, device: str, known: Keeps = KEEPS
) -> tuple[list[Keep | None], Draws | None]:
    """Of each map of `sizes` what it keeps, and what entries by lot are chosen by: all of it by rules not `known`.

    The output layer keeps all of it unless the parameter `sparsify_output` says otherwise.
    """
    if rule not in known:
        return [None] * (len(sizes) - 1), None
    widths = sizes[1:] if given.param("sparsify_output") else sizes[1:-1]
    kind, rows = known[rule]
    draws, made = None, list[Keep | None]()
    if rows:
        thinned = [n for n in widths if n > k]  # the others are kept whole, which takes no draw
        draws = Draws(given.seeds, batch if rows == EACH else 1, thinned, device)
        scores = iter(draws.scores)
        made = [kind(k, next(scores)) if n > k else None for n in widths]
    else:
        made = [kind(k) for _ in widths]
    return made + [None] * (len(sizes) - 1 - len(made)), draws
