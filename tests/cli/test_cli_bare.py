"""What works where only torch, numpy and filelock are, as on a GPU machine; what does not says so in a sentence."""

import json
import os
import subprocess
import sys

import pytest
from checkout import git

BARE = """
import sys

class Bare:
    '''Refuses every package but what a GPU machine has.'''
    allowed = {"torch", "numpy", "filelock", "repro", "metadata", "tiny", "tiny_cli", "torchgen", "triton"}
    allowed |= {"mpmath", "sympy", "networkx", "jinja2", "fsspec", "typing_extensions", "markupsafe"}  # torch's own

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in self.allowed and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Bare())
import tiny_cli
from repro.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def bare(places):
    """`bare("run", …)`: the command line in a process in which nothing else can be imported."""

    def call(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-c", BARE, *map(str, arguments)],
            cwd=places,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return call


def test_training_and_taking_home(bare, places):
    done = bare("run", "meprop/tiny", "--profile", "quick", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "no picture of meprop/tiny at quick: there is no matplotlib" in done.stderr
    for arguments in (
        ("list",),
        ("pack", "packed"),
        ("merge", "packed/runs-1.zip", "--runs-dir", "home"),
        ("run", "meprop/tiny", "--device", "any", "--runs-dir", "home"),
    ):
        done = bare(*arguments)
        assert done.returncode == 0 and "Traceback" not in done.stderr, (arguments, done.stderr)


def test_a_claim_that_needs_scipy_is_open_with_the_reason(places):
    """`t_quantile` asks for it: training is not lost, and the verdict is given where there is one."""
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "from dataclasses import replace\n"
        "from tiny_exhibit import EXHIBIT\n"
        "from repro.record import stats\n"
        "from repro.record.judge import judge\n"
        "test = lambda view: stats.paired([1.0, 2.0]).above()\n"
        "exhibit = replace(EXHIBIT, claims=(replace(EXHIBIT.claims[0], test=test),))\n"
        "print(judge(exhibit, {'profile': 'quick'}, [])[0])\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "verdict='open'" in said and "scipy is not installed here: `pip install -e .` brings it" in said


READERS = ("status", "check", "cite meprop/tiny", "report", "commit meprop/tiny")


def test_what_reads_records_says_what_it_lacks(bare, places):
    """In one sentence, with exit code 2."""
    assert bare("run", "meprop/tiny", "--profile", "quick").returncode == 0
    top = places / "top"
    (top / "results").mkdir(parents=True)
    (places / "output" / "meprop").rename(top / "results" / "meprop")
    (top / "README.md").write_text("")
    git(top, "init", "--quiet")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", "start")
    where = {"REPRO_RESULTS": str(top / "results"), "REPRO_ROOT": str(top)}
    for command in READERS:
        more = ("--profile", "quick", "--from", str(top / "results")) if command.startswith("commit") else ()
        done = bare(*command.split(), *more, **where)
        assert done.returncode == 2, command
        assert done.stderr.strip().splitlines() == [
            "repro: jsonschema is not installed here: `pip install -e .` brings it, or do this on a machine that "
            "has it"
        ], command


def test_a_module_of_ours_that_is_not_there_is_a_defect(monkeypatch):
    from repro.cli import app

    def lost(argv):
        raise ModuleNotFoundError("No module named 'repro.lost'", name="repro.lost")

    monkeypatch.setattr(app, "_dispatch", lost)
    with pytest.raises(ModuleNotFoundError):
        app.main([])


def test_a_stamp_is_written_at_home(clone, capsys):
    from repro.cli import main

    (clone / ".gitignore").write_text(".stamp\n")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "more")
    assert main(["pack", "--stamp", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert not said["dirty"] and said["commit"] == json.loads((clone / ".stamp").read_text())["commit"]
    assert main(["pack", "--stamp", "somewhere"]) == 2
    (clone / "code.py").write_text("a = 2\n")
    assert main(["pack", "--stamp"]) == 0
    out = capsys.readouterr().out
    assert "uncommitted changes are in it" in out and f"REPRO_COMMIT={said['commit']}:{said['files']}" in out


def test_a_record_made_from_a_copy_can_be_committed_at_home(clone, capsys):
    """The copy has no git: its record names the commit of the stamp."""
    from repro.cli import main

    (clone / ".gitignore").write_text(".stamp\noutput/\n")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "more")
    assert main(["pack", "--stamp"]) == 0
    hidden = clone.parent / "git"
    (clone / ".git").rename(hidden)
    assert main(["run", "meprop/tiny", "--profile", "quick"]) == 0
    hidden.rename(clone / ".git")
    assert main(["commit", "meprop/tiny", "--profile", "quick"]) == 0
    facts = json.loads((clone / "results/meprop/tiny/quick.json").read_text())
    assert facts["code"]["commit"] == json.loads((clone / ".stamp").read_text())["commit"]
    assert facts["code"]["dirty"] is False
