"""The package as `pip install` leaves it, from a wheel, in an environment and a folder of its own: no clone in sight.

The environment takes the packages of this one by a path, so that nothing is downloaded. This one's editable install
is not among them.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from checkout import git

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
BUILT_FROM = ("repro", "metadata", "results", "notebooks")
FILES = (".gitignore", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "CITATION.cff", "LICENSE")
ABSENT = ("torch", "sklearn", "mlxtend", "papermill", "jinja2", "nbconvert", "nbformat", "IPython")
BARE = f"""
import sys
for name in {ABSENT}:
    sys.modules[name] = None  # importing it now fails as if it were not installed
"""
COMMAND = "from repro.cli import main\nsys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of this tree, a git checkout of its own with everything committed."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in BUILT_FROM:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.tmp"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        git(copy, *command)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-build-isolation",
        "--no-deps",
        "-w",
        out,
        copy,
    ]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=300)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=copy, capture_output=True, text=True, check=True
    ).stdout.strip()
    return next(out.glob("*.whl")), commit


@pytest.fixture(scope="module")
def home(wheel, tmp_path_factory):
    """An environment with the wheel in it, and an empty folder to work in."""
    top = tmp_path_factory.mktemp("installed")
    venv.create(top / "venv", with_pip=False, symlinks=True)
    site = next((top / "venv" / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel[0]).extractall(site)
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (top / "work").mkdir()
    return top


@pytest.fixture
def python(home):
    """`python(code, *arguments)` → the finished process, in the new environment, without any of our variables."""

    def call(code, *arguments, **more):
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("REPRO_", "PYTHON", "XDG_", "PYTEST"))
        }
        environment = {**kept, "HOME": str(home), "REPRO_OFFLINE": "1", **more}
        return subprocess.run(
            [home / "venv" / "bin" / "python", "-c", code, *map(str, arguments)],
            cwd=home / "work",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return call


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("list", "dni/table2"),
        ("check --verbose sg/fig6", "✓ reproduced"),
        ("status", "fresh"),
        ("cite dni/table2 --style bibtex", "@inproceedings{jaderberg2017decoupled"),
        ("data list", "missing"),
        ("papers pins --check", ""),
    ],
)
def test_reading_needs_neither_torch_nor_jupyter(python, command, said):
    done = python(BARE + COMMAND, *command.split())
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_a_record_in_the_hand(python):
    done = python(
        BARE
        + "import repro; f = repro.load('meprop/fig4'); print(len(f), f.attrs['exhibit'], repro.__file__)"
    )
    assert done.returncode == 0, done.stderr
    rows, exhibit, place = done.stdout.split()
    assert int(rows) > 1000 and exhibit == "meprop/fig4" and "site-packages" in place


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "run sg/fig6 --profile smoke",
            "torch is not installed here: this package's extra [train] brings it",
        ),
        ("reproduce sg/fig6", "papermill is not installed here: this package's extra [notebooks] brings it"),
        ("new dni/fig99", "a new exhibit needs a clone of the repository; this is an installed package"),
        ("render sg/fig6", "needs a clone"),
        ("report --write", "needs a clone"),
        ("commit sg/fig6 --profile cpu", "needs a clone"),
        ("pack --stamp", "is not a git checkout"),
    ],
)
def test_what_is_missing_is_said_truly(python, command, said):
    done = python(BARE + COMMAND, *command.split())
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_a_copied_notebook_trains_and_keeps_its_runs_in_the_cache(python, home, wheel):
    """By papermill, as a reader would; the record names the commit that the wheel was built from."""
    assert python("import sys\n" + COMMAND, "notebooks", "copy", "mine", "sg/fig6").returncode == 0
    run = "import sys; from papermill.__main__ import papermill; papermill()"
    given = "-k python3 -p source run -p profile smoke -p out made --no-progress-bar".split()
    done = python(run, "mine/sg/fig6.ipynb", "out.ipynb", *given, MPLBACKEND="agg")
    assert done.returncode == 0, done.stderr
    record = json.loads((home / "work" / "made" / "sg" / "fig6" / "smoke.json").read_text(encoding="utf-8"))
    assert record["code"]["commit"] == wheel[1] and not record["code"]["dirty"]
    assert any((home / ".cache" / "dni-meprop-repro" / "runs").rglob("*.json*"))
    assert wheel[1] in (home / "work" / "out.ipynb").read_text(encoding="utf-8"), "the citation"


def test_nothing_was_written_beside_the_package(home):
    """Last: no runs, data or outputs in site-packages, after all of the above."""
    site = next((home / "venv" / "lib").glob("python*/site-packages"))
    assert {p.name for p in site.iterdir() if not p.name.endswith((".dist-info", ".pth"))} <= {
        *("repro", "metadata", "__pycache__"),
    }
