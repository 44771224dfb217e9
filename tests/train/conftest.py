"""Runs small enough for a unit test, on the bundled stand-in data or on images that carry their own number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from repro.data import DataInfo, ImageData
from repro.exhibits import get
from repro.record.run import runs
from repro.train.given import Given

SMALL: dict[str, dict[str, Any]] = {
    "dni/table2": {"steps": 12, "evaluations": 3, "width": 16, "batch": 32, "dni_sg_hidden": (24,)},
    "dni/fig11": {"steps": 12, "evaluations": 3, "width": 16, "batch": 32, "dni_sg_hidden": (24,)},
    "meprop/fig4": {"hidden": 20, "max_steps": 12, "batch": 10, "dev_images": 200, "evaluations": 30},
    "meprop/table5": {"hidden": 20, "max_steps": 12, "batch": 10, "dev_images": 200, "evaluations": 30},
    "meprop/table6": {"hidden": 20, "max_steps": 12, "batch": 10, "dev_images": 200, "evaluations": 30},
    "meprop/table1": {"hidden": 50, "max_steps": 12, "batch": 10, "dev_images": 200, "evaluations": 30},
    "meprop/table4": {"hidden": 50, "max_steps": 12, "batch": 10, "dev_images": 200, "evaluations": 30},
    "sg/table2": {"steps": 100},
}


@pytest.fixture
def small() -> Any:
    """small(exhibit, arm, seeds, name=value …) → runs that train together, in well under a second.

    `arm` may be several, as a tuple; `dni_sg_hidden` and its like change nothing in arms that do not have them.
    """

    def make(exhibit_id: str, arm: str | tuple[str, ...], seeds: tuple[int, ...], **changes: Any) -> Given:
        exhibit, arms = get(exhibit_id), (arm,) if isinstance(arm, str) else arm
        made = runs(exhibit, replace(exhibit.profile("smoke"), arms=arms), seeds)
        assert changes.keys() <= {k for run in made for k in run.params}
        wanted = SMALL.get(exhibit_id, {}) | changes
        return Given(
            [
                replace(r, params={**r.params, **{k: v for k, v in wanted.items() if k in r.params}})
                for r in made
            ]
        )

    return make


@pytest.fixture
def numbered() -> ImageData:
    """600 training images whose first pixel is their number 0 … 599, and 100 test images 1000 … 1099."""

    def part(first: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.zeros(count, 784)
        x[:, 0] = torch.arange(first, first + count)
        return x, torch.arange(count) % 10

    return ImageData(
        *part(0, 600), *part(1000, 100), DataInfo("numbered", "numbered", False, {}, ""), (1, 28, 28)
    )
