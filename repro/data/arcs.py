"""Arc-standard parsing: a tree of words as shifts and arcs, two for each word. Plain Python, a sentence at a time.

Source: Nivre (2004), in the form of Chen & Manning (2014), whose parser arXiv:1706.06197v5, section 4, takes.
A *configuration* is a stack, at first with the root alone, and a buffer, at first with all words. With s1 on top of
the stack and s2 below it: SHIFT moves the first word of the buffer onto the stack; LEFT hangs s2 on s1 and takes s2
away; RIGHT hangs s1 on s2 and takes s1 away. At the end the root stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from repro.errors import BadValueError

SHIFT, LEFT, RIGHT = 0, 1, 2
Move = tuple[int, int]
"""What is done and which word (1-based) it hangs up; 0 for a shift, which hangs up none."""


def oracle(heads: Sequence[int]) -> list[Move]:
    """The moves that build a tree, each arc as early as it can be made; `BadValueError` if it is not projective.

    LEFT if s2 hangs on s1; else RIGHT if s1 hangs on s2 and nothing waits to be hung on s1; else SHIFT.
    """
    waiting = [0] * (len(heads) + 1)  # words that are still to be hung on each
    for head in heads:
        waiting[head] += 1
    stack, front, moves = [0], 1, list[Move]()
    while front <= len(heads) or len(stack) > 1:
        *_, s2, s1 = (-1, *stack)
        if s2 > 0 and heads[s2 - 1] == s1:
            moves.append((LEFT, s2))
            del stack[-2]
            waiting[s1] -= 1
        elif s2 >= 0 and heads[s1 - 1] == s2 and not waiting[s1]:
            moves.append((RIGHT, s1))
            del stack[-1]
            waiting[s2] -= 1
        elif front <= len(heads):
            moves.append((SHIFT, 0))
            stack.append(front)
            front += 1
        else:
            raise BadValueError(f"not projective: no arc is left that hangs up word {s1} or {s2}")
    return moves


def rebuilt(kinds: Sequence[int]) -> list[int]:
    """The heads that such moves make: the inverse of `oracle`. `BadValueError` for one that cannot be made."""
    heads = [0] * (len(kinds) // 2)
    stack, front = [0], 1
    for at, kind in enumerate(kinds):
        if kind == SHIFT and front <= len(heads):
            stack.append(front)
            front += 1
        elif (kind == LEFT and len(stack) > 2) or (kind == RIGHT and len(stack) > 1):
            child = stack.pop(-2 if kind == LEFT else -1)
            heads[child - 1] = stack[-1]
        else:
            raise BadValueError(f"move {at} ({kind}) cannot be made: {len(stack)} on the stack")
    return heads
