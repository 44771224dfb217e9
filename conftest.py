"""What the kernels of the committed notebooks need when nbval starts them: this checkout, and no other kernel.

And the order of files side by side: the longest first, else one of them ends long after the others.
"""

import contextlib
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# the kernel of an environment that two checkouts share would import the other one, and test that
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
os.environ.pop("JUPYTER_PATH", None)
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
if not os.access(Path.home(), os.W_OK):
    for name in ("MPLCONFIGDIR", "IPYTHONDIR"):  # else matplotlib and IPython warn that they made a folder
        os.environ.setdefault(name, tempfile.mkdtemp())

LONG = """tests/test_lint.py tests/pretend/test_pretend_learners.py tests/notebooks/test_notebooks_execute.py
tests/exhibits/test_conformance.py tests/runner/test_runner_reach.py tests/exhibits/test_committed.py
tests/page/test_page.py tests/show/test_show_readme.py tests/runner/test_runner_resume.py
tests/notebooks/test_notebooks_render.py tests/exhibits/test_smoke.py tests/test_wheel.py
tests/metadata/test_metadata_limits.py tests/metadata/test_metadata_fuzz.py tests/runner/test_runner_failures.py
tests/runner/test_runner_executors.py tests/notebooks/test_notebooks_given.py tests/metadata/test_metadata_tamper.py
tests/analysis/test_regression_sg.py tests/runner/test_runner_dask.py notebooks/start/your_own_network.ipynb
tests/independent/test_recurrent_dni.py tests/exhibits/test_sg_schematics.py""".split()
"""Files of 10 s of CPU and more, the longest first."""

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before torch: test processes, and their kernels, share the cores
_open = contextlib.ExitStack()


def pytest_configure(config):
    """Files in the order of the collection; one process from which all kernels are forked."""
    config.option.loadscopereorder = False  # pytest-xdist's own order is by the number of tests
    if not hasattr(config, "workerinput"):
        sys.path.insert(0, str(ROOT))
        from repro.notebook import warm

        sys.path.remove(str(ROOT))
        _open.enter_context(warm.kernels())


def pytest_unconfigure():
    """Kernels come to an end with the tests."""
    _open.close()


def pytest_collection_modifyitems(config, items):
    """Side by side: `LONG`, then the files with most tests."""
    if not hasattr(config, "workerinput"):  # alone: as collected
        return
    of = {item: item.nodeid.partition("::")[0] for item in items}
    tests = Counter(of.values())
    rank = {file: n for n, file in enumerate(LONG)}
    items.sort(key=lambda item: (rank.get(of[item], len(LONG)), -tests[of[item]]))
