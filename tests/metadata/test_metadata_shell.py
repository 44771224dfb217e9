"""The command line in a real shell: no traceback, whatever stdin, stdout, files and folders are."""

import json
import os
import subprocess
import sys

import pytest
from metadata_samples import ALL, IMPOSTOR, LISTING, RECORDS, SG

from metadata.cli import main

ROOT = RECORDS.parents[1]


def shell(command, **more):
    line = (
        command.replace("M ", f"{sys.executable} -m metadata ", 1)
        .replace("SG", str(SG))
        .replace("DNI", str(LISTING))
    )
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False, **more
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize(
    "command", ["verify SG", "identify SG", "pins", "cite", "verify --json SG", "--help", "cite --help"]
)
def test_output_that_cannot_be_written(command):
    done = shell(f"M {command} > /dev/full")
    assert (done.returncode, "cannot write" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "redirect", [">&-", "2>&-", ">&- 2>&-", "<&-", "> /dev/full 2> /dev/full", "2> /dev/full"]
)
def test_closed_and_full_streams(redirect):
    for command in ("verify SG", "identify nonsense", "pins"):
        assert shell(f"M {command} {redirect}").returncode in (0, 2)


def test_a_reader_that_leaves_does_not_change_the_code():
    assert shell(f"set -o pipefail; {sys.executable} -m metadata verify {IMPOSTOR} | true").returncode == 1


def test_standard_input():
    assert shell("M verify - < SG").returncode == 0
    assert shell("cat SG | M identify -".replace("M ", f"{sys.executable} -m metadata ")).returncode == 0
    assert shell("M identify - < /dev/null").returncode == 2
    assert shell("M identify - < /dev/zero").returncode == 2


def test_what_is_no_regular_file_is_refused_at_once(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    for path in (
        tmp_path / "pipe",
        tmp_path,
        "/dev/zero",
        "/dev/stdin",
        "/proc/kmsg",
        "a\0b",
        "x" * 5000,
        "",
    ):
        for command in ("verify", "identify"):
            assert main([command, str(path)]) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "regular file" in out + err


JSON = [
    ["verify", str(SG)], ["verify", str(IMPOSTOR)], ["verify", "missing"], ["identify", str(SG)],
    ["identify", "missing"], ["pins"], ["pins", "--check"], ["cite"], ["cite", "nonsense"],
    ["cite", "dni", "--format", "bibtex"], ["cite", "--format", "codemeta"], ["cite", "--format", "x"],
    ["refresh", "nonsense"], ["refresh"], ["frobnicate"],
]  # fmt: skip


@pytest.mark.parametrize("argv", JSON, ids=" ".join)
def test_json_everywhere_with_its_version_on_failure_too(argv, capsys):
    code = main([*argv, "--json"])
    out = capsys.readouterr().out
    document = json.loads(out)
    assert (document["schema_version"], document["exit_code"]) == (1, code)
    assert out.isascii()
    if argv[-1] in ("nonsense", "frobnicate", "x", "missing", "refresh"):
        assert code == 2
        assert "error" in document or "error" in document["documents"][0]


def test_what_asks_for_json_is_the_option_and_not_a_file_of_that_name(capsys):
    assert main(["verify", "--js", str(SG)]) == 0
    assert json.loads(capsys.readouterr().out)["exit_code"] == 0
    assert main(["verify", "--", "--json"]) == 2
    assert capsys.readouterr().out.startswith("--json\n  unusable")


def test_verify_is_a_gate(tmp_path, capsys):
    cats = tmp_path / "cats.md"
    cats.write_text("# Cats\n\nA Cat\n\n## Abstract\n\nCats.\n")
    assert main(["verify", str(cats)]) == 3
    assert capsys.readouterr().out.endswith("1 document: 1 about none of the pinned papers\n")
    partial = tmp_path / "partial.md"
    partial.write_text(LISTING.read_text().replace("David Silver, ", ""))
    assert main(["verify", str(partial)]) == 4
    capsys.readouterr()
    assert main(["verify", str(cats), str(partial), str(SG)]) == 4
    assert main(["verify", str(cats), str(partial), str(IMPOSTOR)]) == 1
    assert main(["verify", *map(str, ALL), str(tmp_path / "missing")]) == 2


def test_pins_and_cite_show_the_trust_of_what_they_print(capsys):
    assert main(["pins"]) == 0
    out = capsys.readouterr().out
    for line in (
        "authors      corroborated Wojciech",
        "proceedings  curated      Proceedings",
        "title        hash signed",
    ):
        assert line in out
    for style, mark in (("text", "  trust: "), ("bibtex", "% "), ("cff", "# ")):
        assert main(["cite", "sg", "--format", style]) == 0
        assert (
            f"{mark}1703.00522v1: title hash signed, authors corroborated, proceedings curated"
            in capsys.readouterr().out
        )
