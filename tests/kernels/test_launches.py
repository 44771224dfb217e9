"""How many kernels a recurrent step launches on a GPU: what docs/performance.md says is what is counted."""

from __future__ import annotations

from pathlib import Path

import cells
import launches
import pytest
import torch
from cells import Size

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("peepholes", [False, True])
def test_a_core_is_one_launch_each_way_beside_its_product(peepholes: bool) -> None:
    size = Size(2, 4, 3, 2, 5)
    at = cells.given(size, peepholes, torch.float32)
    with launches.gpu(core=True) as seen:
        core = cells.begun(at)
        assert core.fused and seen == {"product": 5, "core": 5}, "T steps and the extra one"
        seen.clear()
        with launches.Launches(seen):
            core.factors()
            core.pull(at.w, at.dy, core.dh, core.dc)
            core.weight_gradient(
                torch.zeros_like(at.w), 0.5, None if at.peep is None else torch.zeros_like(at.peep)
            )
    own = {"product": 5, "core, back": 4, "mul_": 1}  # the scale of ∂L/∂W
    assert {k: n for k, n in seen.items() if k != "zeros_like"} == own | (
        {"peepholes": 1} if peepholes else {}
    )


def test_the_documented_table_is_todays_row_by_row() -> None:
    """All of it: a row that nobody counts any more must go, too."""
    _, head, after = (ROOT / "docs" / "performance.md").read_text().partition(launches.HEAD)
    assert head and after.partition("\n\n")[0].split("\n") == ["", *launches.table()]
