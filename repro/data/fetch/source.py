"""What a data set and its files are, as plain descriptions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A published file: its name, its length in bytes, its SHA-256 in hex.

    `plain` is the same file uncompressed, which is accepted in its place.
    """

    name: str
    size: int
    sha256: str
    plain: File | None = None


@dataclass(frozen=True)
class Source:
    """A data set: its files, where they come from and who loads them.

    `folders` are the places below the data folder where files are looked for; downloads go to the first.
    `mirrors` are base addresses, tried in order; empty where no open publisher is known, and then `how` says
    how a user gets a copy. `archive` is the one file in which the publisher packs all the others, `member`
    the folder inside it. `bundled` is the importable package that brings the set; no file is then looked for
    in the data folder, and `files` has the sums of what the package brings.

    `loader` ("images", "text" or "trees") is the kind of data, `form` the format within it, `shape` the
    (channels, height, width) of images. `stand_in` names the bundled set that takes its place by habit where it
    cannot be had and the caller allows it.
    """

    name: str
    title: str
    files: tuple[File, ...]
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    terms: str
    citation: str
    used_by: tuple[str, ...]
    loader: str
    form: str
    shape: tuple[int, int, int] | None = None
    stand_in: str | None = None
    bundled: str = ""
    archive: File | None = None
    member: str = ""
    how: str = ""

    @property
    def size(self) -> int:
        """Bytes of all its files as published."""
        return sum(f.size for f in self.files)

    @property
    def sums(self) -> dict[str, str]:
        """File name -> SHA-256 of the file as published."""
        return {f.name: f.sha256 for f in self.files}


def files_of(manifest: str) -> tuple[File, ...]:
    """Files from lines of `sha256 bytes name`."""
    rows = (line.split() for line in manifest.strip().splitlines())
    return tuple(File(name, int(size), sha256) for sha256, size, name in rows)
