"""The tiny exhibit, wanting a data set that no test downloads."""

from dataclasses import replace

import tiny_exhibit

_PROFILES = tuple(replace(p, dataset="mnist") for p in tiny_exhibit.EXHIBIT.profiles)
EXHIBIT = replace(tiny_exhibit.EXHIBIT, id="meprop/cpu-data", profiles=_PROFILES)
