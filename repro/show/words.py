"""Words that more than one document uses."""

from __future__ import annotations

from repro.spec import Param


def source_of(param: Param) -> str:
    """Where a parameter's value is from: the place in the paper, or "assumed" and why."""
    return f"assumed: {param.source}" if param.assumed else param.source
