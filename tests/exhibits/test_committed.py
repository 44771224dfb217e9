"""The committed records: they load, hold, and their verdicts are won neither by chance nor by what is not there."""

import json
import re
import shutil
import subprocess
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path

import matplotlib
import pytest
from record_fakes import without

from repro.exhibits import all_exhibits, get
from repro.record import audit
from repro.record.judge import judge_one
from repro.record.nulls import vacuous
from repro.record.reads import Noted
from repro.record.record import run_names
from repro.record.store import load, recorded
from repro.record.view import View
from repro.show.draw import draw, drawn_from, svg_text

DRAWN_BY = "3.11.2"
"""The version of matplotlib: `repro render --all` with another draws all pictures anew."""
RESULTS = Path(__file__).resolve().parents[2] / "results"
RECORDS = [(e.id, profile) for e in all_exhibits() for profile in recorded(e, RESULTS)]


@cache
def committed(exhibit_id, profile):
    return load(RESULTS, exhibit_id, profile)


@pytest.fixture(params=RECORDS, ids=" ".join)
def both(request):
    exhibit_id, profile = request.param
    return get(exhibit_id), committed(exhibit_id, profile)


def test_they_are_fresh_complete_and_of_committed_code(both):
    exhibit, record = both
    audit.refuse_for_results(exhibit, record)
    assert audit.problems(exhibit, record) == []
    assert [j.reason for j in record.judgements(exhibit) if "its test failed" in j.reason] == []
    picture = RESULTS / exhibit.id / f"{record.profile}.svg"
    assert drawn_from(record) in picture.read_text(), "of other numbers: repro render draws it again"


def test_a_stated_budget_is_not_less_than_what_the_record_took(both):
    """Of whole records from CPUs above `quick`, whose seconds say more of what else ran than of the run."""
    exhibit, record = both
    said = re.match(r"≤ (\d+) (min|h) on (one core|2 cores)", exhibit.profile(record.profile).budget)
    cpu = {e["kind"] for e in record.facts["environment"]} == {"cpu"}
    if not said or not cpu or record.profile == "quick" or record.facts["missing"]:
        pytest.skip("no limit is stated, or it is not this record's")
    cores = {"one core": 1, "2 cores": 2}[said[3]]
    assert record.facts["timing"]["wall_s"] <= cores * int(said[1]) * {"min": 60, "h": 3600}[said[2]]


def test_no_claim_survives_where_there_is_nothing_to_see(both):
    exhibit, record = both
    assert vacuous(exhibit, record.rows) == {}


class Noting(View):
    """A view that keeps which arms were read."""

    def _rows_of(self, arm, metric):
        self.read.add(arm)
        return super()._rows_of(arm, metric)


@cache
def drawn(exhibit_id, profile):
    """The lines of its picture that have one point and no mark, the metrics that it reads, and its SVG."""
    exhibit, record = get(exhibit_id), committed(exhibit_id, profile)
    view = Noted(record.rows, exhibit.arms)
    figure = draw(exhibit, record, view)
    lines = [line for ax in figure.axes for line in ax.lines]
    points = [line for line in lines if len(line.get_xdata()) == 1]
    bare = [str(line) for line in points if line.get_marker() in ("", "None", None)]
    return bare, set(view.metrics), svg_text(figure, source=drawn_from(record))


def test_its_picture_is_what_its_figure_draws(both):
    exhibit, record = both
    if matplotlib.__version__ != DRAWN_BY:
        pytest.skip(f"pictures were drawn by matplotlib {DRAWN_BY}; another may round otherwise")
    committed_picture = (RESULTS / exhibit.id / f"{record.profile}.svg").read_text(encoding="utf-8")
    same = drawn(exhibit.id, record.profile)[2] == committed_picture
    assert same, f"repro render {exhibit.id} draws it again"


@cache
def history():
    """The commits behind this working tree; none where there is no history."""
    git = shutil.which("git")
    if git is None or not (RESULTS.parent / ".git").exists():
        return frozenset()

    def told(*command):
        return subprocess.run(
            [git, "-C", RESULTS.parent, *command], check=False, capture_output=True, text=True
        ).stdout

    whole = told("rev-parse", "--is-shallow-repository").strip() == "false"
    return frozenset(told("rev-list", "HEAD").split()) if whole else frozenset()


def test_its_commits_are_of_this_history(both):
    """Those whose code made its runs: anybody can look at that code."""
    code = both[1].facts["code"]
    if not history():
        pytest.skip("no history, or a part of it")
    assert {code["commit"], *(e["commit"] for e in code.get("earlier", ()))} <= history()


def test_no_curve_of_its_picture_is_a_point_without_a_mark(both):
    assert drawn(both[0].id, both[1].profile)[0] == []


def test_of_what_nobody_reads_a_record_holds_little(both):
    """Not the course, nor each layer, of what neither a claim nor the figure nor the notebook looks at."""
    exhibit, record = both
    view = Noted(record.rows, exhibit.arms)
    for claim in exhibit.claims:
        with suppress(Exception):
            claim.test(view)
    read = drawn(exhibit.id, record.profile)[1] | set(view.metrics)
    cells = json.loads((RESULTS.parent / "notebooks" / f"{exhibit.id}.ipynb").read_text())["cells"]
    code = "".join(line for c in cells if c["cell_type"] == "code" for line in c["source"])
    count = Counter(r[2] for r in record.rows if r[2] not in read)
    unread = {m: n for m, n in count.items() if not re.search(rf"""["']{m}["']""", code)}
    assert {m: n for m, n in unread.items() if n > 10 * len(run_names(record.facts))} == {}


def reading(exhibit, record):
    """Arm → the claims that read it."""
    found = {}
    for claim in exhibit.claims:
        view = record.view(exhibit)
        view.__class__, view.read = Noting, set()
        with suppress(Exception):
            claim.test(view)
        for arm in view.read:
            found.setdefault(arm, []).append(claim)
    return found


def test_a_lost_arm_never_decides_a_claim(both):
    """Each verdict stays what it was or becomes open."""
    exhibit, record = both
    view, before = record.view(exhibit), record.judgements(exhibit)
    for lost in view.arms():
        stay_open(record, before, without(view, lost), lost)


def test_a_lost_run_never_decides_a_claim(both):
    """One seed less moves means and spreads: a claim that reads the arm is open. Others do not see it."""
    exhibit, record = both
    view, found = record.view(exhibit), reading(exhibit, record)
    for arm, seed in dict.fromkeys(r[:2] for r in record.rows if r[0] in found):
        before = [j for j in record.judgements(exhibit) if j.claim in found[arm]]
        stay_open(record, before, without(view, arm, seed), f"{arm}/{seed}")


def stay_open(record, before, view, lost):
    for claim, verdict in ((j.claim, j.verdict) for j in before):
        j = judge_one(claim, record.facts, view.anew())
        assert j.verdict in ("open", verdict), f"{claim.id} without {lost}"
        assert "its test failed" not in j.reason, f"{claim.id} without {lost}: {j.reason}"
