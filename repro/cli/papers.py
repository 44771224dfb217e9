"""Verify, identify and cite the pinned papers: the command line of `metadata`, under our name."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Pass the arguments on."""
    from metadata.cli import main as metadata_main

    return metadata_main(argv, prog="repro papers")
