"""A net: a sequence of segments, all parameters of a run in one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from repro.nets.params import Params
from repro.nets.segments import Segment

Log = Callable[[str, int, int], None]
"""log(kind, segment, t): segment i (1-based) did something at time t; see `repro.rules.backward`."""


def silent(kind: str, segment: int, t: int) -> None:
    """The log that records nothing."""


class Net:
    """R nets of equal shape: segment i (1-based) maps h_{i−1} to h_i; h_0 = x, h_N is the output.

    Parameter W of segment i is `params.p["Wi"]`; each segment is a block of `params`.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        runs: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        self.segments, self.runs = list(segments), runs
        shapes = {f"{k}{i}": s for i, seg in self.numbered() for k, s in seg.shapes().items()}
        self.params = Params(shapes, runs, device, dtype)
        for i, segment in self.numbered():
            names = {k: f"{k}{i}" for k in segment.shapes()}
            p, g = ({k: of[n] for k, n in names.items()} for of in (self.params.p, self.params.g))
            segment.bind(p, g, runs)
            self.params.written.update({names[k]: flags for k, flags in segment.written().items()})
        spans = [[self.params.spans[f"{k}{i}"] for k in s.shapes()] for i, s in self.numbered()]
        self.params.blocks = [(own[0][0], own[-1][1]) if own else (0, 0) for own in spans]

    def numbered(self) -> list[tuple[int, Segment]]:
        """Segments with their numbers, from 1."""
        return list(enumerate(self.segments, 1))

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Draw the initial parameters of all segments in turn; one CPU generator a run."""
        for segment in self.segments:
            segment.init(generators)

    def forward(self, x: Any, room: Sequence[Tensor | None] | None = None, log: Log = silent) -> list[Any]:
        """Training mode: the tape [h_0, …, h_N] of x [R, B, …]. `room[i−1]`: where h_i is written, if not None."""
        tape = [x]
        for i, segment in self.numbered():
            tape.append(segment.forward(tape[-1], None if room is None else room[i - 1]))
            log("forward", i, i)
        return tape

    def predict(self, x: Tensor) -> Tensor:
        """Test mode: outputs [R, B, …] of x [R or 1, B, …]."""
        h = x.expand(self.runs, *x.shape[1:])
        for segment in self.segments:
            h = segment.predict(h)
        return h

    def kept(self) -> dict[str, Tensor]:
        """Everything that the next step depends on: parameters, running statistics."""
        return {"weights": self.params.flat} | {
            f"{k}{i}": v for i, s in self.numbered() for k, v in s.kept().items()
        }
