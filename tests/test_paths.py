"""Where things lie: a checkout holds all of it; an installed package keeps data and runs in the user's cache."""

from pathlib import Path
from unittest.mock import Mock

import platformdirs
import pytest

from repro import paths
from repro.errors import BadValueError
from repro.files import write_text

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    for name in ("ROOT", "DATA", "RUNS", "RESULTS"):
        monkeypatch.delenv(f"REPRO_{name}", raising=False)
    monkeypatch.setattr(paths, "CARRIED", tmp_path)
    return tmp_path


def test_a_checkout_holds_all_of_it(monkeypatch):
    for name in ("ROOT", "DATA", "RUNS", "RESULTS"):
        monkeypatch.delenv(f"REPRO_{name}", raising=False)
    found = (paths.data_dir(), paths.runs_dir(), paths.results_dir(), paths.notebooks_dir())
    assert found == (ROOT / ".data", ROOT / ".runs", ROOT / "results", ROOT / "notebooks")
    assert paths.citation_file() == ROOT / "CITATION.cff" and paths.working() == ROOT
    assert paths.checkout("a change") == ROOT


def test_an_installed_package_brings_records_and_keeps_runs_in_the_cache(installed, tmp_path, monkeypatch):
    cache = platformdirs.user_cache_path("dni-meprop-repro")
    assert (paths.data_dir(), paths.runs_dir()) == (cache / "data", cache / "runs")
    assert (paths.results_dir(), paths.notebooks_dir()) == (installed / "results", installed / "notebooks")
    assert paths.citation_file() == installed / "CITATION.cff"
    monkeypatch.chdir(tmp_path)
    assert paths.working() == tmp_path
    with pytest.raises(BadValueError, match="a change needs a clone of the repository"):
        paths.checkout("a change")


def test_what_the_environment_names_goes_before(installed, tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RUNS", str(tmp_path / "r"))
    assert paths.runs_dir() == tmp_path / "r" and paths.runs_dir(tmp_path / "s") == tmp_path / "s"
    monkeypatch.setenv("REPRO_ROOT", str(ROOT))
    assert paths.notebooks_dir() == ROOT / "notebooks" and not paths.installed()


def test_a_file_that_could_not_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    write_text(tmp_path / "f", "old")
    monkeypatch.setattr("os.replace", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        write_text(tmp_path / "f", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["f"] and (tmp_path / "f").read_text() == "old"
