"""For the tests of streams: a pretend CUDA graph, splitmix64 in plain integers, comparisons."""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

TO_THE_HOST = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "lift_fresh", "_to_copy")
MASK = (1 << 64) - 1


class Graph(TorchDispatchMode):
    """Records the kernels of a block and runs them again: scalars as they were, tensors where they were.

    What reads a number on the host, or makes a tensor of one, is refused, as CUDA refuses it while capturing.
    """

    def __init__(self):
        super().__init__()
        self.kernels = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func._schema.name.split("::")[1] not in TO_THE_HOST, f"{func} in the device part"
        out = func(*args, **(kwargs or {}))
        self.kernels.append((func, args, kwargs or {}, out))
        return out

    def replay(self, results):
        """Run all kernels again; `results` of the recorded block as they are now."""
        new = {}

        def now(x):
            return new.get(id(x), x) if isinstance(x, torch.Tensor) else x

        for func, args, kwargs, out in self.kernels:
            new[id(out)] = func(*tree_map(now, args), **tree_map(now, kwargs))
        return tree_map(now, results)


def parts(x):
    """The tensors of whatever a stream's step is."""
    if isinstance(x, torch.Tensor):
        return [x]
    return [t for part in (x.values() if isinstance(x, dict) else x) for t in parts(part)]


def same(a, b):
    """Whether two steps are equal, bit for bit, in shapes and types too."""
    a, b = parts(a), parts(b)
    return len(a) == len(b) and all(x.dtype == y.dtype and x.equal(y) for x, y in zip(a, b, strict=True))


def run_of(x, r):
    """The part of a step that is run r's, as if it were alone."""
    return [t[r : r + 1] for t in parts(x)]


def splitmix64(number):
    """The generator's output for one 64-bit state, as published."""
    z = (number + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def law(make, steps, starts=(0, 1, 3, 7, 20)):
    """What every stream keeps, however one goes through it; `make(seeds)` makes one.

    Stepped, resumed, jumped through, looked at and alone: the same data.
    """
    seeds = (3, 0, 8)
    one, looked = make(seeds), make(seeds)
    seen = []
    for t in range(steps):
        due = one.host(t)
        assert due > t
        seen.append(one.take())
        assert same(seen[t], looked.at(t)) and same(looked.at(t), looked.at(t))
    for t in reversed(range(0, steps, 7)):
        assert same(looked.at(t), seen[t])
    for start in starts:  # a resumed run; the host is asked only when it must be
        again, due = make(seeds), start
        for t in range(start, steps):
            if t == due:
                due = again.host(t)
            assert same(again.take(), seen[t]), (start, t)
    for r, seed in enumerate(seeds):
        alone = make((seed,))
        for t in range(steps):
            alone.host(t)
            assert same(alone.take(), run_of(seen[t], r)), (seed, t)
    moving = make(seeds)
    for t in (5, 2, 2, 9, 0, 4):  # jumps, twice the same, and looks in between
        moving.host(t)
        moving.at(0), moving.fingerprint(0)
        assert same(moving.take(), seen[t]), t
    return seen


def law_of_graphs(make, steps):
    """The device part, captured once and replayed, gives every later step; the host runs only where it must."""
    stream, plain, due = make((1, 2)), make((1, 2)), 0
    stream.host(0)
    with Graph() as graph:
        results = stream.take()
    for t in range(steps):
        if (
            t >= due
        ):  # capturing moved on by a step, as a CUDA graph's capture would not: the host puts it right
            due = stream.host(t)
        assert same(graph.replay(results), plain.at(t)), t
