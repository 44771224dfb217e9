"""Laws of learners whose epoch a dev score chooses: what tests of the parser and of the tagger have in common."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import torch


def resumed_is_undisturbed(learner: Callable[[], Any], steps: int) -> None:
    """A learner that is loaded from another's state after three steps goes on as that one does, to the bit."""
    whole, fresh = learner(), learner()
    for t in range(3):
        whole.step(t)
    whole.evaluate(3)
    file = io.BytesIO()
    torch.save(whole.state(), file)
    file.seek(0)
    fresh.load(torch.load(file, weights_only=True))
    for t in range(3, steps):
        assert whole.step(t) == fresh.step(t)
    assert fresh.prints() == whole.prints() != learner().prints()
    assert fresh.evaluate(steps) == whole.evaluate(steps) and fresh.final(steps) == whole.final(steps)


def scores() -> tuple[Iterator[list[float]], Iterator[list[float]]]:
    """Of two runs, on dev and on test: dev is best after the second epoch (and again as good) and the third."""
    dev = [[80.0, 70.0], [85.0, 69.0], [85.0, 75.0]]
    return iter(dev), iter([[79.0, 88.0], [82.0, 60.0], [99.0, 71.0], [50.0, 60.0]])


def dev_alone_chooses(made: Any) -> None:
    """A learner of two runs that gets `scores` reports test where dev was best, and test at the end."""
    n = made.batches.per_epoch
    assert [r[4] for e in (1, 2, 3) for r in made.evaluate(e * n) if r[0] == 1] == [70, 69, 75]
    assert made.final(3 * n) == [
        (0, "test_accuracy", 2 * n, "", 82), (0, "best_epoch", 2 * n, "", 2), (0, "end_accuracy", 3 * n, "", 50),
        (1, "test_accuracy", 3 * n, "", 71), (1, "best_epoch", 3 * n, "", 3), (1, "end_accuracy", 3 * n, "", 60),
    ]  # fmt: skip
