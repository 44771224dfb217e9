"""What notebooks call: open an exhibit, get its record, show figure, numbers, claims, provenance."""

from __future__ import annotations

import logging
import sys
from functools import cached_property
from pathlib import Path

from repro import exhibits
from repro.errors import BadValueError
from repro.notebook import tables
from repro.notebook.arguments import choose_profile, parse_changes, parse_seeds, refuse_misspelt
from repro.notebook.display import Code, Picture, Text
from repro.notebook.source import source_of
from repro.paths import results_dir, root
from repro.record.fresh import require_fresh, superseded
from repro.record.record import Record, seeds_of
from repro.record.run import runs, spec_of
from repro.record.store import load, save
from repro.show import claims, kinds
from repro.show.tables import Table
from repro.spec import Exhibit


def open(
    exhibit_id: str,
    source: str = "recorded",
    profile: str = "",
    device: str = "auto",
    seeds: str | int = "",
    settings: str = "",
    data_dir: str = "",
    out: str = "",
) -> Shown:
    """An exhibit with the notebook's parameters, all but device and data checked at once."""
    refuse_misspelt(_notebooks_names())
    return Shown(exhibits.get(exhibit_id), source, profile, device, str(seeds), settings, data_dir, out)


def _notebooks_names() -> list[str]:
    """The names that the notebook's own cells have defined; none outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    return [n for n in (shell.user_ns if shell else ()) if not n.startswith("_")]


class Shown:
    """One exhibit at one profile, from the committed record or from a run of its own."""

    def __init__(
        self,
        exhibit: Exhibit,
        source: str,
        profile: str,
        device: str,
        seeds: str,
        changes: str,
        data_dir: str,
        out: str,
    ):
        self.exhibit, self.source, self.device = exhibit, source, device
        self.profile = choose_profile(exhibit, source, profile)
        self.seeds, self.changes = parse_seeds(seeds), parse_changes(changes)
        if source == "recorded" and (self.seeds or self.changes):
            raise BadValueError('seeds and settings need source "run": a record has been made with its own')
        self.data_dir, self.out = data_dir or None, out
        self.planned = runs(exhibit, exhibit.profile(self.profile), self.seeds, self.changes)

    def __repr__(self) -> str:
        how = "its committed record" if self.source == "recorded" else "a run of its own"
        return f"{self.exhibit.id} at profile {self.profile}, from {how}"

    @cached_property
    def _record(self) -> Record:
        if self.source == "run":
            return self._run()
        record = load(results_dir(), self.exhibit.id, self.profile)
        require_fresh(self.exhibit, record)
        return record

    def _run(self) -> Record:
        from repro.runner.run import Options, run_exhibit, to_do
        from repro.show.progress import ProgressLines

        logging.getLogger("repro.data").addHandler(logging.NullHandler())  # said by `record`, not on stderr
        options = Options(self.device, self.data_dir, seeds=self.seeds, changes=self.changes)
        lines = ProgressLines(
            len(to_do(self.exhibit, self.profile, options)), sys.stdout
        )  # stderr would be red
        return run_exhibit(self.exhibit, self.profile, options, lines)

    def specification(self) -> Table:
        """Every hyper-parameter with its source; the values are those that the record's runs used."""
        recorded = self.source == "recorded"
        spec = self._record.facts["spec"] if recorded else spec_of(self.planned)
        return tables.specification(self.exhibit, self.profile, spec)

    def code(self, path: str) -> Code:
        """The source of "module:object" as it stands in this repository."""
        return source_of(path)

    def record(self) -> Text:
        """Load the record, or train; says on which data, and keeps it with its picture if `out` is set."""
        record = self._record
        data = record.facts["data"] or {}
        loud = "**STAND-IN DATA, verdicts stay open.** " if data.get("stand_in") else ""
        seeds = ", ".join(map(str, seeds_of(record.facts)))
        if superseded(self.exhibit, record):
            loud += f"**Of an earlier plan** ({record.facts['superseded']}). "
        lines = [f"{loud}{self!r}: {len(record.rows)} rows, seeds {seeds}."]
        lines += [f"Data: {data['note']}."] if data else []
        lines += [f"Missing: {tables.missing(record)}."] if record.facts["missing"] else []
        return Text(" ".join([*lines, *self._keep(record)]))

    def _keep(self, record: Record) -> list[str]:
        if not self.out:
            return []
        from repro.show.draw import draw, save_svg

        path = save(record, Path(self.out))
        save_svg(draw(self.exhibit, record), path.with_suffix(".svg"))
        return [f"Kept as {record.exhibit}/{record.profile} (json, csv, svg) in the output folder."]

    def figure(self) -> Picture:
        """The exhibit's figure: ours filled, the paper's numbers hollow or dashed."""
        from repro.show.draw import draw, png_bytes

        return Picture(repr(self), png_bytes(draw(self.exhibit, self._record)))

    def numbers(self) -> Table:
        """Our numbers ± sd beside the paper's."""
        return kinds.numbers(self.exhibit, self._record)

    def claims(self) -> Table:
        """The verdict on each claim, computed afresh from the record's rows."""
        late = claims.judged_late(self.exhibit, self._record)
        return claims.table(self._record.judgements(self.exhibit), late)

    def deviations(self) -> Table:
        """The numbered differences from the paper."""
        return tables.deviations(self.exhibit)

    def provenance(self) -> Table:
        """Paper, record, code, machine, time."""
        return tables.provenance(self._record)

    def cite(self) -> Text:
        """BibTeX of this result and of the pinned paper."""
        from metadata import cff, pin
        from metadata.cite import verified

        code, record = self._record.facts["code"], self._record
        ours = cff.repository(root() / "CITATION.cff", commit=code["commit"], dirty=code["dirty"])
        args = (self.exhibit.id, record.profile, record.sha256(), "bibtex")
        return Text(f"```bibtex\n{verified(pin(self.exhibit.paper), ours, *args)}```")
