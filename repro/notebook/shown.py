"""One exhibit as a notebook shows it: from its committed record, or from a run of its own."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repro.errors import BadValueError
from repro.files import writable
from repro.notebook import tables
from repro.notebook.arguments import (
    checked_folder,
    checked_types,
    choose_profile,
    parse_seeds,
    refuse_unknown,
)
from repro.notebook.display import MISSING, Number, Picture, Text
from repro.notebook.short import in_short
from repro.notebook.training import train
from repro.paths import results_dir, runs_dir, working
from repro.record.fresh import require_fresh, superseded
from repro.record.record import Record, seeds_of
from repro.record.run import runs, spec_of
from repro.record.standing import NO_NUMBERS, best_profile, standing
from repro.record.stats import paired
from repro.record.store import load, save
from repro.record.view import MissingData, View
from repro.show import claims, kinds
from repro.show.citing import citation
from repro.show.frame import frame, plot
from repro.show.tables import Table
from repro.show.words import spans
from repro.spec import Exhibit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

OPEN = "(open here)"
"""What a sentence says of a claim that is not decided, if it has no words of its own for that."""


class Shown:
    """An exhibit with its parameters by name, all but device and data sets checked at once."""

    def __init__(self, exhibit: Exhibit, given: dict[str, Any]):
        refuse_unknown(exhibit, given)
        checked_types(given)
        self.exhibit, self.source = exhibit, str(given.get("source") or "recorded")
        self.profile = choose_profile(exhibit, self.source, given.get("profile"))
        self.seeds, self.data = parse_seeds(given.get("seeds")), checked_folder(given.get("data"))
        self.device, self.workers = str(given.get("device") or "auto"), given.get("workers") or 1
        self.out = str(working() / Path(given["out"]).expanduser()) if given.get("out") else ""
        own = {p.name for p in exhibit.params}
        self.changes = {k: v for k, v in given.items() if k in own and v is not None}
        if self.source == "recorded" and (self.seeds or self.changes):
            asked = ", ".join([*self.changes, *["seeds"] * bool(self.seeds)])
            raise BadValueError(f'{asked}: a change needs source "run"; a record has been made with its own')
        self.planned = runs(exhibit, exhibit.profile(self.profile), self.seeds, self.changes)
        for place in ([self.out] if self.out else []) + ([runs_dir()] if self.source == "run" else []):
            writable(Path(place))

    def __repr__(self) -> str:
        how = "its committed record" if self.source == "recorded" else "a run of its own"
        changed = ", ".join(f"{k} = {v}" for k, v in self.changes.items())
        return f"{self.exhibit.id} at profile {self.profile}, from {how}" + (
            f"; changed: {changed}" if changed else ""
        )

    @cached_property
    def _record(self) -> Record:
        if self.source == "run":
            from repro.runner.run import Options  # late: what only reads records needs no torch

            asked = Options(
                self.device, self.data, seeds=self.seeds, changes=self.changes, workers=self.workers
            )
            return train(self.exhibit, self.profile, asked)
        record = load(results_dir(), self.exhibit.id, self.profile)
        require_fresh(self.exhibit, record)
        return record

    @cached_property
    def view(self) -> View:
        """The record's rows as claims and figures read them."""
        return View(self._record.rows, self.exhibit.arms)

    # the answer -------------------------------------------------------------------------------------------------

    def in_short(self) -> Text:
        """What the paper says, what we measured, how sure, why different."""
        best = self.source == "recorded" and self.profile == best_profile(self.exhibit)
        stands = [s for s in standing(self.exhibit) if s.record.profile != self.profile] if best else []
        told = [s for s in stands if s.judgement.ours != NO_NUMBERS]
        return Text(in_short(self.exhibit, self._record, told))

    def record(self) -> Text:
        """Load the record, or train; says on which data, and keeps it with its picture if `out` is set."""
        record = self._record
        data = record.facts["data"] or {}
        loud = "**STAND-IN DATA, verdicts stay open.** " if data.get("stand_in") else ""
        seeds = spans(seeds_of(record.facts))
        if superseded(self.exhibit, record):
            loud += f"**Of an earlier plan** ({record.facts['superseded']}). "
        lines = [f"{loud}{self!r}: {len(record.rows):,} rows, seeds {seeds}."]
        lines += [f"Data: {data['note']}."] if data else []
        lines += [f"Missing: {tables.missing(record)}."] if record.facts["missing"] else []
        return Text(" ".join([*lines, *self._keep(record)]))

    def _keep(self, record: Record) -> list[str]:
        if not self.out:
            return []
        from repro.show.draw import draw, save_svg

        path = save(record, Path(self.out))
        save_svg(draw(self.exhibit, record), path.with_suffix(".svg"), record)
        return [f"Kept as {record.exhibit}/{path.stem} (json, csv, svg) in {self.out}."]

    def figure(self, unless: Any = None) -> Picture | Text:
        """The exhibit's figure: ours filled, the paper's numbers hollow or dashed.

        Only a reference to it if the record is that of `unless`, which has been drawn already.
        """
        from repro.show.draw import alt_text, svg_text

        if isinstance(unless, Shown) and unless._record.sha256() == self._record.sha256():
            return Text("The picture of this record stands above, under *In short*.")
        return Picture(alt_text(self.exhibit, self._record), svg_text(self.draw(), outlines=False))

    # in the hand ------------------------------------------------------------------------------------------------

    def draw(self) -> Figure:
        """The exhibit's figure, as a matplotlib figure."""
        from repro.show.draw import draw

        return draw(self.exhibit, self._record)

    def frame(self) -> DataFrame:
        """The record as a tidy pandas DataFrame, with units and provenance."""
        return frame(self.exhibit, self._record)

    def plot(self, metric: str | None = None, arms: Any = None, ax: Axes | None = None) -> Axes:
        """Curves of a metric (or its values at the end) of some arms, in `ax` or in new axes, which are returned."""
        return plot(self.exhibit, self._record, metric, arms, ax)

    def mean(self, arm: str, metric: str, step: int | None = None, index: object = None) -> Number:
        """Mean over seeds, each at its own end, or at a step; a number that reads "–" if the record does not have it.

        `index`: of a metric that has one, a layer for instance.
        """
        self.exhibit.arm(arm), self.exhibit.metric(metric)
        one = None if index is None else str(index)
        try:
            ends = step is None
            rows = (
                self.view.last(arm, metric, one)
                if ends
                else self.view.select(arm, metric, step=step, index=one)
            )
        except MissingData:
            return Number(math.nan)
        return Number(sum(r[5] for r in rows) / len(rows))

    @property
    def steps(self) -> str:
        """How many steps the longest of its runs has made."""
        return f"{max(r[3] for r in self._record.rows):,}"

    def gain(self, arm: str, other: str, metric: str) -> str:
        """What `arm` has beyond `other` at the end, paired by seed, with its 95 % interval; "–" where one lacks."""
        try:
            return str(paired(self.view.paired(arm, other, metric)))
        except MissingData:
            return MISSING

    def ahead(self, arm: str, other: str, metric: str) -> bool | None:
        """Whether `arm` ends above `other`, paired by seed: None where the 95 % interval does not decide it."""
        try:
            return paired(self.view.paired(arm, other, metric)).above()
        except MissingData:
            return None

    def either(self, claim: str, yes: str, no: str, undecided: str = OPEN) -> str:
        """A sentence by the verdict on a claim: `yes` if its direction holds, `no` if not, else `undecided`.

        What an open one indicates all the same, on a stand-in for instance, is no answer; the table of claims has it.
        """
        verdict = {j.claim.id: j.verdict for j in self._record.judgements(self.exhibit)}[claim]
        if verdict in ("reproduced", "direction only"):
            return yes
        return no if verdict == "not reproduced" else undecided

    # tables -----------------------------------------------------------------------------------------------------

    def numbers(self) -> Table:
        """Our numbers ± sd beside the paper's."""
        return kinds.numbers(self.exhibit, self._record)

    def claims(self) -> Table:
        """The verdict on each claim, computed afresh from the record's rows."""
        late = claims.judged_late(self.exhibit, self._record)
        return claims.table(self._record.judgements(self.exhibit), late)

    def deviations(self) -> Text:
        """The numbered differences from the paper."""
        return Text(tables.deviations(self.exhibit))

    def specification(self) -> Table:
        """Every hyper-parameter with its source; the values are those that the record's runs used."""
        recorded = self.source == "recorded"
        spec = self._record.facts["spec"] if recorded else spec_of(self.planned)
        return tables.specification(self.exhibit, self.profile, spec)

    def provenance(self) -> Table:
        """Paper, record, code, machine, time."""
        return tables.provenance(self._record)

    def cite(self) -> Text:
        """BibTeX of this result and of the pinned paper."""
        return Text(f"```bibtex\n{citation(self.exhibit, self._record)}```")
