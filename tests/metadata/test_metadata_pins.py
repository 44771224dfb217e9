"""The pins: reproducible from the records, ready for better evidence, closed to other versions."""

import json
import subprocess
import sys

import pytest
from metadata_samples import (
    RECORDS,
    SG,
    TEST_KEY,
    copy_records,
    dni_feed,
    dump,
    rehash_state,
    resign,
    signed_dni,
    state,
)

from metadata import load_pins, pin, pins
from metadata.errors import PinError, UnknownPinError, UnusableDocumentError, VersionlessIdError
from metadata.parse.strict_json import sha256_hex
from metadata.pins import build, committed
from metadata.pins import build as rows

IDS = ["1608.05343v2", "1703.00522v1", "1706.06197v5"]


def build_from(folder, key=TEST_KEY):
    """Build from records all signed with the test key, so that one more can be added."""
    for name, arxiv in (("pith-1703.00522v1.state.json", SG), ("pith-1706.06197v5.state.json", None)):
        path = folder / name
        path.write_bytes(dump(resign(state(arxiv or RECORDS / name))))
    hashes = {
        p.name: sha256_hex(p.read_bytes())
        for p in folder.iterdir()
        if p.name in committed.read_manifest(folder)
    }
    (folder / committed.MANIFEST).write_bytes(committed.render_manifest(hashes))
    return build.build(committed.load(folder), key=key)


def test_the_committed_documents_are_those_of_the_manifest():
    manifest = committed.read_manifest()
    assert set(manifest) == {
        "pith-1703.00522v1.state.json",
        "pith-1706.06197v5.state.json",
        "arxiv-listing-1703.00522.txt",
        "listing-dni-jaderberg.txt",
        "same-title-zhang-2018.md",
    }
    for name, digest in manifest.items():
        assert sha256_hex((RECORDS / name).read_bytes()) == digest
    assert (RECORDS / committed.MANIFEST).read_bytes() == committed.render_manifest(manifest)


def test_pins_json_follows_from_the_records():
    assert build.render(build.build(committed.load())) == pins.PINS_FILE.read_bytes()
    assert build.check() == load_pins()
    assert list(load_pins()) == IDS


def test_what_is_pinned():
    dni, sg, meprop = load_pins().values()
    assert (dni.short, sg.short, meprop.short) == ("dni", "sg", "meprop")
    assert (dni.trust, sg.trust, meprop.trust) == ("curated", "signed", "signed")
    assert sg.pith == "pith:2017:UCECU35UTPHTTOAN4P6TMIPZQ4"
    assert meprop.pith == "pith:2017:WMSIAHI6XZL2CGVLF45P6P24AX"
    assert dni.pith is dni.canonical_sha256 is dni.license is None
    assert "Grzegorz Świrszcz" in sg.authors
    assert meprop.authors == (
        "Xu Sun",
        "Xuancheng Ren",
        "Shuming Ma",
        "Houfeng Wang",
    )  # not the record's order
    assert len(dni.authors) == 7
    assert (dni.date, sg.date) == ("2017-07-03", "2017-03-01")
    assert meprop.date_of.startswith("v1")  # nobody recorded the day of v5, so no day is claimed for it
    assert dni.venue.endswith("(ICML 2017), PMLR 70:1627–1635, 2017")


def test_every_field_has_evidence():
    for p in load_pins().values():
        fields = set(vars(p)) - {"short", "arxiv", "trust", "evidence"}
        assert {e.field for e in p.evidence} == fields
        for e in p.evidence:
            assert (e.trust == "absent") == (getattr(p, e.field) in (None, ()))
            assert e.source in {*committed.read_manifest(), "curated.json", "arXiv id", "records", "none"}
    assert pin("sg").why("license").trust == "signed"
    assert pin("sg").why("authors").trust == "corroborated"
    assert pin("meprop").why("authors").trust == "curated"


@pytest.mark.parametrize(
    "name",
    [
        "dni", "sg", "meprop", *IDS, "arXiv:1608.05343v2", pin("sg").pith, pin("dni").url, pin("dni").url + "/",
        "https://www.arxiv.org/pdf/1608.05343v2.pdf", "http://export.arxiv.org/abs/1706.06197v5",
        "https://pith.science/pith/UCECU35UTPHTTOAN4P6TMIPZQ4", pin("meprop").proceedings.url,
    ],
)  # fmt: skip
def test_a_pin_is_found_by_name_and_by_id(name):
    assert pin(name).arxiv in IDS


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("1608.05343", VersionlessIdError, "expected 1608.05343v2"),
        ("10.48550/arXiv.1608.05343", VersionlessIdError, "expected 1608.05343v2"),
        ("https://doi.org/10.48550/arXiv.1608.05343", VersionlessIdError, "expected 1608.05343v2"),
        ("2001.00001", VersionlessIdError, "pinned are 1608.05343v2"),
        ("1706.06197v4", UnknownPinError, "expected 1706.06197v5"),
        ("1608.05343v1", UnknownPinError, "expected 1608.05343v2"),
        ("2001.00001v1", UnknownPinError, "not pinned"),
        ("DNI", UnknownPinError, "1608.05343v2 (dni)"),
        ("", UnknownPinError, "unknown paper"),
    ],
)
def test_other_names_are_refused(name, error, message):
    with pytest.raises(error) as caught:
        pin(name)
    assert message in str(caught.value)


def test_dni_is_upgraded_by_a_signed_record(tmp_path):
    folder = copy_records(tmp_path, {"pith-1608.05343v2.state.json": dump(signed_dni())})
    dni = build_from(folder)["1608.05343v2"]
    document = signed_dni()
    assert dni.trust == "signed"
    assert dni.pith == document["pith_number"]
    assert dni.canonical_sha256 == document["current"]["record_created"]["payload"]["canonical_sha256"]
    assert dni.why("title").trust == "hash signed"
    assert dni.license
    assert (dni.submitted, dni.date) == ("2016-08-18", "2017-07-03")
    assert dni.authors == pin("dni").authors  # the record's order is not the paper's


def test_a_feed_fills_what_is_open_and_joins_what_is_there(tmp_path):
    folder = copy_records(tmp_path, {"arxiv-atom-1608.05343v2.xml": dni_feed()})
    dni = build.build(committed.load(folder))["1608.05343v2"]
    assert dni.trust == "curated"  # a page is no signature
    assert dni.why("date").source == "curated.json"
    assert dni.why("date").also == ("arxiv-atom-1608.05343v2.xml",)
    assert (dni.abstract_sha256 is None, dni.why("abstract_sha256").trust) == (False, "stated")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (signed_dni(1), "another version"),
        (rehash_state(signed_dni() | {"event_count": 3}), "event_counters"),
    ],
)
def test_records_that_do_not_hold_are_refused(tmp_path, document, message):
    folder = copy_records(tmp_path, {"pith-1608.05343v2.state.json": dump(document)})
    with pytest.raises(PinError, match=message):
        build_from(folder)


def test_a_record_by_another_key_is_refused(tmp_path):
    folder = copy_records(tmp_path, {"pith-1608.05343v2.state.json": dump(signed_dni())})
    with pytest.raises(PinError, match="key_fingerprint"):
        build.build(committed.load(folder))


def test_a_record_that_contradicts_a_curated_fact_is_refused(tmp_path):
    document = signed_dni()
    paper = document["current"]["graph_snapshots"][0]["payload"]["graph_snapshot"]["paper"]
    paper["authors_text"] = "Max Jaderberg, Qilei Zhang"
    folder = copy_records(tmp_path, {"pith-1608.05343v2.state.json": dump(rehash_state(document))})
    with pytest.raises(PinError, match="Qilei Zhang"):
        build_from(folder)


@pytest.mark.parametrize("harm", ["change", "delete", "add", "manifest"])
def test_records_and_manifest_must_agree(tmp_path, harm):
    folder = copy_records(tmp_path)
    path = folder / "listing-dni-jaderberg.txt"
    if harm == "change":
        path.write_bytes(path.read_bytes().replace(b"Max", b"Tim"))
    elif harm == "delete":
        path.unlink()
    elif harm == "add":
        (folder / "new.txt").write_text("x")
    else:
        (folder / committed.MANIFEST).write_text("nonsense\n")
    with pytest.raises(PinError):
        committed.load(folder)


def test_a_broken_file_of_pins_is_an_error_that_says_what_to_do(tmp_path):
    path = tmp_path / "pins.json"
    for text in ("{", "[]", '{"pins_version": 1}', '{"pins_version": 2, "papers": {"x": {}}}'):
        path.write_text(text)
        pins._load.cache_clear()
        with pytest.raises(PinError, match="pins --write"):
            load_pins(path)
    with pytest.raises(PinError, match="not what the records give"):
        build.check(pins_file=path)


def test_a_broken_curated_file_is_an_error(tmp_path):
    path = tmp_path / "curated.json"
    good = json.loads(rows.CURATED_FILE.read_text())
    for broken in (
        {},
        {"curated_version": 1, "papers": {"1608.05343": {"short": "dni"}}},
        good | {"curated_version": 2},
    ):
        path.write_text(json.dumps(broken))
        with pytest.raises(PinError, match=r"curated\.json"):
            rows.curated(path)


def test_an_unparsable_record_is_named(tmp_path):
    folder = copy_records(tmp_path, {"broken.json": b"{"})
    with pytest.raises(UnusableDocumentError):
        build.build(committed.load(folder))


def test_loading_is_light():
    # Python's own modules are loaded before: every program that reads JSON pays for them.
    code = (
        "import sys, time, dataclasses, functools, json, pathlib; start = time.process_time();"
        "from metadata.pins import load_pins; load_pins(); print(time.process_time() - start, *sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    seconds, *modules = min(runs, key=lambda r: float(r.stdout.split()[0])).stdout.split()
    assert float(seconds) < 0.05
    assert not {"torch", "numpy", "cryptography", "urllib3", "defusedxml", "repro"} & set(modules)


@pytest.mark.parametrize(
    "name", ["records/MANIFEST.sha256", "records/same-title-zhang-2018.md", "pins/pins.json"]
)
def test_a_clone_with_windows_line_ends_has_the_same_bytes(name):
    """`core.autocrlf`: what is compared byte for byte comes from git as it went in."""
    command = ["git", "check-attr", "text", "eol", f"metadata/{name}"]
    told = subprocess.run(command, cwd=RECORDS.parents[1], capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip("no git checkout")
    assert "text: unset" in told.stdout or "eol: lf" in told.stdout
