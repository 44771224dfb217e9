"""Forked kernels are what started ones would have been: code, variables, folder, backend, signals, end."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel
from running import wait_for

from repro.notebook import batch, process, warm

there = pytest.mark.skipif(
    warm.ADDRESS not in os.environ, reason="no process from which kernels are forked here"
)
QUIET = {"extra_arguments": ["--log-level=ERROR"]}
FORKED = "import sys; forked = 'torch' in sys.modules"


def alone(monkeypatch):
    """As if nobody had started that process."""
    for name in (warm.ADDRESS, warm.PROVISIONER):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def kernel(**options):
    manager, client = start_new_kernel(kernel_name="python3", **QUIET, **options)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def commandline(process):
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def value(client, code, expression):
    """What an expression is worth after the code."""
    said = []
    client.execute_interactive(f"{code}\nprint({expression})", output_hook=said.append, timeout=60)
    return "".join(m["content"].get("text", m["content"].get("evalue", "")) for m in said).strip()


@there
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


@there
def test_no_two_draw_the_same_numbers():
    draw = (
        "import random, numpy, tempfile, torch",
        "random.random(), numpy.random.rand(), tempfile.mktemp(), torch.rand(1).item()",
    )
    drawn = []
    for _ in range(2):
        with kernel() as (_, client):
            drawn.append(value(client, *draw).split())
    assert all(a != b for a, b in zip(*drawn, strict=True)), drawn


@pytest.mark.parametrize("missing", ["a short place", "the entry point"])
def test_where_it_cannot_be_nothing_is_set(tmp_path, monkeypatch, missing):
    alone(monkeypatch)
    if missing == "the entry point":
        monkeypatch.setattr(warm, "entry_points", lambda **_: ())
    else:  # a socket's path has at most 107 bytes
        (tmp_path / ("x" * 100)).mkdir()
        monkeypatch.setattr(warm.tempfile, "tempdir", str(tmp_path / ("x" * 100)))
    with warm.kernels():
        assert warm.ADDRESS not in os.environ and warm.PROVISIONER not in os.environ


@there
def test_a_backend_that_the_environment_names_is_taken(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    with kernel() as (_, client):
        assert value(client, f"{FORKED}; import matplotlib", "forked, matplotlib.get_backend()") == "True agg"


@there
def test_what_libraries_set_at_their_import_is_no_hindrance():
    """Nobody would get a kernel else who has imported torch and scikit-learn, as a process of tests has."""
    code = (
        "import torch, sklearn, torch._inductor.runtime.cache_dir_utils as c; c.cache_dir();"
        "from jupyter_client.manager import start_new_kernel; m, c = start_new_kernel(kernel_name='python3');"
        "print(type(m.provisioner.process).__name__); c.stop_channels(); m.shutdown_kernel(now=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Forked"]


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "PYTHONHASHSEED", "TZ"])
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
        # an error would abort what comes in soon after it, the next execution too
        asked = client.execute("import time; print('asleep'); time.sleep(60)", stop_on_error=False)
        wait_for(lambda: client.get_iopub_msg(timeout=60)["msg_type"] == "stream")
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != asked:
            pass  # late answers to whether it is ready
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert manager.is_alive()
        client.execute("import os; os.kill(os.getpid(), 9)")
        wait_for(lambda: not manager.is_alive(), 60)


@there
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


@there
def test_what_it_writes_itself_goes_where_it_was_asked_to(tmp_path):
    with open(tmp_path / "out", "w") as out, open(tmp_path / "err", "w") as err:
        with kernel(stdout=out, stderr=err) as (_, client):
            value(
                client, f"{FORKED}; assert forked; import os; os.write(1, b'one'); os.write(2, b'two')", "0"
            )
    assert "one" in (tmp_path / "out").read_text() and "two" in (tmp_path / "err").read_text()


@there
def test_its_own_forks_do_not_pass_for_it():
    with kernel() as (manager, client):
        value(client, "import os, time\nif os.fork() == 0:\n    time.sleep(20)\n    os._exit(0)", "0")
        os.kill(manager.provisioner.pid, signal.SIGKILL)
        wait_for(lambda: not manager.is_alive(), 10)


def test_a_large_environment_arrives_whole(monkeypatch):
    alone(monkeypatch)
    with warm.kernels():
        for n in range(30):
            monkeypatch.setenv(f"LARGE_{n}", "x" * 100_000)
        with kernel() as (_, client):
            assert (
                value(client, f"{FORKED}; import os", "forked, len(os.environ['LARGE_29'])") == "True 100000"
            )


def test_notebooks_side_by_side_get_theirs(monkeypatch, tmp_path):
    """With the variables that each of them is given."""
    code = (
        "from jupyter_client.manager import start_new_kernel; m, c = start_new_kernel(kernel_name='python3');"
        "print(type(m.provisioner.process).__name__); c.stop_channels(); m.shutdown_kernel(now=True)"
    )
    alone(monkeypatch)
    monkeypatch.delenv("OMP_NUM_THREADS")
    run, said = process.run, []
    monkeypatch.setattr(process, "run", lambda *_: run([sys.executable, "-c", code], said.append, 60))
    batch.execute_all(["sg/fig6"], "smoke", tmp_path, "run", lambda _: None)
    assert said == ["Forked"]


def test_its_process_survives_nonsense_and_ends_with_the_block(monkeypatch):
    import socket

    alone(monkeypatch)
    with warm.kernels():
        place = os.environ[warm.ADDRESS]
        (server,) = (p for p in Path("/proc").glob("[0-9]*") if f"{Path(place).parent}\0" in commandline(p))
        before = len([*(server / "fd").iterdir()])
        for text in (b"", b"{}\n", b'["a"]\n', b"half"):
            with socket.socket(socket.AF_UNIX) as other:
                other.connect(place)
                socket.send_fds(other, [text or b" "], [1, 2])
        with kernel() as (_, client):
            assert value(client, FORKED, "forked") == "True"
            assert len([*(server / "fd").iterdir()]) <= before + 2
    assert not os.path.exists(place) and warm.ADDRESS not in os.environ
