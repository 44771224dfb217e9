"""All data sets by name: the published ones and the bundled ones."""

from __future__ import annotations

from repro.data.fetch.bundled import DIGITS, INVENTED_TEXT, INVENTED_TREES, MNIST5K
from repro.data.fetch.published import CIFAR10, MNIST, PTB, PTB_CHAR, TREEBANK, UD_EWT
from repro.data.fetch.source import File, Source
from repro.errors import UnknownNameError

__all__ = ["SOURCES", "File", "Source", "catalogue", "source", "stand_ins"]

SOURCES: dict[str, Source] = {
    s.name: s
    for s in (
        *(MNIST, CIFAR10, PTB, PTB_CHAR, UD_EWT, TREEBANK),
        *(MNIST5K, DIGITS, INVENTED_TEXT, INVENTED_TREES),
    )
}


def catalogue() -> dict[str, Source]:
    """Every known data set by name."""
    return dict(SOURCES)


def source(name: str) -> Source:
    """The data set called `name`; `UnknownNameError` otherwise."""
    if name not in SOURCES:
        raise UnknownNameError("data set", name, SOURCES)
    return SOURCES[name]


def stand_ins(wanted: Source) -> list[str]:
    """Names of the bundled sets of the same kind that may take the place of `wanted`, the usual one first.

    A bundled set may name itself: a profile has one stand-in for all its data sets, and some are bundled themselves.
    """
    fit = [s.name for s in SOURCES.values() if s.bundled and s.loader == wanted.loader]
    return sorted(fit, key=lambda name: name != wanted.stand_in)
