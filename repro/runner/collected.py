"""What jobs brought: results and failures by the run's name, exhibit by exhibit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from repro.runner.carry import Job
from repro.runner.groups import Group


@dataclass
class Collected:
    """Results and failures by the run's name; `late`: time ran out."""

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    late: bool = False

    def add(self, job: Job, outcome: dict[str, Any]) -> None:
        """Keep what `attempt` returned for this job; a success forgets earlier failures."""
        self.late |= outcome.get("late", False)
        for run in job.group.runs:
            if "results" in outcome:
                self.results[run.name] = outcome["results"][run.name]
                self.failures.pop(run.name, None)
            else:
                self.failures[run.name] = outcome["failure"]

    def share(self, group: Group, first: Group, found: Collected) -> None:
        """Take over what `found` says of `first`, the group of the same runs under another exhibit's names."""
        for mine, theirs in zip(group.runs, first.runs, strict=True):
            if theirs.name in found.failures:
                self.failures[mine.name] = found.failures[theirs.name]
                self.late |= found.late
            elif theirs.name in found.results:
                self.results[mine.name] = found.results[theirs.name]

    def lacks(self, job: Job) -> bool:
        """Whether a run of the job has failed."""
        return any(r.name in self.failures for r in job.group.runs)


class ByExhibit:
    """`Collected` for jobs of several exhibits, whose runs may share names."""

    def __init__(self) -> None:
        self.of: dict[str, Collected] = {}

    @property
    def late(self) -> bool:
        """Whether time ran out."""
        return any(one.late for one in self.of.values())

    def add(self, job: Job, outcome: dict[str, Any]) -> None:
        """As `Collected.add`."""
        self.of.setdefault(job.exhibit, Collected()).add(job, outcome)

    def lacks(self, job: Job) -> bool:
        """As `Collected.lacks`."""
        return job.exhibit in self.of and self.of[job.exhibit].lacks(job)
