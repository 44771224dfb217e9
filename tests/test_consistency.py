"""The repository agrees with itself: exhibits, committed records, versions, sizes, words."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from repro import __version__, audit, pages
from repro.claims import MissingData, View, judge
from repro.exhibits import INDEX, all_exhibits, get
from repro.nulls import vacuous
from repro.piece import arms_of, parameters, pieces
from repro.record import load
from repro.spec import PROFILES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PLACE = re.compile(
    r"(v\d )?(A\.\d|[A-D]\b|Tables?|Figures?|Eqs?\.|equation|[Ss]ections?|supplement|appendix|Algorithm|abstract|"
    r"Theorem|Proposition|Definition|Lemma)",
    re.IGNORECASE,
)
RECORDS = [
    (i, p.stem) for i in INDEX for p in sorted((ROOT / "results" / i).glob("*.json")) if p.stem in PROFILES
]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.splitlines()
TRACKED = TRACKED or [  # an unpacked archive instead of a clone
    p.relative_to(ROOT).as_posix()
    for folder in ("repro", "metadata", "tests", "docs", "notebooks", "results")
    for p in (ROOT / folder).rglob("*.*")
]
SOURCES = [
    ROOT / t for t in TRACKED if t.endswith(".py") and t.split("/")[0] in ("repro", "metadata", "tests")
]


@pytest.fixture(params=list(INDEX))
def exhibit(request):
    return get(request.param)


def test_ids_and_names_are_told_apart(exhibit):
    assert [e.id for e in all_exhibits()] == list(INDEX)
    assert exhibit.paper in ("dni", "sg", "meprop")
    for things in (exhibit.arms, exhibit.claims):
        ids = [t.id for t in things]
        assert len(set(ids)) == len(ids)
    for named in (exhibit.params, exhibit.metrics, exhibit.profiles):
        names = [n.name for n in named]
        assert len(set(names)) == len(names)


def test_it_explains_itself(exhibit):
    assert exhibit.title and len(exhibit.shows) > 60 and PLACE.match(exhibit.place)
    assert all(m.doc for m in exhibit.metrics) and all(a.label and a.series for a in exhibit.arms)


def test_every_profile_is_there_and_plans_pieces(exhibit):
    assert [p.name for p in exhibit.profiles] == list(PROFILES)
    for profile in exhibit.profiles:
        made = pieces(exhibit, profile)
        assert made and len({p.name for p in made}) == len(made)
        assert profile.budget
        assert set(profile.more_seeds) <= {a.id for a in exhibit.arms}
        assert set(profile.together) <= {"*", *(a.id for a in exhibit.arms)}
        assert set(profile.cpu_apart) <= {a.id for a in exhibit.arms}
        assert set(profile.arm_overrides) <= {a.id for a in arms_of(exhibit, profile)}
        if profile.name in ("cpu", "paper"):
            assert profile.stand_in is None, "only small profiles may substitute"


def test_every_parameter_has_its_source(exhibit):
    for p in exhibit.params:
        assert PLACE.match(p.source) or re.match(r"assumed: \S", p.source), f"{p.name}: {p.source!r}"


def test_overrides_name_parameters_and_keep_their_type(exhibit):
    params = {p.name: p for p in exhibit.params}
    for profile in exhibit.profiles:
        for arm, overrides in {None: profile.overrides, **profile.arm_overrides}.items():
            values = parameters(exhibit, profile, arm=arm)
            for name, override in overrides.items():
                like = params[name].value
                assert override.why and values[name] == override.value
                assert isinstance(
                    override.value, type(like) | (int if isinstance(like, float) else type(like))
                )


def test_the_papers_profile_is_the_papers(exhibit):
    silent = {p.name for p in exhibit.params if p.source.startswith("assumed:")}
    paper = exhibit.profile("paper")
    assert set().union(paper.overrides, *paper.arm_overrides.values()) <= silent


def test_arms_report_known_metrics_and_share_their_settings(exhibit):
    metrics = {m.name for m in exhibit.metrics}
    for arm in exhibit.arms:
        assert set(arm.reported) <= metrics
        assert set(exhibit.group_by or ()) <= set(arm.settings)


def test_claims_have_place_numbers_tolerance_and_known_profiles(exhibit):
    for claim in exhibit.claims:
        assert PLACE.search(claim.place), f"{claim.id}: {claim.place!r}"
        assert claim.text and claim.paper and claim.tolerance
        assert set(claim.profiles) <= set(PROFILES)
        assert claim.profiles or claim.elsewhere, "one that is never judged says why"
        assert exhibit.kind == "analytic" or "smoke" not in claim.profiles, "smoke only shows that it runs"


def test_deviations_are_numbered(exhibit):
    assert [d.number for d in exhibit.deviations] == list(range(1, len(exhibit.deviations) + 1))
    assert all(d.what and d.paper and d.ours and d.why for d in exhibit.deviations)


@pytest.mark.parametrize(("exhibit_id", "profile"), RECORDS)
def test_committed_records_hold(exhibit_id, profile):
    """They load, are fresh, complete, of committed code, and their stored verdicts follow from their rows."""
    known, record = get(exhibit_id), load(ROOT / "results", exhibit_id, profile)
    audit.refuse_for_results(known, record)
    assert audit.problems(known, record) == []
    assert [j.reason for j in record.judgements(known) if "its test failed" in j.reason] == []
    assert (ROOT / "results" / exhibit_id / f"{profile}.svg").exists()


@pytest.mark.parametrize(("exhibit_id", "profile"), RECORDS)
def test_no_claim_survives_where_there_is_nothing_to_see(exhibit_id, profile):
    known, record = get(exhibit_id), load(ROOT / "results", exhibit_id, profile)
    assert vacuous(known, record.rows) == {}


@pytest.mark.parametrize(("exhibit_id", "profile"), RECORDS)
def test_a_lost_arm_never_decides_a_claim(exhibit_id, profile):
    """Each verdict stays what it was or becomes open: none is won or lost by what is not there."""
    known, record = get(exhibit_id), load(ROOT / "results", exhibit_id, profile)
    before = {j.claim.id: j.verdict for j in judge(known, record.facts, record.rows)}
    for lost in {r[0] for r in record.rows}:
        rows = [r for r in record.rows if r[0] != lost]
        for j in judge(known, record.facts, rows):
            assert j.verdict in ("open", before[j.claim.id]), f"{j.claim.id} without {lost}"
            assert "its test failed" not in j.reason, f"{j.claim.id} without {lost}: {j.reason}"


@pytest.mark.parametrize(("exhibit_id", "profile"), RECORDS)
def test_a_lost_run_leaves_every_claim_open(exhibit_id, profile):
    """One seed less moves means and spreads, so the piece that the record says is missing decides."""
    known, record = get(exhibit_id), load(ROOT / "results", exhibit_id, profile)
    for arm, seed in {r[:2] for r in record.rows}:
        rows = [r for r in record.rows if r[:2] != (arm, seed)]
        lost = {**record.facts, "missing": [{"piece": f"{arm}/{seed}", "why": "its worker died"}]}
        for j in judge(known, lost, rows):
            assert j.verdict == "open", f"{j.claim.id} without seed {seed} of {arm}"
            assert "its test failed" not in j.reason, f"{j.claim.id} without seed {seed} of {arm}"


def test_claims_about_nothing_say_what_is_missing(exhibit):
    for claim in exhibit.claims:
        with pytest.raises(MissingData):
            claim.test(View([]))


def test_nothing_in_results_is_unknown():
    known = {f"results/{i}/{p}{s}" for i in INDEX for p in PROFILES for s in (".json", ".csv", ".svg")}
    assert {t for t in TRACKED if t.startswith("results/")} <= known


CONDA = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "PyYAML": "pyyaml",
    "types-PyYAML": "types-pyyaml",
}


def requirement(text):
    name, specs = re.fullmatch(r"([A-Za-z0-9-]+)(.*)", text).groups()
    return CONDA.get(name, name), frozenset(specs.split(",")) - {""}


def test_generated_pages_are_current():
    """docs/deviations.md and docs/metrics.md; `repro report --write` makes them."""
    assert pages.update(check=True)


def test_environment_yml_is_in_step_with_pyproject():
    theirs = yaml.safe_load((ROOT / "environment.yml").read_text())
    packages = dict(map(requirement, (d for d in theirs["dependencies"] if isinstance(d, str))))
    assert packages.pop("python") == {PROJECT["requires-python"]}
    packages.pop("pip")
    ours = dict(map(requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]))
    assert packages == ours
    assert [d["pip"] for d in theirs["dependencies"] if isinstance(d, dict)] == [["--editable=."]]
    assert theirs["name"] == PROJECT["name"] and theirs["channels"] == ["conda-forge"]


def test_every_dependency_has_its_reason():
    lines = (ROOT / "environment.yml").read_text().splitlines()
    entries = [x for x in lines if re.match(r" +- ", x) and not x.endswith("pip:")]
    assert len(entries) > 25 and all("  # " in x for x in entries)
    block = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("[project.scripts]")[0]
    assert all("#" in x for x in block.splitlines() if x.startswith('    "'))


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"] == __version__
    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert "## Errata" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("command", ["make reproduce", "make test"])
def test_the_two_commands_are_named_where_people_look(command):
    assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name in ("README.md", "CONTRIBUTING.md"):
        assert command in (ROOT / name).read_text()
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno + 1 <= 40, f"{node.name} is long"


def test_no_place_of_somebodys_machine():
    place = re.compile(r"(?<![\w.])/(home|root|work|Users|mnt|opt|scratch)/[\w.-]+|[A-Z]:\\\\?Users")
    for name in TRACKED:
        path = ROOT / name
        if (
            path.suffix in (".py", ".md", ".toml", ".yml", ".json", ".ipynb", ".csv", ".cff")
            and path.exists()
        ):
            found = [m[0] for m in place.finditer(path.read_text(encoding="utf-8"))]
            assert not found or path == Path(__file__), f"{name}: {found[:3]}"
