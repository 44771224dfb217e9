"""Figures of exhibits: one drawing function each, the paper's numbers beside ours."""

from __future__ import annotations

from repro.plotting.draw import draw, save_svg

__all__ = ["draw", "save_svg"]
