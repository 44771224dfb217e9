"""A pack that is damaged, forged or no pack is refused whole, by name."""

import hashlib
import json
import zipfile

import pytest
from running import packed

from repro.cli import main
from repro.errors import BadValueError
from repro.runner.merge import merge
from repro.runner.pack import MANIFEST


def rewritten(path, change):
    """The pack with other entries: `change(entries)` of name → bytes, in place."""
    with zipfile.ZipFile(path) as archive:
        entries = {e.filename: archive.read(e) for e in archive.infolist()}
    change(entries)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def a_result(entries):
    return next(n for n in entries if n != MANIFEST)


TRICKS = {
    "../out.json": "is no file of a runs folder",
    "/tmp/out.json": "is no file of a runs folder",
    "ab/../../x.json": "is no file of a runs folder",
    "groups/x/checkpoint.pt": "is no file of a runs folder",
    "arithmetic/0.json": "is no file of a runs folder",
    f"ab/{'ab' * 32}/{'0' * 16}.json": "is not in its manifest",
}


@pytest.mark.parametrize(("name", "words"), TRICKS.items())
def test_names_that_lead_elsewhere_are_refused(made, name, words):
    path = rewritten(packed(made)[0], lambda e: e.update({name: b"{}"}))
    with pytest.raises(BadValueError, match=words):
        merge([path], made / "home")
    assert not (made / "home").exists()


def test_links_are_refused(made):
    path = packed(made)[0]
    link = zipfile.ZipInfo(f"ab/{'ab' * 32}/{'0' * 16}.json")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadValueError, match="or a link"):
        merge([path], made / "home")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(made):
    path = packed(made)[0]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(archive.namelist()[1], "{}")
    with pytest.raises(BadValueError, match="there twice"):
        merge([path], made / "home")


def edit_bytes(entries):
    entries[a_result(entries)] = b"{}"


def edit_with_sums(entries):
    """A forged sum in the manifest does not make a result whole."""
    name = a_result(entries)
    entries[name] = entries[name].replace(b'"height"', b'"weight"', 1)
    manifest = json.loads(entries[MANIFEST])
    manifest["files"][name] = hashlib.sha256(entries[name]).hexdigest()
    entries[MANIFEST] = json.dumps(manifest).encode()


def swap_names(entries):
    """A result in the place of another."""
    first, second = [n for n in entries if n != MANIFEST][:2]
    entries[first] = entries[second]
    manifest = json.loads(entries[MANIFEST])
    manifest["files"][first] = hashlib.sha256(entries[first]).hexdigest()
    entries[MANIFEST] = json.dumps(manifest).encode()


def newer(entries):
    entries[MANIFEST] = json.dumps({**json.loads(entries[MANIFEST]), "format": 2}).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (edit_bytes, "does not have the SHA-256 of the manifest"),
        (edit_with_sums, "is no result of a run .*its SHA-256 is another"),
        (swap_names, "of another run or code than its name says"),
        (newer, "is a pack of format 2; expected 1"),
        (lambda e: e.pop(a_result(e)), "is not in it"),
        (lambda e: e.pop(MANIFEST), "damaged or no pack of runs"),
        (lambda e: e.update({MANIFEST: b"[]"}), "damaged or no pack of runs"),
    ],
)
def test_what_is_not_whole_is_refused(made, change, words):
    """And nothing of the others is taken."""
    whole = made / "whole.zip"
    whole.write_bytes(packed(made)[0].read_bytes())
    path = rewritten(packed(made)[0], change)
    with pytest.raises(BadValueError, match=words):
        merge([whole, path], made / "home")
    assert not (made / "home").exists()


@pytest.mark.parametrize("cut", [0, 100, -30])
def test_a_torn_file_is_refused_in_a_sentence(made, cut, capsys):
    path = packed(made)[0]
    path.write_bytes(path.read_bytes()[:cut])
    assert main(["merge", str(path)]) == 2
    assert "is damaged or no pack of runs" in capsys.readouterr().err
    assert main(["merge", str(made / "nowhere.zip")]) == 2
    assert "there is no file" in capsys.readouterr().err
