"""A work that is edited between two runs: the module `mine.pace` that it reaches, and how to run it."""

from dataclasses import replace

from running import steps
from tiny_exhibit import EXHIBIT

from repro.runner.run import Options, run_exhibit

WORK = """
from mine.pace import pace
from repro.train.loop import fit
from tiny.work import Walker

class Mine(Walker):
    def device(self):
        super().device()
        self.heights = [pace(h) for h in self.heights]

    def prints(self):
        return [h.hex() for h in self.heights]

def work(given, ctx):
    return fit(Mine(given), ctx)
"""
PLAIN, HARMLESS, AGAIN = (f"def pace(h):\n    return {x}\n" for x in ("h", "1 * h", "h / 1"))
HARMFUL = "def pace(h):\n    return h * 1.0000000001\n"
LATER = "def pace(h):\n    return h if h < 0.9 else h * 1.0000000001\n"
ONE = replace(EXHIBIT, arms=EXHIBIT.arms[2:3], claims=(), trained_by="mine")
LONG = {"steps": 300}


def run(places, exhibit=ONE, profile="smoke", **options):
    """The record, and how many steps were taken for it."""
    log = places / "steps.log"
    log.unlink(missing_ok=True)
    record = run_exhibit(exhibit, profile, Options(changes=LONG, checkpoint_s=0, **options))
    return record, len(steps(log))
