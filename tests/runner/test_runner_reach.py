"""Nothing that a work really runs is left out of its digest: smoke runs of all, watched in a process each."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small import small

from repro.exhibits import all_exhibits, read
from repro.record.run import runs
from repro.runner import code
from repro.runner.groups import groups
from repro.runner.keys import work_of
from repro.runner.source import counts

HELPERS = Path(__file__).resolve().parents[1] / "helpers"
WORKS = {e.trained_by: e for e in (*reversed(all_exhibits()), read("tiny"))}

WATCH = """
import importlib, json, os, sys

if sys.platform == "linux":  # elsewhere a fork of a process with its threads is not safe
    import sympy, torch  # once for all: no module of ours, and nothing that is watched

def watched(package, top, groups):
    called, known = set(), set()

    def watch(frame, event, argument):  # of a trace the calls alone: a profile is told of every C function too
        if frame.f_code not in known:
            known.add(frame.f_code)
            if frame.f_code.co_filename.startswith(top):
                called.add((frame.f_globals.get("__name__"), frame.f_code.co_qualname))

    from repro.record.run import Run
    from repro.train.given import Given
    from repro.train.loop import Context

    work = importlib.import_module(f"{package}.work").work
    sys.settrace(watch)
    for group in groups:
        work(Given([Run.from_json(r) for r in group]), Context(download=False))
    sys.settrace(None)
    loaded = [m for m in sys.modules if m.split(".")[0] in ("repro", package.split(".")[0])]
    return {"loaded": loaded, "called": sorted(c for c in called if c[0])}

asked = json.load(sys.stdin)
assert not any(m.split(".")[0] in {p.split(".")[0] for p in ("repro", *asked)} for m in sys.modules)
for package, of_it in asked.items():
    if (child := os.fork()) == 0:
        with open(package, "w") as file:
            json.dump(watched(package, **of_it), file)
        sys.stderr.flush()
        os._exit(0)  # an exception ends the fork otherwise: its file is empty, its traceback on standard error
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(f"{package} ended with {code}", file=sys.stderr, flush=True)
"""


def asked_of(exhibit):
    profile = exhibit.profile("smoke")
    made = groups(exhibit, profile, runs(exhibit, profile, changes=small(exhibit)), "cpu")
    top = os.path.dirname(os.path.dirname(code.read("repro").path))
    return {"top": top, "groups": [[r.as_json() for r in g.runs] for g in made]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where each work, run in a fork of its own, has told what it loaded and called."""
    folder = tmp_path_factory.mktemp("reach")
    own = {f"REPRO_{name}": str(folder / name.lower()) for name in ("RESULTS", "RUNS", "DATA")}
    path = f"{HELPERS.parents[1]}{os.pathsep}{HELPERS}"
    env = {**os.environ, **own, "REPRO_OFFLINE": "1", "TINY_LOG": str(folder / "log"), "PYTHONPATH": path}
    words = [sys.executable, "-c", WATCH]
    asked = json.dumps({package: asked_of(e) for package, e in WORKS.items()})
    done = subprocess.run(
        words, input=asked, capture_output=True, text=True, timeout=600, cwd=folder, env=env, check=False
    )
    (folder / "errors").write_text(done.stderr)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("package", WORKS)
def test_all_that_is_loaded_and_called_counts_or_is_apart(package, folder):
    told = (folder / package).read_text() if (folder / package).exists() else ""
    assert told, (folder / "errors").read_text()
    seen = json.loads(told)
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
