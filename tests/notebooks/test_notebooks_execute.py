"""Executing notebooks: strict parameters, one process each, failures kept with their traceback, others go on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from repro.errors import EXTRAS, BadValueError, UnknownNameError
from repro.exhibits import all_exhibits, get, ids
from repro.notebook import batch, process
from repro.notebook import execute as notebook_execute
from repro.notebook.build import new_notebook
from repro.notebook.execute import check_parameters, execute, execute_all, main, parameters_of
from repro.record.store import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Notebooks as the template makes them, in a folder of the test's own; no network, own pieces."""
    folder = tmp_path / "notebooks"
    for exhibit_id in ids():
        (folder / exhibit_id).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(get(exhibit_id)), folder / f"{exhibit_id}.ipynb")
    monkeypatch.setattr(batch, "notebooks_dir", lambda: folder)
    monkeypatch.setenv("REPRO_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("REPRO_OFFLINE", "1")
    return folder


def break_notebook(path, source):
    """And leave it as Colab and VS Code would: in an older format without ids, with the name of another kernel."""
    notebook = nbformat.read(path, 4)
    next(c for c in notebook["cells"] if c["id"] == "open")["source"] = source
    for cell in notebook["cells"]:
        del cell["id"]
    notebook["nbformat_minor"], notebook["metadata"]["kernelspec"]["name"] = 0, "nobodys"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_parameters_are_read_from_the_tagged_cell(written):
    found = parameters_of(written / "sg/fig6.ipynb")
    assert list(found)[:7] == ["source", "profile", "device", "seeds", "data", "out", "workers"]
    assert list(found)[7:] == [p.name for p in get("sg/fig6").params]
    assert found["source"] == "recorded" and found["steps"] is None


def test_an_unknown_parameter_is_refused(written, tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'profile'"):
        execute(written / "sg/fig6.ipynb", tmp_path / "o.ipynb", {"profil": "smoke"})
    assert not (tmp_path / "o.ipynb").exists()


def test_a_value_of_another_type_is_refused(written):
    with pytest.raises(BadValueError, match=r"workers.*is '3' \(str\); expected int"):
        check_parameters(written / "sg/fig6.ipynb", {"workers": "3"})
    check_parameters(written / "sg/fig6.ipynb", {"seeds": [0, 1], "steps": 30, "profile": None})


def test_a_missing_or_foreign_file_is_refused(tmp_path):
    (tmp_path / "x.ipynb").write_text("not a notebook", encoding="utf-8")
    with pytest.raises(BadValueError, match="is not a notebook"):
        parameters_of(tmp_path / "x.ipynb")
    with pytest.raises(BadValueError, match="no notebook"):
        parameters_of(tmp_path / "y.ipynb")


def test_misspelt_parameters_end_the_process_with_code_2(written, tmp_path, capsys):
    code = main([str(written / "sg/fig6.ipynb"), str(tmp_path / "o.ipynb"), json.dumps({"sed": "0"}), "60"])
    assert code == 2
    assert "unknown parameter" in capsys.readouterr().err


def one_a_kind():
    """The first exhibit of each kind, of those that show another's runs, of those with findings alone.

    A notebook costs two processes. That all smoke runs make what can be shown, tests/exhibits/test_smoke.py says.
    """
    found = {
        (e.kind, e.runs_of is None, all(c.finding for c in e.claims)): e.id for e in reversed(all_exhibits())
    }
    return sorted(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("exhibit_id", one_a_kind())
def test_smoke_run_of_each_notebook(exhibit_id, written, tmp_path):
    said = []
    out = tmp_path / "out"
    assert execute_all([exhibit_id], "smoke", out, "run", said.append) == 0, "\n".join(said)
    record = load(out, exhibit_id, "smoke")
    assert record.facts["csv"]["finite"] and not record.facts["missing"]
    assert {p.name for p in (out / exhibit_id).iterdir()} == {
        f"smoke.{s}" for s in ("json", "csv", "svg", "ipynb", "html")
    }
    assert (out / "index.html").exists() and said[-1].endswith(f"{out / 'index.html'}")
    lines = "\n".join(said).splitlines()
    assert max(len(line) for line in lines if str(out) not in line) <= 100
    cells = nbformat.read(out / exhibit_id / "smoke.ipynb", 4)["cells"]
    streams = [o.get("name") for c in cells for o in c.get("outputs", []) if o["output_type"] == "stream"]
    assert "stderr" not in streams
    assert any(line.split() == "exhibit claim this run committed record in words".split() for line in lines)
    told = ("reproduced", "findings of ours")
    assert any(exhibit_id in line and any(word in line for word in told) for line in said)


@pytest.mark.slow
def test_a_failing_notebook_is_kept_and_the_others_go_on(written, tmp_path):
    break_notebook(written / "meprop/table7.ipynb", 'raise ValueError("broken on purpose")')
    said = []
    out = tmp_path / "out {ü}"
    assert execute_all(["meprop/table7", "sg/fig6"], "smoke", out, "run", said.append) == 1
    text = "\n".join(said)
    assert "[2/2] meprop/table7: FAILED" in text, "what measures time runs after the others"
    assert "ValueError: broken on purpose" in text and "[1/2] sg/fig6: done" in text
    kept = nbformat.read(out / "meprop/table7/smoke.ipynb", 4)
    errors = [o for c in kept["cells"] for o in c.get("outputs", []) if o["output_type"] == "error"]
    assert errors[0]["evalue"] == "broken on purpose"
    assert not (out / "meprop/table7/smoke.json").exists()
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "failed: ValueError: broken on purpose" in page and 'href="meprop/table7/smoke.html"' in page


@pytest.mark.slow
def test_one_that_hangs_is_stopped(written, tmp_path, monkeypatch):
    break_notebook(written / "sg/fig6.ipynb", "import time\n\ntime.sleep(600)")
    said = []
    assert execute_all(["sg/fig6"], "smoke", tmp_path / "out", "run", said.append, limit_s=6) == 1
    assert "a cell took more than 6 s" in "\n".join(said)
    assert (tmp_path / "out" / "sg/fig6/smoke.ipynb").exists()


def test_a_process_that_does_not_stop_is_ended():
    error = process.run([sys.executable, "-c", "import time; time.sleep(60)"], print, 0.5)
    assert error == "stopped after its time limit of 0.5 s"


def test_an_old_result_does_not_pass_for_a_new_one(written, tmp_path):
    (written / "sg/fig6.ipynb").unlink()
    old = tmp_path / "out" / "sg" / "fig6"
    old.mkdir(parents=True)
    (old / "smoke.json").write_text("{}", encoding="utf-8")
    said = []
    assert execute_all(["sg/fig6"], "smoke", tmp_path / "out", "run", said.append) == 1
    assert not (old / "smoke.json").exists()
    assert "no notebook fig6.ipynb" in "\n".join(said)


def test_a_library_that_is_not_there_is_told_with_what_brings_it(monkeypatch, capsys):
    def absent(*_):
        import torch_of_nobody  # noqa: F401

    monkeypatch.setattr(notebook_execute, "execute", absent)
    monkeypatch.setitem(EXTRAS, "torch_of_nobody", "[train]")
    assert main(["x.ipynb", "y.ipynb", "{}", "9"]) == 1
    assert "extra [train] brings it" in capsys.readouterr().err


LOCALE = """
import sys
from pathlib import Path
from repro.exhibits import get
from repro.notebook import batch, process

real, told = process.run, []
show = "import json, sys; print(ascii((sys.argv[2], json.loads(sys.argv[3])['out'])))"
process.run = lambda command, *rest: real([command[0], "-c", show, *command[3:]], *rest)
given = batch._Batch("smoke", Path(sys.argv[1]), "run", told.append, None, 1)
print(batch._executed(given, get("sg/fig6"), "smoke", None), told)
"""


def test_a_folders_name_reaches_the_notebook_whatever_the_locale(tmp_path):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", LOCALE, str(tmp_path / "ü")]
    found = subprocess.run(
        command, env={**os.environ, **ascii_only}, capture_output=True, text=True, check=True
    )
    assert found.stdout.count(r"\\xfc") == 2, found


HOMELESS = """
import conftest, os
from IPython.paths import get_ipython_dir
print(os.environ["MPLCONFIGDIR"], get_ipython_dir())
"""


def test_a_home_that_cannot_be_written_is_no_news_to_nbval(tmp_path):
    """As in a container: matplotlib would tell on stderr, and IPython warn, which is an error in these tests."""
    own = {k: v for k, v in os.environ.items() if k not in ("MPLCONFIGDIR", "IPYTHONDIR")}
    command = [sys.executable, "-W", "error::UserWarning", "-c", HOMELESS]
    environment = {**own, "HOME": f"{tmp_path}/none"}
    told = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(Path(p).is_dir() for p in told.stdout.split()), told


def test_kernels_are_of_this_checkout_and_of_this_environment(monkeypatch):
    """A stale kernel of the user's, another checkout that shares the environment."""
    monkeypatch.setenv("JUPYTER_PATH", "/nonexistent/kernels")
    said = []
    names = ("JUPYTER_PATH", "JUPYTER_PREFER_ENV_PATH", "PYTHONPATH")
    code = f"import os; print(*(os.environ.get(n) for n in {names}))"
    assert process.run([sys.executable, "-c", code], said.append, 60) == ""
    assert said[0].strip().startswith(f"None 1 {ROOT}")
    assert os.environ["PYTHONPATH"].startswith(str(ROOT)), "and so those of nbval, by conftest.py"
