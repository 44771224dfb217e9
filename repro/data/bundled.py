"""Sets that a package brings: whether it is there, and brings what is known."""

from __future__ import annotations

from repro.data.fetch.sources import Source


def check_bundled(wanted: Source) -> None:
    """`DataError` unless the package that brings a set is there and brings what is known."""
    if wanted.bundled == "repro":
        from repro.data import invented

        invented.check()
    elif wanted.form == "digits":
        from repro.data import digits

        digits.raw()
    else:
        from repro.data import mnist5k

        mnist5k.raw()
