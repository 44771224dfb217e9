"""Plants one small mistake after the other and tells which of them no test notices: not part of the test suite.

`python tests/mutants/run.py [--only WORD] [--tests PATH …]` works in a copy of the repository; a mistake whose text
is not there exactly once is named, so that the table (`mutants.txt`) can follow code that has moved.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("mutants.txt")
LIGHT = """tests/record/test_stats.py tests/record/test_dots.py tests/analysis/test_probes.py
tests/runner/test_runner_lock.py tests/runner/test_runner_reach_claims.py tests/exhibits/test_nulls_named.py
tests/metadata/test_metadata_weaker.py"""
TESTS = (
    *("tests/test_decouple_again.py", "tests/test_decouple_refused.py"),
    *("tests/kernels", "tests/nets", "tests/rules", "tests/train", "tests/references/test_references.py"),
    *LIGHT.split(),
)
NEEDED = ("repro", "metadata", "tests", "pyproject.toml")
TIMEOUT_S = 600


@dataclass
class Mutant:
    """A mistake: `old`, which stands once under `where`, becomes `new`."""

    where: str
    why: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def read_table(text: str) -> list[Mutant]:
    """The table's mutants, by indentation: where, why, then lines that begin with - and +."""
    where, made = "", []
    for line in text.splitlines():
        if line.startswith("    - "):
            made[-1].old.append(line[6:])
        elif line.startswith("    + "):
            made[-1].new.append(line[6:])
        elif line.startswith("  "):
            made.append(Mutant(where, line.strip()))
        elif line and not line.startswith("#"):
            where = line.strip()
    return made


def places(mutant: Mutant, root: Path) -> list[tuple[Path, re.Match[str]]]:
    """Where in `root` its text is: in the file or folder that it names, everywhere if that is gone."""
    scope = root / mutant.where
    files = (
        [scope] if scope.is_file() else sorted((scope if scope.is_dir() else root / "repro").rglob("*.py"))
    )
    joint = r"\n[ ]*"  # further lines may be indented more than in the table
    pattern = re.compile(joint.join(map(re.escape, mutant.old)))
    return [(f, m) for f in files for m in pattern.finditer(f.read_text(encoding="utf-8"))]


def plant(mutant: Mutant, root: Path) -> dict[Path, str]:
    """Write the mistake into `root`; returns what the file held. `LookupError` unless its text is there once."""
    found = places(mutant, root)
    if len(found) != 1:
        raise LookupError(f"its text is there {len(found)} times: {mutant.old[0]}")
    file, match = found[0]
    before = file.read_text(encoding="utf-8")
    line = before[before.rfind("\n", 0, match.start()) + 1 : match.start()]
    indent = line[: len(line) - len(line.lstrip())]
    new = f"\n{indent}".join(mutant.new)
    file.write_text(before[: match.start()] + new + before[match.end() :], encoding="utf-8")
    return {file: before}


def _pytest(root: Path, arguments: list[str], log: Path) -> None:
    """In a process of its own: pytest in `root`, its output in `log`, its exit code ours."""
    os.environ["PYTHONPATH"] = str(root)
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True  # two mutants of one file may share their second and their length
    with open(log, "w", encoding="utf-8") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        code = pytest.main(["-x", "-q", "--tb=no", "--durations=0", "-p", "no:cacheprovider", *arguments])
    os._exit(int(code))


def noticed_by(root: Path, tests: list[str]) -> str:
    """The first test that fails in `root`; "" if all pass. `tests` are arguments of pytest."""
    log = root / "pytest.log"
    child = multiprocessing.get_context("fork").Process(target=_pytest, args=(root, tests, log))
    child.start()
    child.join(TIMEOUT_S)
    if child.exitcode is None:
        child.kill()
        child.join()
        return "the clock"
    if child.exitcode == 0:
        return ""
    lines = re.findall(r"^(?:FAILED|ERROR) (\S+)", log.read_text(encoding="utf-8"), re.MULTILINE)
    return lines[0] if lines else f"pytest's exit code {child.exitcode}"


def copy_to(root: Path) -> None:
    """What the tests need of the repository."""
    for name in NEEDED:
        source, target = ROOT / name, root / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def judge(mutant: Mutant, root: Path, tests: list[str]) -> str:
    """What came of it: killed, SURVIVED or lost (its text is not there)."""
    began = time.monotonic()
    try:
        before = plant(mutant, root)
    except LookupError as error:
        print(f"lost      {mutant} ({error})", flush=True)
        return "lost"
    try:
        by = noticed_by(root, tests)
    finally:
        for file, text in before.items():
            file.write_text(text, encoding="utf-8")
    verdict = "killed" if by else "SURVIVED"
    print(f"{verdict:8}  {mutant}  [{time.monotonic() - began:.0f} s]  {by}", flush=True)
    return verdict


def main() -> int:
    """Exit code 0 if every mutant of the table was found and noticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="mutants whose place or reason holds WORD")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), metavar="PATH", help="what may notice")
    parser.add_argument("--keyword", default="", metavar="EXPR", help="of these tests some, as pytest's -k")
    options = parser.parse_args()
    tests = [*options.tests, "-k", options.keyword] if options.keyword else options.tests
    mutants = [m for m in read_table(TABLE.read_text(encoding="utf-8")) if options.only in str(m)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_to(root)
        # once for all forks: most of what a test run of a few seconds takes. Nothing of the repository may be here
        import torch._dynamo  # noqa: F401

        if by := noticed_by(root, tests):
            print(f"without any mistake this fails: {by}")
            return 2
        verdicts = [judge(m, root, tests) for m in mutants]
    print(", ".join(f"{verdicts.count(v)} {v}" for v in ("killed", "SURVIVED", "lost")))
    return 0 if set(verdicts) <= {"killed"} else 1


if __name__ == "__main__":
    sys.exit(main())
