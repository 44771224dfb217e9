"""Rendered notebooks hold under strict nbval, and nbval really looks: a changed number makes it fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from record_fakes import DATA, fake_record, rows_of, save_all

from repro.errors import BadValueError, RecordError
from repro.exhibits import get
from repro.files import write_text
from repro.notebook.build import _beside_others, metadata, render
from repro.notebook.build import authored as written
from repro.notebook.template import generated
from repro.record.record import Record
from repro.record.run import digest
from repro.record.store import recorded, save

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """(folder with notebook and results, the notebook) of an invented record; beside it a kernel of no use."""
    folder = tmp_path_factory.mktemp("rendered")
    exhibit = get("meprop/fig4")
    record = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"), DATA)
    save(record, folder / "results")
    stale = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    write_text(
        stale, json.dumps({"argv": ["/nonexistent/python"], "display_name": "old", "language": "python"})
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
        patch.delenv("JUPYTER_PREFER_ENV_PATH", raising=False)
        return folder, render(exhibit, folder, record)


def nbval(folder, path):
    environment = {**os.environ, "REPRO_RESULTS": str(folder / "results"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-W", "default"]
    options = {"cwd": folder, "env": environment, "capture_output": True, "text": True, "timeout": 300}
    return subprocess.run([*command, "--rootdir", str(folder), str(path)], check=False, **options)


def outputs(path):
    cells = nbformat.read(path, 4)["cells"]
    code = [c for c in cells if c["cell_type"] == "code" and c["outputs"]]
    return {c["id"]: c["outputs"][0]["data"] for c in code if "data" in c["outputs"][0]}


def test_it_shows_table_figure_claims_and_citation(rendered):
    found = outputs(rendered[1])
    assert "<svg" in found["picture"]["text/html"] and "**How sure.**" in found["in-short"]["text/plain"]
    assert "(97.82)" in found["numbers"]["text/plain"]
    assert "arXiv:1706.06197v5" in found["provenance"]["text/plain"]
    assert "@inproceedings{sun2017meprop" in found["cite"]["text/plain"]


def authored(path):
    own = generated(get("meprop/fig4"))
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["id"] not in own]
    return [(c["cell_type"], c["id"], c["source"], c["metadata"]) for c in cells]


def test_a_notebook_sees_its_record_alone_and_those_of_others(tmp_path, monkeypatch):
    save_all(tmp_path / "all", "cpu")
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path / "all"))
    _beside_others(fake_record(get("meprop/fig4"), "quick", []), tmp_path / "seen")
    assert recorded(get("meprop/fig4"), tmp_path / "seen") == ["quick"]
    assert (
        recorded(get("sg/fig6"), tmp_path / "seen")
        == recorded(get("dni/rnn-control"), tmp_path / "seen")
        == ["cpu"]
    )


def test_what_was_written_by_hand_is_kept_byte_for_byte(rendered):
    assert authored(rendered[1]) == authored(ROOT / "notebooks" / "meprop" / "fig4.ipynb")


def test_a_render_brings_generated_cells_up_to_date_and_nothing_else(tmp_path):
    path = tmp_path / "meprop" / "fig4.ipynb"
    path.parent.mkdir()
    text = (ROOT / "notebooks" / "meprop" / "fig4.ipynb").read_text(encoding="utf-8")
    edited = (
        text.replace("shown.claims()", "shown.old()")
        .replace('"source_hidden": true', '"mine": 1')
        .replace("Before you go on", "Wait: **one** thing_")
    )
    path.write_text(edited, encoding="utf-8")
    made = written(get("meprop/fig4"), tmp_path)["cells"]
    cells = {c["id"]: c["source"] for c in made}
    folded = [c["source"] for c in made if c["metadata"].get("jupyter") == {"mine": 1, "source_hidden": True}]
    assert folded == [s for c, s in cells.items() if "show.say(" in s] != []
    assert cells["claims"] == "shown.claims()" and "Wait: **one** thing_" in cells["about-the-idea"]
    path.write_text(edited.replace('"id": "claims"', '"id": "mine"'), encoding="utf-8")
    with pytest.raises(BadValueError, match="no cell with the id 'claims'"):
        written(get("meprop/fig4"), tmp_path)


def test_jupyterlabs_autosave_changes_no_byte(rendered, tmp_path):
    """It reads and writes with nbformat, and puts the kernel's description in."""
    notebook = nbformat.read(rendered[1], 4)
    notebook["metadata"] |= metadata()
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    assert (tmp_path / "saved.ipynb").read_bytes() == rendered[1].read_bytes()


def test_its_metadata_are_those_of_the_kernel():
    """JupyterLab puts these in when it opens a notebook, which then counts as changed if it had others."""
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelspec import get_kernel_dict

    described = {"name": "python3"} | {k: get_kernel_dict()[k] for k in ("display_name", "language")}
    assert metadata() == {"kernelspec": described, "language_info": IPythonKernel.language_info}


def test_nbval_accepts_it(rendered):
    done = nbval(*rendered)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_nbval_notices_a_changed_number(rendered):
    folder, path = rendered
    changed = folder / "changed.ipynb"
    text = path.read_text(encoding="utf-8")
    assert "(97.82)" in text
    changed.write_text(text.replace("(97.82)", "(97.83)"), encoding="utf-8")
    done = nbval(folder, changed)
    assert done.returncode == 1
    assert "97.83" in done.stdout


def test_a_stale_record_is_refused_with_the_remedy(tmp_path):
    exhibit = get("sg/fig6")
    record = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    spec = {"params": {}, "arms": {}}
    stale = Record({**record.facts, "spec": spec, "spec_sha256": digest(spec)}, record.rows)
    with pytest.raises(RecordError, match=r"StaleRecordError.*make it again"):
        render(exhibit, tmp_path, stale)
    assert not list(tmp_path.iterdir())
