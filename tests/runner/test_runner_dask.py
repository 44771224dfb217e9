"""On a real Dask cluster: a scheduler and worker processes on this machine, killed in the middle."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from running import kept, steps, wait_for
from tiny_exhibit import EXHIBIT

from repro.errors import BadValueError, RunError
from repro.record.record import csv_text
from repro.runner.cluster import connected
from repro.runner.run import Options, run_exhibit

distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Dask's own, of lost connections
]
HELPERS = Path(__file__).resolve().parents[1] / "helpers"
LONG = {"steps": 400, "pause": 0.002}


class Cluster:
    """A scheduler and the workers that were started, by name."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "scheduler.json"
        quiet = ("--no-dashboard", "--host", "127.0.0.1")
        self.scheduler = self.start("dask_scheduler", "--port", "0", "--scheduler-file", self.file, *quiet)
        wait_for(self.file.exists)
        with distributed.Client(scheduler_file=str(self.file), timeout=30) as client:
            self.address = client.scheduler.address
        self.workers = {}

    def worker(self, name, **environment):
        local = ("--local-directory", self.folder / name, "--no-dashboard", "--no-nanny")
        how = ("--scheduler-file", self.file, "--name", name, "--nthreads", "1", *local)
        self.workers[name] = self.start("dask_worker", *how, **environment)

    def start(self, command, *arguments, **environment):
        words = [sys.executable, "-m", f"distributed.cli.{command}", *map(str, arguments)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(words, env={**os.environ, **environment}, **quiet)

    def end(self):
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers that log their steps where the tests look, and share their folder of runs."""
    folder = tmp_path_factory.mktemp("dask")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINY_LOG", str(folder / "steps.log"))
        patch.setenv("REPRO_OFFLINE", "1")
        patch.setenv("PYTHONPATH", os.pathsep.join((str(HELPERS.parents[1]), str(HELPERS))))
        made = Cluster(folder)
        made.worker("a")
        made.worker("b")
        yield made
        made.end()


def run(places, executor, **options):
    options = {"device": "cpu", "elsewhere": True, "runs_dir": str(places / "runs"), **options}
    return run_exhibit(EXHIBIT, "smoke", Options(**options), executor=executor)


def alone(places, **options):
    return run_exhibit(EXHIBIT, "smoke", Options(runs_dir=str(places / "alone"), **options))


def test_the_numbers_are_those_of_one_process_bit_for_bit(cluster, places):
    with connected(cluster.address) as executor:
        there = run(places, executor)
        here = alone(places)
        assert not there.facts["missing"]
        assert there.sha256() == here.sha256() and csv_text(there.rows) == csv_text(here.rows)
        assert len(kept(places)) == 4
        before = steps(cluster.folder / "steps.log")
        again = run(places, executor)
    assert {pid for _, _, pid in before} <= {w.pid for w in cluster.workers.values()}
    assert again.sha256() == here.sha256(), "a second call finds what the workers kept"
    assert steps(cluster.folder / "steps.log") == before


def test_what_failed_is_really_tried_again(cluster, places):
    """Dask would take the same job's first outcome for its second."""
    with connected(cluster.address) as executor:
        record = run(places, executor, changes={"steps": 20, "fail": "arm-3/0", "how": "once"}, retries=1)
    assert not record.facts["missing"]


def test_a_worker_with_other_code_is_refused_by_name(cluster, places):
    other = places / "other"
    shutil.copytree(HELPERS / "tiny", other / "tiny", ignore=shutil.ignore_patterns("__pycache__"))
    work = other / "tiny/work.py"
    work.write_text(work.read_text().replace("rate * (1 - h)", "rate * (1.1 - h)"))
    shutil.copyfile(HELPERS / "tiny_exhibit.py", other / "tiny_exhibit.py")
    cluster.worker("odd", PYTHONPATH=os.pathsep.join((str(HELPERS.parents[1]), str(other))))
    with distributed.Client(cluster.address) as client:
        client.wait_for_workers(3, timeout=60)
        with pytest.raises(
            RunError, match=rf"code of the worker .*process {cluster.workers['odd'].pid}\) is another"
        ):
            run(places, client.get_executor(workers=["odd"], pure=False))
        cluster.workers["odd"].kill()
        assert not run(places, client.get_executor(workers=["a", "b"], pure=False)).facts["missing"], (
            "the others go on"
        )


def test_a_worker_that_is_killed_costs_nothing_but_time(cluster, places):
    """Its run goes to the other worker, which finds the checkpoint."""
    log = cluster.folder / "steps.log"
    log.unlink()

    def kill():
        wait_for(lambda: any(t > 150 and pid == cluster.workers["a"].pid for _, t, pid in steps(log)))
        cluster.workers["a"].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with connected(cluster.address) as executor:
        there = run(places, executor, changes=LONG, checkpoint_s=0.05)
    killer.join()
    assert not there.facts["missing"]
    assert there.sha256() == alone(places, changes=LONG).sha256()
    dead, living = cluster.workers["a"].pid, cluster.workers["b"].pid
    moved = {n for n, _, pid in steps(log) if pid == dead} & {n for n, _, pid in steps(log) if pid == living}
    assert moved, "no run went from the dead worker to the other"
    for name in moved:
        assert min(t for n, t, pid in steps(log) if n == name and pid == living) > 0


def test_what_is_finished_is_kept_when_the_scheduler_is_lost(cluster, places, monkeypatch):
    """The last test: nothing is left of the cluster then."""
    finished = []

    def progress(name, fraction):
        if fraction == 1.0 and not finished:
            finished.append(name)
            cluster.scheduler.kill()

    options = Options("cpu", elsewhere=True, changes=LONG, runs_dir=str(places / "runs"), retries=1)
    with connected(cluster.address) as executor:
        record = run_exhibit(EXHIBIT, "smoke", options, progress, executor)
    done = {f"meprop/tiny {r[0]}/0" for r in record.rows}
    assert finished[0] in done and len(record.facts["missing"]) == 4 - len(done) > 0
    why = {m["why"].partition(" failed: ")[2] for m in record.facts["missing"]}
    assert why == {"it was given up by its executor (is the cluster still there?)"}
    monkeypatch.setattr("repro.runner.cluster.CONNECT_S", 1)
    with pytest.raises(BadValueError, match="no Dask scheduler answers at"), connected(cluster.address):
        pass
    for worker in cluster.workers.values():
        worker.kill()
        worker.wait()
    local = replace(options, elsewhere=False, retries=0)
    (places / "steps.log").unlink(missing_ok=True)
    assert not run_exhibit(EXHIBIT, "smoke", local).facts["missing"]
    assert finished[0].split()[1] not in {name for name, _, _ in steps(places / "steps.log")}
