"""Pieces small enough for a unit test, on the bundled stand-in data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from repro.exhibits import get
from repro.piece import Piece, pieces

SMALL: dict[str, dict[str, Any]] = {
    "dni/table2": {"steps": 12, "evaluations": 3, "width": 16, "batch": 32, "dni_sg_hidden": (24,)},
    "meprop/fig4": {"hidden": 20, "max_steps": 12, "batch": 10, "dev_images": 200, "evaluations": 30},
    "sg/table2": {"steps": 100},
}


@pytest.fixture
def small_piece() -> Any:
    """small_piece(exhibit, arm, seeds) → a piece that trains in well under a second."""

    def make(exhibit_id: str, arm: str, seeds: tuple[int, ...]) -> Piece:
        exhibit = get(exhibit_id)
        profile = replace(exhibit.profile("smoke"), arms=(arm,), together=("*",))
        return pieces(exhibit, profile, seeds, SMALL[exhibit_id])[0]

    return make
