"""An output folder as a reproduction leaves it: the committed notebooks, executed, with invented records."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # record_fakes
from record_fakes import STAND_IN, fake_record, rows_of

from repro.exhibits import all_exhibits, get
from repro.page import build, content
from repro.record.store import save
from repro.show.draw import draw, save_svg

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FAILED = "meprop/table8"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The output folder, with its page; the notebook of `FAILED` counts as one that failed."""
    out = tmp_path_factory.mktemp("output")
    parts = []
    for exhibit in (e for e in all_exhibits() if (NOTEBOOKS / f"{e.id}.ipynb").exists()):
        record = fake_record(exhibit, "quick", rows_of(exhibit, "quick"), STAND_IN)
        path = save(record, out)
        shutil.copy(NOTEBOOKS / f"{exhibit.id}.ipynb", path.with_suffix(".ipynb"))
        if exhibit.id != FAILED:
            save_svg(draw(exhibit, record), path.with_suffix(".svg"), record)
            parts.append(content.part(exhibit, record, out, 2.0))
    parts.append(content.failed(get(FAILED), "quick", out, 1.0, "ValueError: broken on <purpose>"))
    for part in parts:
        build.write_notebook(out, part)
    build.write(out, parts, "What was seen, in a sentence.", recorded=False, seconds=1.0)
    return out
