"""DNI on an LSTM and its controls, written a second time: autograd, tanh, an own task, nothing shared with `repro`.

What it has in common with `dni/rnn-control` is the question, not a line. Gates i, f, g, o with two weight matrices;
episodes are drawn by numpy, and a new level restarts all lanes at random places of an episode; gradients come from
autograd, updates from `torch.optim.Adam`. Runs lie side by side only to save time.

    python tests/independent/recurrent_dni.py --seeds 200-204 --steps 30000
"""

from __future__ import annotations

import argparse
import json
import math

import numpy as np
import torch
from torch.nn import functional

ARMS = ("nothing", "sg", "minus", "fixed")


class Copying:
    """One run's stream of Copy: start, N bits, delimiter, N answers, over and over in every lane."""

    def __init__(self, seed, lanes):
        self.rngs = [np.random.default_rng((seed, lane)) for lane in range(lanes)]
        self.restart(1)

    def restart(self, n):
        self.n = n
        self.queues = [self._episode(rng)[:, rng.integers(0, 2 * n + 2) :] for rng in self.rngs]

    def _episode(self, rng):
        """Rows: bit shown, start, delimiter, answer, asked."""
        n, bits = self.n, rng.integers(0, 2, self.n)
        episode = np.zeros((5, 2 * n + 2), np.float32)
        episode[0, 1 : n + 1] = 2 * bits - 1
        episode[1, 0] = episode[2, n + 1] = 1
        episode[3, n + 2 :] = bits
        episode[4, n + 2 :] = 1
        return episode

    def read(self, length):
        """The next `length` steps of all lanes, and one step beyond that stays: [5, length + 1, lanes]."""
        shown = []
        for lane, rng in enumerate(self.rngs):
            while self.queues[lane].shape[1] < length + 1:
                self.queues[lane] = np.concatenate([self.queues[lane], self._episode(rng)], 1)
            shown.append(self.queues[lane][:, : length + 1])
            self.queues[lane] = self.queues[lane][:, length:]
        return np.stack(shown, -1)


class Nets:
    """Runs of LSTM + readout + synthetic gradient (one hidden ReLU layer, last layer 0), as stacked leaves."""

    def __init__(self, seeds, units, inputs=3):
        self.units = units
        bound = 1 / math.sqrt(units)
        shapes = {
            "x": (inputs, 4 * units),
            "h": (units, 4 * units),
            "b": (1, 4 * units),
            "out": (units, 1),
            "out_b": (1, 1),
        }
        made = {k: [] for k in (*shapes, "s1", "s1b", "s2", "s2b")}
        for seed in seeds:
            g = torch.Generator().manual_seed(seed)
            for k, shape in shapes.items():
                made[k].append((torch.rand(shape, generator=g) * 2 - 1) * bound)
            made["b"][-1][:, units : 2 * units] += 1  # forget bias
            made["s1"].append((torch.rand(units, units, generator=g) * 2 - 1) * math.sqrt(3 / units))
            made["s1b"].append(torch.zeros(1, units))
            made["s2"].append(torch.zeros(units, 2 * units))
            made["s2b"].append(torch.zeros(1, 2 * units))
        self.p = {k: torch.stack(v).requires_grad_() for k, v in made.items()}

    def core(self, x, h, c):
        p = self.p
        i, f, g, o = (x @ p["x"] + h @ p["h"] + p["b"]).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    def logits(self, h):
        return h @ self.p["out"] + self.p["out_b"]

    def synthetic(self, h):
        p = self.p
        return torch.relu(h @ p["s1"] + p["s1b"]) @ p["s2"] + p["s2b"]


def injected(arms, estimate, directions):
    """What each run uses in the place of `estimate` [R, B, 2H]; `directions` [R, 1, 2H] of rms 1."""
    size = estimate.pow(2).mean((1, 2), keepdim=True).sqrt()
    choices = {
        "nothing": torch.zeros_like(estimate),
        "sg": estimate,
        "minus": -estimate,
        "fixed": (directions * size).expand_as(estimate),
    }
    return torch.stack([choices[arm][r] for r, arm in enumerate(arms)])


def window(nets, arms, directions, state, x, bit, asked, factor):
    """Gradients of one window into the leaves; returns (the state after it, nats of each run).

    x [R, T + 1, B, 3]; bit and asked [R, T, B, 1]; the last input feeds the extra core alone.
    """
    lanes, steps = x.shape[2], x.shape[1] - 1
    h0, c0 = (s.detach().requires_grad_() for s in state)
    h, c, outputs = h0, c0, []
    for t in range(steps):
        h, c = nets.core(x[:, t], h, c)
        outputs.append(h)
    losses = functional.binary_cross_entropy_with_logits(
        nets.logits(torch.stack(outputs, 1).flatten(1, 2)),
        bit.flatten(1, 2),
        asked.flatten(1, 2),
        reduction="none",
    )
    with torch.no_grad():
        beyond, _ = nets.core(x[:, steps], h, c)
        use = factor * injected(arms, nets.synthetic(beyond), directions)
    d_h, d_c = use.chunk(2, -1)
    own = [v for k, v in nets.p.items() if not k.startswith("s")]
    made = torch.autograd.grad((losses.sum(), h, c), (*own, h0, c0), (torch.ones(()), d_h, d_c))
    for leaf, grad in zip(own, made, strict=False):
        leaf.grad = grad / lanes
    target = torch.cat(made[-2:], -1)
    error = nets.synthetic(outputs[0].detach()) - target
    of_sg = [v for k, v in nets.p.items() if k.startswith("s")]
    for leaf, grad in zip(of_sg, torch.autograd.grad(error.pow(2).sum() / lanes, of_sg), strict=True):
        leaf.grad = grad
    return (h.detach(), c.detach()), losses.detach().sum((1, 2))


def train(arms, seeds, steps, units=32, lanes=16, length=2, factor=0.1, rate=1e-3, every=100, threshold=0.15):
    """The largest N solved by each (arm, seed): error over `every` windows below `threshold` bits a bit."""
    runs = [(arm, seed) for arm in arms for seed in seeds]
    kinds, own = [a for a, _ in runs], [s for _, s in runs]
    nets, streams = Nets(own, units), [Copying(seed, lanes) for seed in own]
    drawn = [torch.randn(1, 2 * units, generator=torch.Generator().manual_seed(10_000 + s)) for s in own]
    directions = torch.stack([d / d.pow(2).mean().sqrt() for d in drawn])
    optimizer = torch.optim.Adam(list(nets.p.values()), lr=rate)
    state = tuple(torch.zeros(len(runs), lanes, units) for _ in range(2))
    solved = [0] * len(runs)
    for _ in range(steps // every):
        data = torch.from_numpy(np.stack([s.read(every * length) for s in streams])).permute(0, 2, 3, 1)
        lost = torch.zeros(len(runs))
        for w in range(every):
            part = data[:, w * length : (w + 1) * length + 1]
            bit, asked = part[:, :-1, :, 3:4], part[:, :-1, :, 4:5]
            state, nats = window(nets, kinds, directions, state, part[..., :3], bit, asked, factor)
            optimizer.step()
            lost += nats
        bits = lost / data[:, :-1, :, 4].sum((1, 2)) / math.log(2)
        for r in np.flatnonzero((bits < threshold).numpy()):
            solved[r] = streams[r].n
            streams[r].restart(streams[r].n + 1)
    return {arm: [n for n, (a, _) in zip(solved, runs, strict=True) if a == arm] for arm in arms}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="200-204")
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--length", type=int, default=2)
    asked = parser.parse_args()
    first, last = map(int, asked.seeds.split("-"))
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    print(json.dumps(train(ARMS, range(first, last + 1), asked.steps, length=asked.length)))


if __name__ == "__main__":
    main()
