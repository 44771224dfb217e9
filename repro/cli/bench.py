"""Time a training step: the command line of `repro.bench`, under our name."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Pass the arguments on."""
    from repro.bench import main as bench_main

    return int(bench_main(argv))
