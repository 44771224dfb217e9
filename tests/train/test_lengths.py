"""The length of what is injected, where an arm asks for it."""

import math

import pytest
import torch
from sequences import KINDS, learner_of


def test_lengths_are_those_of_every_tenth_window_since_the_last_look_and_change_nothing():
    """By going through lanes one by one; the same arm without them has the same weights, state and other rows."""
    measured, plain = (
        learner_of(KINDS, (1, 2), dtype=torch.float64, **own) for own in ({"lengths": True}, {})
    )
    for look in (30, 60):
        told = {}
        for t in range(look - 30, look):
            measured.step(t)
            plain.step(t)
            if (t + 1) % 10 == 0:
                for r in range(len(measured.kinds)):
                    e, own = measured.rule.injected[r], measured.rule.predicted[r, 1]
                    for b in range(len(e)):
                        told.setdefault((r, "injected_length"), []).append(0.1 * math.hypot(*e[b].tolist()))
                        told.setdefault((r, "sg_length"), []).append(math.hypot(*own[b].tolist()))
        rows = measured.evaluate(look)
        mine = {(r, name): v for r, name, *_, v in rows if name.endswith("length")}
        assert mine == pytest.approx({k: sum(v) / len(v) for k, v in told.items()}, rel=1e-6)
        assert (
            sum(v > 1e-4 for v in mine.values()) >= len(mine) - 2
        )  # "nothing" injects nothing, of each seed
        assert [row for row in rows if not row[1].endswith("length")] == plain.evaluate(look)
    assert measured.prints() == plain.prints()
    kept = measured.kept().keys() - plain.kept().keys()
    assert kept == {"lengths"}
