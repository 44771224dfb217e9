"""Nothing that a work really runs is left out of its digest: smoke runs of all, watched in a fresh process each."""

import json
import os
import subprocess
import sys

import pytest
from small import small

from repro.exhibits import all_exhibits, read
from repro.record.run import runs
from repro.runner import code
from repro.runner.groups import groups
from repro.runner.keys import work_of
from repro.runner.source import counts

WORKS = {e.trained_by: e for e in (*reversed(all_exhibits()), read("tiny"))}

WATCH = """
import importlib, json, sys

called, known, package, asked = set(), set(), sys.argv[1], json.load(sys.stdin)

def watch(frame, event, argument):  # of a trace the calls alone: a profile is told of every C function too
    if frame.f_code not in known:
        known.add(frame.f_code)
        if frame.f_code.co_filename.startswith(asked["top"]):
            called.add((frame.f_globals.get("__name__"), frame.f_code.co_qualname))

from repro.record.run import Run
from repro.train.given import Given
from repro.train.loop import Context

work = importlib.import_module(f"{package}.work").work
sys.settrace(watch)
for group in asked["groups"]:
    work(Given([Run.from_json(r) for r in group]), Context(download=False))
sys.settrace(None)
loaded = [m for m in sys.modules if m.split(".")[0] in ("repro", package.split(".")[0])]
json.dump({"loaded": loaded, "called": sorted(c for c in called if c[0])}, sys.stdout)
"""


@pytest.mark.slow
@pytest.mark.parametrize("package", WORKS)
def test_all_that_is_loaded_and_called_counts_or_is_apart(package, places):
    exhibit = WORKS[package]
    profile = exhibit.profile("smoke")
    made = groups(exhibit, profile, runs(exhibit, profile, changes=small(exhibit)), "cpu")
    top = os.path.dirname(os.path.dirname(code.read("repro").path))
    asked = {"top": top, "groups": [[r.as_json() for r in g.runs] for g in made]}
    words = [sys.executable, "-c", WATCH, package]
    done = subprocess.run(
        words, input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    module, _, function = work_of(package).partition(":")
    reached = code._reached((module, function), code.ALWAYS)
    ours = {m for m in seen["loaded"] if counts(m, package)}
    assert {"repro.train.loop", f"{package}.work"} <= ours
    unseen = {m for m in ours - reached.keys() if code.read(m).loose}
    assert unseen == set(), "run on being loaded, but seen by no digest"
    assert [module, function] in seen["called"]
    missed = {
        (where, name)
        for where, name in seen["called"]
        if counts(where, package) and not name.startswith("<")
        if name.partition(".")[0] not in reached.get(where, ())
    }
    assert missed == set(), "called, but seen by no digest"
