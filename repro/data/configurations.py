"""Arc-standard configurations of many sentences at once, as tensors that move in lockstep.

See `repro.data.arcs` for the moves. Places in a sentence: 0 nothing at all, 1 the root, 2 its first word, and so on.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.data.arcs import LEFT, RIGHT, SHIFT

NOTHING, ROOT, FIRST = 0, 1, 2
NODES, CHILDREN = 18, 12
"""Places that a configuration is described by, and how many of them, the last ones, are children of others."""


class Configurations:
    """R configurations of each of S sentences with `lengths` [S], the longest first.

    `head` and `label` [R, S, W] are what has been hung up so far, by place; a label is from 1 on, 0 is none yet.
    Of the first `active` sentences alone there may be more to do: those of at least so many words.
    """

    def __init__(self, lengths: Tensor, runs: int = 1):
        self.last = lengths + 1  # place of the last word
        width, device = int(self.last.max()) + 1, lengths.device
        self.lengths: list[int] = lengths.tolist()
        assert self.lengths == sorted(self.lengths, reverse=True), "the longest sentence comes first"
        shape = (runs, len(lengths), width)
        zeros = torch.zeros(6, *shape, dtype=torch.int64, device=device)
        self.head, self.label, self.left1, self.left2, self.right1, self.right2 = zeros.unbind()
        self.stack = torch.zeros(*shape[:2], width + 3, dtype=torch.int64, device=device)
        self.stack[..., 2] = ROOT  # below it nothing, twice
        self.depth = torch.full(shape[:2], 3, device=device)
        self.front = torch.full(shape[:2], FIRST, device=device)
        self._down = -torch.arange(1, 4, device=device)
        self._ahead = torch.arange(3, device=device)
        self.taken = 0

    @property
    def active(self) -> int:
        """How many sentences are not finished: each takes two moves a word."""
        return sum(2 * n > self.taken for n in self.lengths)

    def nodes(self, a: int) -> Tensor:
        """Places [R, a, 18] that describe the configurations of the first `a` sentences (Chen & Manning 2014).

        Three on top of the stack, three first in the buffer; then, two by two, of the upper two in the stack: the
        left-most child, the right-most, the second of either, the left-most of the left-most, the right-most of the
        right-most.
        """
        stack = self.stack[:, :a].gather(-1, self.depth[:, :a, None] + self._down)
        ahead = self.front[:, :a, None] + self._ahead
        ahead = ahead * (ahead <= self.last[:a, None])
        left, right = self.left1[:, :a], self.right1[:, :a]
        two = stack[..., :2]
        l1, r1 = left.gather(-1, two), right.gather(-1, two)
        l2, r2 = self.left2[:, :a].gather(-1, two), self.right2[:, :a].gather(-1, two)
        return torch.cat([stack, ahead, l1, r1, l2, r2, left.gather(-1, l1), right.gather(-1, r1)], -1)

    def labels_of(self, nodes: Tensor) -> Tensor:
        """The labels [R, a, 12] of the children among `nodes`; 0 where there is none."""
        return self.label[:, : nodes.shape[1]].gather(-1, nodes[..., -CHILDREN:])

    def legal(self, a: int) -> Tensor:
        """Which kinds of move [R, a, 3] can be made; the root gets one child, at the end."""
        more, words = self.front[:, :a] <= self.last[:a], self.depth[:, :a] - 3
        return torch.stack([more, words >= 2, (words >= 2) | ((words == 1) & ~more)], -1)

    def move(self, kind: Tensor, label: Tensor) -> None:
        """Make a legal move [R, a] in each of the first a sentences; `label` is that of the arc, if it makes one."""
        a = kind.shape[1]
        shift, left, right = kind == SHIFT, kind == LEFT, kind == RIGHT
        depth, front, stack = self.depth[:, :a], self.front[:, :a], self.stack[:, :a]
        two = stack.gather(-1, depth.unsqueeze(-1) + self._down[:2])
        s1, s2 = two.unbind(-1)
        head, child = (torch.where(left, x, y) * ~shift for x, y in ((s1, s2), (s2, s1)))  # 0 of a shift
        for of, value in ((self.head, head), (self.label, label * ~shift)):
            of[:, :a].scatter_(-1, child.unsqueeze(-1), value.unsqueeze(-1))
        for first, second, when in ((self.left1, self.left2, left), (self.right1, self.right2, right)):
            at, outer, inner = head.unsqueeze(-1), first[:, :a], second[:, :a]
            before = outer.gather(-1, at)
            inner.scatter_(-1, at, torch.where(when.unsqueeze(-1), before, inner.gather(-1, at)))
            outer.scatter_(-1, at, torch.where(when.unsqueeze(-1), child.unsqueeze(-1), before))
        place, top = (
            torch.where(shift, depth, depth - 2),
            torch.where(shift, front, torch.where(left, s1, s2)),
        )
        stack.scatter_(-1, place.unsqueeze(-1), top.unsqueeze(-1))
        self.depth[:, :a] += torch.where(shift, 1, -1)
        self.front[:, :a] += shift
        self.taken += 1
