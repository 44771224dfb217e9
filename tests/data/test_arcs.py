"""The arc-standard oracle: by hand, against all small trees, and refused where two arcs cross."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest

from repro.data.arcs import LEFT, RIGHT, SHIFT, oracle, rebuilt
from repro.errors import BadValueError

BY_HAND = {
    "She reads books": ((2, 0, 2), "S S 1 S 3 2"),
    "Go home now": ((0, 1, 2), "S S S 3 2 1"),  # each waits for the word that hangs on it
    "The old dog barked loudly": ((3, 3, 4, 0, 4), "S S S 2 1 S 3 S 5 4"),
}
ARCS = {"She reads books": "L R R", "Go home now": "R R R", "The old dog barked loudly": "L L L R R"}
KINDS = {"L": LEFT, "R": RIGHT}


@pytest.mark.parametrize("text", BY_HAND)
def test_moves_derived_by_hand(text: str) -> None:
    heads, moves = BY_HAND[text]
    arcs = iter(ARCS[text].split())
    wanted = [(SHIFT, 0) if m == "S" else (KINDS[next(arcs)], int(m)) for m in moves.split()]
    assert oracle(heads) == wanted
    assert rebuilt([kind for kind, _ in wanted]) == list(heads)


def crosses(heads: Sequence[int]) -> bool:
    """By the definition: some word under an arc does not hang, directly or through others, on the arc's head."""
    up = [0, *heads]

    def hangs_on(word: int, head: int) -> bool:
        while word and word != head:
            word = up[word]
        return word == head

    under = [(w, h) for d, h in enumerate(heads, 1) for w in range(min(h, d) + 1, max(h, d))]
    return not all(hangs_on(w, h) for w, h in under)


def trees(n: int) -> Iterator[tuple[int, ...]]:
    """All trees of n words with one root."""
    for heads in itertools.product(range(n + 1), repeat=n):
        if heads.count(0) == 1 and all(_reaches_the_root(heads, w) for w in range(1, n + 1)):
            yield heads


def _reaches_the_root(heads: Sequence[int], word: int) -> bool:
    for _ in range(len(heads) + 1):
        if word == 0:
            return True
        word = heads[word - 1]
    return False


@pytest.mark.parametrize(
    ("n", "count", "projective"), [(1, 1, 1), (2, 2, 2), (3, 9, 7), (4, 64, 30), (5, 625, 143)]
)
def test_every_small_tree_is_rebuilt_or_refused(n: int, count: int, projective: int) -> None:
    """n^(n−1) trees; those that are projective are counted by A006013."""
    seen = {True: 0, False: 0}
    for heads in trees(n):
        seen[crosses(heads)] += 1
        if crosses(heads):
            with pytest.raises(BadValueError, match="not projective: no arc is left that hangs up word"):
                oracle(heads)
        else:
            moves = oracle(heads)
            assert len(moves) == 2 * n and sorted(d for _, d in moves) == [0] * n + list(range(1, n + 1))
            assert rebuilt([kind for kind, _ in moves]) == list(heads)
    assert seen == {False: projective, True: count - projective}


def drawn(n: int, rng: random.Random) -> list[int]:
    """A random projective tree."""
    heads = [0] * n

    def hang(low: int, high: int, head: int) -> None:
        """The words from low to high, cut into pieces, each under one of its own, which hangs on `head`."""
        while low <= high:
            end = high if head == 0 else rng.randint(low, high)
            top = rng.randint(low, end)
            heads[top - 1] = head
            hang(low, top - 1, top)
            hang(top + 1, end, top)
            low = end + 1

    hang(1, n, 0)
    return heads


def test_larger_projective_trees_are_rebuilt() -> None:
    rng = random.Random(0)
    for _ in range(300):
        heads = drawn(rng.randint(6, 40), rng)
        assert not crosses(heads) and rebuilt([kind for kind, _ in oracle(heads)]) == heads


@pytest.mark.parametrize(
    "kinds", [[LEFT, SHIFT], [SHIFT, LEFT], [RIGHT, SHIFT], [SHIFT, SHIFT, SHIFT, RIGHT]]
)
def test_moves_that_cannot_be_made_are_refused(kinds: list[int]) -> None:
    with pytest.raises(BadValueError, match="cannot be made"):
        rebuilt(kinds)
