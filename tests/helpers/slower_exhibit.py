"""The tiny exhibit with another rate: its records become stale."""

from dataclasses import replace

import tiny_exhibit

_PARAMS = tuple(replace(p, value=0.02) if p.name == "rate" else p for p in tiny_exhibit.EXHIBIT.params)
EXHIBIT = replace(tiny_exhibit.EXHIBIT, params=_PARAMS)
