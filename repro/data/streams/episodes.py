"""Generated Copy and Repeat Copy episodes as a stream without end, in lanes at random phases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from repro.data.streams.draws import fingerprint, hashed, number
from repro.data.streams.tasks import Steps, channels, length, steps
from repro.errors import BadValueError

BLOCK = 64  # steps that are made at once
NUMBERS = 1 << 22  # inputs that a block may hold at most
Change = tuple[int, int, int]  # from this step on, this run's new episodes have this level


class EpisodeWindow(NamedTuple):
    """A window of T steps, and the inputs of the step after it, with which the next window begins.

    `x` [R, B, T + 1, C] and `start` [R, B, T + 1]; `y` [R, B, T, bits] and `answer` [R, B, T]; see `tasks.Steps`.
    """

    x: Tensor
    y: Tensor
    answer: Tensor
    start: Tensor


class _Lanes(NamedTuple):
    """Where lanes stand before a step: all [R, B] int64 on the CPU, but `levels` [R] of the episodes to come."""

    step: int
    place: Tensor
    episode: Tensor
    level: Tensor
    levels: Tensor


class Episodes:
    """Windows of `window` steps over endless episodes of "copy" or "repeat_copy", in B lanes a run.

    Each lane begins at a random place of an episode and goes through one episode after another; windows and
    episodes have nothing to do with each other. Phases and bits depend on the run's seed, the lane and the
    episode's number alone. `levels` are the runs' first levels (1 or more); `set_level` changes them while training
    goes on. A resumed run needs `history`, the changes so far, and nothing else. `bits` 1 … 62 a symbol.
    """

    def __init__(
        self,
        task: str,
        batch: int,
        window: int,
        seeds: Sequence[int],
        levels: Sequence[int],
        bits: int = 1,
        device: str | torch.device = "cpu",
    ):
        if min(batch, window, bits, *levels) < 1 or bits > 62 or len(levels) != len(seeds):
            raise BadValueError(
                f"batch {batch}, window {window}, bits {bits}, levels {list(levels)} for {len(seeds)} seeds; "
                "expected 1 or more of each, at most 62 bits, and one level a seed"
            )
        self.task, self.batch, self.window, self.bits, self.device = task, batch, window, bits, device
        self.seeds, self.levels = tuple(seeds), tuple(levels)
        self.history: tuple[Change, ...] = ()
        inputs = channels(task, bits)
        one = len(seeds) * batch * window * inputs
        self.block = max(1, min(BLOCK, NUMBERS // one))
        runs = torch.tensor([number(s, "episodes") % (1 << 63) for s in seeds])
        self._keys = hashed(hashed(runs).unsqueeze(1) ^ torch.arange(batch))  # [R, B]
        self._begin = self._end = -1  # the steps that the buffers hold
        self._known = self._first()
        self._buffers = self._made(self._known, self.block)
        self._at = torch.zeros((), dtype=torch.int64, device=device)
        self._offsets = torch.arange(window + 1, device=device)

    def set_level(self, run: int, level: int, t: int) -> None:
        """From step t on, the episodes of a run that begin have this level; those under way end as they began.

        `BadValueError` for a level below 1, or a step before the run's last change.
        """
        last = max((step for step, r, _ in self.history if r == run), default=0)
        if level < 1 or t < last or not 0 <= run < len(self.seeds):
            raise BadValueError(
                f"level {level} of run {run} from step {t}; expected 1 or more, from {last} on"
            )
        self.load([*self.history, (t, run, level)], after=t)

    def load(self, history: Iterable[Change], after: int = 0) -> None:
        """Take over the changes of an earlier training; what was made of steps `after` on is forgotten."""
        last = {(int(t), int(run)): int(level) for t, run, level in history}  # of several at one step
        self.history = tuple(sorted((t, run, level) for (t, run), level in last.items()))
        self._end = min(self._end, after)
        if self._known.step > after:
            self._known = self._first()

    def levels_at(self, t: int) -> tuple[int, ...]:
        """The level of each run's episodes that begin at step t."""
        now = list(self.levels)
        for _, run, level in (c for c in self.history if c[0] <= t):
            now[run] = level
        return tuple(now)

    def host(self, t: int) -> int:
        """Prepare step t; returns the first step that is not made yet, or at which a level changes."""
        if not self._begin <= t < self._end:
            self._known = self._lanes(t)
            for buffer, made in zip(
                self._buffers, self._made(self._changed(self._known), self.block), strict=True
            ):
                buffer.copy_(made)
            self._begin = t
            self._end = min([t + self.block, *(step for step, _, _ in self.history if step > t)])
        self._at.fill_((t - self._begin) * self.window)
        return self._end

    def take(self) -> EpisodeWindow:
        """The window of this step."""
        now = self._cut(self._buffers, self._offsets + self._at)
        self._at.add_(self.window)
        return now

    def at(self, t: int) -> EpisodeWindow:
        """The window of training step t; the stream stays where it is."""
        return self._cut(self._made(self._changed(self._lanes(t)), 1), self._offsets)

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of a run's first window."""
        return fingerprint(*(part[run] for part in self.at(0)))

    def _cut(self, held: Steps, places: Tensor) -> EpisodeWindow:
        x, start = held.x.index_select(2, places), held.start.index_select(2, places)
        y, answer = held.y.index_select(2, places[:-1]), held.answer.index_select(2, places[:-1])
        return EpisodeWindow(x, y, answer, start)

    def _first(self) -> _Lanes:
        """Where lanes stand before step 0."""
        levels = torch.tensor(self.levels)
        level = levels.unsqueeze(1).expand(-1, self.batch)
        place = (hashed(~self._keys) & (1 << 62) - 1) % length(self.task, level)
        return _Lanes(0, place, torch.zeros_like(place), level, levels)

    def _changed(self, lanes: _Lanes) -> _Lanes:
        """The levels set at this very step in force: also for episodes that are about to begin."""
        level, levels = lanes.level.clone(), lanes.levels.clone()
        for _, run, new in (c for c in self.history if c[0] == lanes.step):
            levels[run] = new
            level[run] = torch.where(lanes.place[run] == 0, new, level[run])
        return lanes._replace(level=level, levels=levels)

    def _lanes(self, t: int) -> _Lanes:
        """Where lanes stand before step t, levels set at that step not yet in force."""
        lanes = self._known if self._known.step <= t else self._first()
        for step in sorted({step for step, _, _ in self.history if lanes.step <= step < t}):
            lanes = self._changed(self._moved_to(step, lanes))
        return self._moved_to(t, lanes)

    def _moved_to(self, step: int, lanes: _Lanes) -> _Lanes:
        gone = torch.tensor((step - lanes.step) * self.window)
        return _Lanes(step, *self._moved(lanes, gone), lanes.levels)

    def _moved(self, lanes: _Lanes, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(place, episode, level) so many places later, which broadcasts with the lanes."""
        levels = lanes.levels.view(-1, *[1] * (lanes.place.dim() - 1))
        over = places - (length(self.task, lanes.level) - lanes.place)  # since the one under way ended
        new = length(self.task, levels)
        inside = over < 0
        place = torch.where(inside, lanes.place + places, over % new)
        episode = torch.where(inside, lanes.episode, lanes.episode + 1 + over // new)
        return place, episode, torch.where(inside, lanes.level, levels)

    def _made(self, lanes: _Lanes, count: int) -> Steps:
        """All that lanes hold in `count` steps from where they stand, and in one place more, on the device."""
        lane, place, episode, level = (
            x.unsqueeze(-1).to(self.device) for x in (self._keys, lanes.place, lanes.episode, lanes.level)
        )
        here = _Lanes(lanes.step, place, episode, level, lanes.levels.to(self.device))
        along = torch.arange(count * self.window + 1, device=self.device)
        place, episode, level = self._moved(here, along)
        return steps(self.task, self.bits, lane, episode, level, place)
