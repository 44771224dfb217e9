"""Forked kernels are what started ones would have been: code, variables, folder, backend, signals, end."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from jupyter_client.manager import start_new_kernel
from running import wait_for

from repro.notebook import warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
QUIET = {"extra_arguments": ["--log-level=ERROR"]}
FORKED = "import sys; forked = 'torch' in sys.modules"


@contextmanager
def kernel(**options):
    manager, client = start_new_kernel(kernel_name="python3", **QUIET, **options)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def value(client, code, expression):
    """What an expression is worth after the code."""
    said = []
    client.execute_interactive(f"{code}\nprint({expression})", output_hook=said.append, timeout=60)
    return "".join(m["content"].get("text", m["content"].get("evalue", "")) for m in said).strip()


def test_it_has_the_libraries_and_nothing_of_ours_and_is_what_was_asked_for(tmp_path, monkeypatch):
    (tmp_path / "elsewhere.py").write_text("name = 'this one'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("REPRO_OFFLINE", "as told")
    with kernel(cwd=str(tmp_path)) as (_, client):
        assert value(client, FORKED, "forked, [m for m in sys.modules if m.startswith('repro')]") == "True []"
        assert value(client, "import elsewhere, os", "elsewhere.name, os.getcwd()") == f"this one {tmp_path}"
        assert value(client, "", "os.environ['REPRO_OFFLINE']") == "as told"
        assert value(client, "import matplotlib", "matplotlib.get_backend()") == warm.INLINE
        assert value(client, "", "sys.argv[0], os.getpid() == os.getpgid(0)") == "ipykernel_launcher True"


def test_no_two_draw_the_same_numbers():
    draw = "import random, numpy, tempfile", "random.random(), numpy.random.rand(), tempfile.mktemp()"
    drawn = []
    for _ in range(2):
        with kernel() as (_, client):
            drawn.append(value(client, *draw).split())
    assert all(a != b for a, b in zip(*drawn, strict=True)), drawn


@pytest.mark.parametrize("missing", ["a short place", "the entry point"])
def test_where_it_cannot_be_nothing_is_set(tmp_path, monkeypatch, missing):
    monkeypatch.delenv(warm.ADDRESS)
    monkeypatch.delenv(warm.PROVISIONER)
    if missing == "the entry point":
        monkeypatch.setattr(warm, "entry_points", lambda **_: ())
    else:  # a socket's path has at most 107 bytes
        (tmp_path / ("x" * 100)).mkdir()
        monkeypatch.setattr(warm.tempfile, "tempdir", str(tmp_path / ("x" * 100)))
    with warm.kernels():
        assert warm.ADDRESS not in os.environ and warm.PROVISIONER not in os.environ


def test_a_backend_that_the_environment_names_is_taken(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    with kernel() as (_, client):
        assert value(client, f"{FORKED}; import matplotlib", "forked, matplotlib.get_backend()") == "True agg"


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "PYTHONHASHSEED"])
def test_a_variable_that_is_read_only_once_means_a_kernel_of_its_own(monkeypatch, name):
    monkeypatch.setenv(name, "2")
    with kernel() as (_, client):
        assert value(client, f"{FORKED}; import os", f"forked, os.environ['{name}']") == "False 2"


def test_without_a_process_to_fork_from_it_starts_as_usual(tmp_path, monkeypatch):
    monkeypatch.setenv(warm.ADDRESS, str(tmp_path / "nobody"))
    with kernel() as (_, client):
        assert value(client, FORKED, "forked") == "False"


def test_it_hears_an_interrupt_and_its_death_is_noticed():
    with kernel() as (manager, client):
        client.execute("import time; print('asleep'); time.sleep(60)")
        wait_for(lambda: client.get_iopub_msg(timeout=60)["msg_type"] == "stream")
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=60)["content"]["ename"] == "KeyboardInterrupt"
        assert manager.is_alive()
        client.execute("import os; os.kill(os.getpid(), 9)")
        wait_for(lambda: not manager.is_alive(), 60)


def test_it_ends_with_whoever_asked_for_it(tmp_path):
    code = (
        "import sys, time; from jupyter_client.manager import start_new_kernel;"
        f"m, _ = start_new_kernel(kernel_name='python3', extra_arguments={QUIET['extra_arguments']});"
        "print(m.provisioner.pid, type(m.provisioner.process).__name__, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as asker:
        pid, kind = asker.stdout.readline().split()
        assert kind == "Forked"
        os.kill(int(pid), 0)
        asker.send_signal(signal.SIGKILL)

    def gone():
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(gone, 30)


def test_its_process_survives_nonsense_and_ends_with_the_block(monkeypatch):
    import socket

    monkeypatch.delenv(warm.ADDRESS)
    monkeypatch.delenv(warm.PROVISIONER)
    with warm.kernels():
        place = os.environ[warm.ADDRESS]
        for text in (b"", b"{}\n", b'["a"]\n', b"half"):
            with socket.socket(socket.AF_UNIX) as other:
                other.connect(place)
                other.sendall(text)
        with kernel() as (_, client):
            assert value(client, FORKED, "forked") == "True"
    assert not os.path.exists(place) and warm.ADDRESS not in os.environ
