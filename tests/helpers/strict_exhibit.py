"""The tiny exhibit with a claim that its numbers do not support."""

from dataclasses import replace

import tiny_exhibit

from repro.spec import Outcome


def _never(view):
    seen = tiny_exhibit.EXHIBIT.claims[0].test(view)
    return Outcome(False, seen.ours)


EXHIBIT = replace(tiny_exhibit.EXHIBIT, claims=(replace(tiny_exhibit.EXHIBIT.claims[0], test=_never),))
