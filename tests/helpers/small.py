"""Smoke runs made smaller still, for tests in which every path counts and no length does."""

from __future__ import annotations

from repro.record.run import parameters
from repro.spec import Exhibit

_SMALL = {"steps": 40, "check": 20, "validate": 20, "probe": 8}
"""An end, evaluations, checks of a level and a validation on the way; a long pass is the same operators again."""


def small(exhibit: Exhibit, *names: str) -> dict[str, int]:
    """Changes of those parameters (of `names` alone, if given) that are larger in the exhibit's smoke runs."""
    now = parameters(exhibit, exhibit.profile("smoke"))
    return {k: v for k, v in _SMALL.items() if now.get(k, 0) > v and (not names or k in names)}
