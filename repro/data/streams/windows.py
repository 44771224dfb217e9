"""Continuous text: every lane reads on where its last window ended."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from repro.data.streams.draws import NEVER, fingerprint, stream
from repro.errors import BadValueError


class Windows:
    """Windows of `window` tokens in B lanes a run, in reading order, so that a hidden state can be carried on.

    `tokens` [N] is read as a ring: after its last token comes its first one, and nothing marks the seam (a lane
    crosses it once in N / `window` steps). Lane b of a run starts at place floor(N b / B) + shift; the shift, 0 … N
    - 1, is drawn from the run's seed (`shifted=False`: it is 0). After `per_epoch` steps the lanes of a run have
    read each token once, some twice where N is no multiple of B `window`; each lane then reads on where the next
    one began.

    A window also shows the `ahead` tokens that follow it, with which the next window begins: the targets of a
    language model. `BadValueError` unless 1 ≤ B ≤ N, `window` ≥ 1 and `ahead` ≥ 0.
    """

    def __init__(
        self,
        tokens: Tensor,
        batch: int,
        window: int,
        seeds: Sequence[int],
        device: str | torch.device = "cpu",
        ahead: int = 1,
        shifted: bool = True,
    ):
        n = len(tokens)
        if not 1 <= batch <= n:
            raise BadValueError(f"batch is {batch}; expected 1 to {n} lanes, the number of tokens")
        if window < 1 or ahead < 0:
            raise BadValueError(f"window is {window} and ahead {ahead}; expected 1 or more and 0 or more")
        self.tokens, self.batch, self.window = tokens.to(device), batch, window
        self.seeds = tuple(seeds)
        longest = -(-n // batch)
        self.per_epoch = -(-longest // window)
        lanes = torch.arange(batch) * n // batch
        shifts = [
            int(torch.randint(n, (1,), generator=stream(s, "windows"))) if shifted else 0 for s in self.seeds
        ]
        starts = lanes + torch.tensor(shifts).unsqueeze(1)  # [R, B]
        places = starts.unsqueeze(2) + torch.arange(window + ahead)
        self._first = (places % n).to(device)
        self._moved = torch.zeros((), dtype=torch.int64, device=device)

    def host(self, t: int) -> int:
        """Prepare step t; no later step needs the host."""
        self._moved.fill_(self._distance(t))
        return NEVER

    def take(self) -> Tensor:
        """Tokens [R, B, T + ahead] of this step."""
        now = self._read(self._moved)
        self._moved.add_(self.window)
        return now

    def at(self, t: int) -> Tensor:
        """Tokens [R, B, T + ahead] of training step t; the stream stays where it is."""
        return self._read(self._distance(t))

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of a run's first windows."""
        return fingerprint(self.at(0)[run])

    def _distance(self, t: int) -> int:
        """How far along the ring step t begins, 0 … N - 1: small, so that no counter overflows."""
        return t * self.window % len(self.tokens)

    def _read(self, moved: Tensor | int) -> Tensor:
        places = (self._first + moved).remainder_(len(self.tokens))
        return self.tokens.index_select(0, places.view(-1)).view(places.shape)
