"""What tests of the runner share: which steps were really computed, what is kept, exhibits with other profiles."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from tiny_exhibit import EXHIBIT

from repro.record.run import runs
from repro.runner import carry, code, keys, source
from repro.runner.carry import Job
from repro.runner.groups import groups


def steps(log):
    """(run, step, process) of every step that was really computed, in order."""
    text = log.read_text() if log.exists() else ""
    return [
        (name, int(t), int(pid))
        for name, t, pid in (x.split() for x in text.splitlines() if x.count(" ") == 2)
    ]


def trained(places):
    """Names of the runs of which any step was computed."""
    return {name for name, _, _ in steps(places / "steps.log")}


def wait_for(condition, seconds=200):
    """Until the condition holds; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def kept(places):
    """File → result of every finished run below `places`."""
    found = Path(places).rglob("runs/??/*/*.json")
    return {path: json.loads(path.read_text()) for path in found}


def packed(places):
    """The files of the packs that the fixture `made` has written."""
    return sorted((places / "packed").iterdir())


def with_profile(name, exhibit=EXHIBIT, **changes):
    """The exhibit with another profile of this name."""
    profiles = [replace(p, **changes) if p.name == name else p for p in exhibit.profiles]
    return replace(exhibit, profiles=tuple(profiles))


def jobs(places, exhibit=EXHIBIT, profile="smoke", changes=None, device="cpu", **more):
    """A job a group."""
    sized = exhibit.profile(profile)
    made = groups(exhibit, sized, runs(exhibit, sized, changes=changes), device)
    return [Job(exhibit.id, g, str(places / "runs"), device, **more) for g in made]


def forget():
    """Sources change under the test's feet: drop what was read of them."""
    for cached in (source.locate, source.read, code._reached, code._digests, keys.work_of, keys.code_of):
        cached.cache_clear()


class Package:
    """A package of the test's own, `mine`, whose modules may be rewritten."""

    def __init__(self, folder):
        self.folder = folder / "mine"
        self.write("__init__", "")

    def write(self, name, text, suffix=".py"):
        """Give a module this source; what was imported and read before is forgotten."""
        path = (self.folder / name).with_suffix(suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        carry.STARTED = (
            time.time() + 1
        )  # as if the process had started after the edit, which `forget` makes true
        self.forget()

    def forget(self):
        """Import and read the package afresh from now on."""
        for name in [m for m in sys.modules if m.partition(".")[0] == "mine"]:
            del sys.modules[name]
        forget()
