"""Nothing that a claim's test computes with is left out of its digest: imports, and tests watched on records."""

import ast
import os
import sys
from pathlib import Path

import pytest

from repro.exhibits import all_exhibits, read
from repro.record.store import load, recorded
from repro.runner import code
from repro.runner.source import EVERYTHING, counts, locate

RESULTS = Path(__file__).resolve().parents[2] / "results"
EXHIBITS = [*all_exhibits(), read("repro.exhibits.skeleton")]
TOP = os.path.dirname(locate("repro")) + os.sep
ONLY_READ = {"repro.claim", "repro.errors", "repro.record", "repro.record.view", "repro.spec"}
"""Words, and what hands out a record's rows as they are (or their mean). Of these a claim's digest holds nothing."""


def imported(module):
    """Modules of ours that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(locate(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        else:
            continue
        yield from (n for n in names if n.partition(".")[0] == "repro" and locate(n))


def computing():
    """Modules that claims import, and those that these import, but for what only reads."""
    todo, seen = [f"{e.package}.claims" for e in EXHIBITS], set()
    while todo:
        module = todo.pop()
        if module not in seen | ONLY_READ:
            seen.add(module)
            todo += imported(module) if counts(module) else ()
    return sorted(seen)


def test_the_walk_finds_what_claims_share():
    there = {f"repro.record.{m}" for m in ("stats", "cells", "dots")}
    assert {*there, "repro.exhibits.dni.judging"} <= {*computing()}


@pytest.mark.parametrize("module", computing())
def test_every_module_that_claims_import_counts_or_only_reads(module):
    assert counts(module)


def called(test, view):
    """(module, name at its top level) of every function of ours that a claim's test calls, but for reading."""
    found, known = set(), set()

    def watch(frame, event, argument):
        own = frame.f_code
        if own in known or not own.co_filename.startswith(TOP):
            return
        above = frame.f_back
        while above is not None and above.f_code is not called.__code__:
            if above.f_globals.get("__name__") in ONLY_READ:
                return  # the mean that a view gives out
            above = above.f_back
        known.add(own)
        found.add((frame.f_globals.get("__name__"), own.co_qualname.partition(".")[0]))

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        test(view)
    except Exception:
        pass  # what it called before counts all the same
    finally:
        sys.settrace(before)
    return found


@pytest.mark.parametrize("exhibit", [e for e in EXHIBITS if recorded(e, RESULTS)], ids=lambda e: e.id)
def test_what_a_claims_test_calls_is_in_its_digest(exhibit):
    for profile in recorded(exhibit, RESULTS):
        view = load(RESULTS, exhibit.id, profile).view(exhibit)
        for claim in exhibit.claims:
            module, name = claim.test.__module__, claim.test.__qualname__.partition(".")[0]
            reached = code._reached((module, name if name in code.read(module).definitions else EVERYTHING))
            seen = {c for c in called(claim.test, view.anew()) if c[0] not in ONLY_READ}
            assert (module, name) in seen
            missed = {c for c in seen if not c[1].startswith("<") and c[1] not in reached.get(c[0], ())}
            assert missed == set(), f"{claim.id} at {profile}: called, but seen by no digest"
