"""Runs whose epoch is chosen by a dev score: what tasks share that report the test score at the best dev score."""

from __future__ import annotations

from repro.train.batches import Batches
from repro.train.learner import Learner
from repro.train.loop import Result, fit
from repro.train.rows import RunRow
from repro.train.schedule import evenly


class BestByDev(Learner):
    """R runs that are scored on a dev part along the way, and on the test part where that is the best so far.

    A family makes `batches`, says `schedule()` when they stand, and scores its runs: `score`. Parameters `epochs`,
    `max_steps` (0: no limit) and `evaluations` (dev scores an epoch).
    """

    batches: Batches

    def score(self, part: str) -> list[float]:
        """Percent of what is right of each run; part: "dev" or "test"."""
        raise NotImplementedError

    def schedule(self) -> None:
        """How many steps, after which of them there is a dev score, and room for the best."""
        an_epoch = self.batches.per_epoch
        epochs, at_most = self.given.param("epochs"), self.given.param("max_steps")
        self.steps = min(full := round(epochs * an_epoch), at_most or full)
        times = max(1, round(self.given.param("evaluations") * self.steps / an_epoch))
        self.evaluate_at = evenly(self.steps, times)
        self.plain["best"] = [[-1.0, 0, 0.0] for _ in self.given.runs]  # dev score, step, test score

    def evaluate(self, t: int) -> list[RunRow]:
        """Dev score of each run; test score where dev is the best so far (test never chooses)."""
        dev, best = self.score("dev"), self.plain["best"]
        better = [r for r, score in enumerate(dev) if score > best[r][0]]
        test = self.score("test") if better else []
        for r in better:
            best[r] = [dev[r], t, test[r]]
        return [(r, "dev_accuracy", t, "", score) for r, score in enumerate(dev)]

    def final(self, t: int) -> list[RunRow]:
        """Test score at the best dev score, the epoch where that was, and test score at the end."""
        rows: list[RunRow] = []
        for r, ((_, at, test), end) in enumerate(zip(self.plain["best"], self.score("test"), strict=True)):
            rows.append((r, "test_accuracy", at, "", test))
            rows.append((r, "best_epoch", at, "", at / self.batches.per_epoch))
            rows.append((r, "end_accuracy", t, "", end))
        return rows

    def first_batch(self, run: int) -> str:
        """Hash of its first batch's indices."""
        return self.batches.fingerprint(run)

    def host(self, t: int) -> int:
        """Batches of step t."""
        return self.batches.host(t)

    def info(self) -> dict[str, int]:
        """Sizes that the data and the settings come to."""
        raise NotImplementedError


def trained(learner: BestByDev) -> Result:
    """The result of a learner, with the sizes that it came to."""
    result = fit(learner, learner.ctx)
    result.meta["info"] = learner.info()
    return result
