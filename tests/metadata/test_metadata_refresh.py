"""Refresh: what is fetched replaces committed documents only if it holds; else nothing changes at all."""

import pytest
from metadata_samples import (
    MEPROP,
    RECORDS,
    SG,
    TEST_KEY,
    atom,
    copy_records,
    dni_feed,
    dump,
    rehash_state,
    resign,
    signed_dni,
    state,
)
from metadata_server import cut_without_length, endless, good, running, slow, status, truncated

from metadata import load_pins, pin, pins
from metadata.errors import FetchError, MetadataError, PinError, RefusedUpdateError
from metadata.fetch import Client, Limits
from metadata.parse.strict_json import sha256_hex
from metadata.pins import build, committed, refresh
from metadata.pins.refresh import Update

STATE = "/pith/UCECU35UTPHTTOAN4P6TMIPZQ4/state.json"
ATOM = "/api/query?id_list=1703.00522v1"
NAME, FEED = "pith-1703.00522v1.state.json", "arxiv-atom-1703.00522v1.xml"
QUICK = Limits(attempts=2, backoff_s=0.01, longest_wait_s=5, gap_s=0)
HASTY = Limits(read_s=0.2, total_s=1.0, attempts=1, gap_s=0)


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as site:
        site.serve(STATE, good(SG.read_bytes()))
        site.serve(ATOM, good(atom()))
        yield site


@pytest.fixture
def place(tmp_path):
    """A copy of the committed records and pins that may be changed."""
    folder = copy_records(tmp_path)
    file = tmp_path / "pins.json"
    file.write_bytes(pins.PINS_FILE.read_bytes())
    pins._load.cache_clear()
    return {"directory": folder, "pins_file": file}


@pytest.fixture
def own_place(place):
    """The same, with every record signed by the test key, so that tests can make new genuine records."""
    folder = place["directory"]
    for path in (SG, MEPROP):
        (folder / path.name).write_bytes(dump(resign(state(path))))
    hashes = {name: sha256_hex((folder / name).read_bytes()) for name in committed.read_manifest(folder)}
    (folder / committed.MANIFEST).write_bytes(committed.render_manifest(hashes))
    place["pins_file"].write_bytes(build.render(build.build(committed.load(folder), key=TEST_KEY)))
    pins._load.cache_clear()
    return place


def fetch(site, place, wanted="sg", limits=QUICK, **more):
    servers = {"pith": site.base, "arxiv": site.base}
    found = next(p for p in load_pins(place["pins_file"]).values() if p.short == wanted)
    return refresh.fetch(
        found,
        Client("test/1", limits, sleep=lambda s: None),
        servers=servers,
        directory=place["directory"],
        **more,
    )


def apply(updates, **more):
    made = refresh.plan(updates, **more)
    committed.replace(made.files, made.expected)
    return made.pins


def content(place):
    files = {p.name: p.read_bytes() for p in place["directory"].iterdir()}
    return files | {"pins.json": place["pins_file"].read_bytes()}


def test_the_same_state_changes_nothing_and_a_new_feed_is_kept(site, place):
    same, new = fetch(site, place)
    assert (same.name, same.difference) == (NAME, ())
    assert (new.name, new.data) == (FEED, atom())
    assert any(line.startswith("+") for line in new.difference)
    before = content(place)
    apply([same, new], **place)
    changed = {name for name, data in content(place).items() if before.get(name) != data}
    assert changed == {FEED, committed.MANIFEST, "pins.json"}
    assert build.check(place["directory"], place["pins_file"])["1703.00522v1"].abstract_sha256
    site.serve(ATOM, good(atom(now="2027-01-01T00:00:00Z")))  # the time of the answer is no difference
    assert [u.difference for u in fetch(site, place)] == [(), ()]


HOSTILE = {
    "tampered": good(SG.read_bytes().replace(b"cs.LG", b"cs.AI")),
    "another record": good(MEPROP.read_bytes()),
    "signed by another key": good(dump(resign(state(SG), honest=False))),
    "another kind": good(atom()),
    "a web page": good(b"<html>Sorry</html>"),
    "nothing": good(b""),
    "truncated": truncated(SG.read_bytes()),
    "cut without length": cut_without_length(SG.read_bytes()),
    "redirected elsewhere": status(302, Location="https://example.org/state.json"),
    "endless": endless,
    "slow": slow(10),
    "too busy": status(429, Retry_After="60"),
    "broken": status(500),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", [STATE, ATOM])
def test_a_failed_or_hostile_answer_changes_nothing(site, place, answer, path):
    if path == ATOM and answer is HOSTILE["another kind"]:
        answer = good(SG.read_bytes())
    site.serve(path, answer)
    before = content(place)
    with pytest.raises(MetadataError) as caught:
        apply(fetch(site, place, limits=HASTY if answer is HOSTILE["slow"] else QUICK), **place)
    assert content(place) == before
    assert caught.value.exit_code in (1, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arxiv": "1703.00522v2", "updated": "2018-01-01T00:00:00Z"}, "version: got 1703.00522v2"),
        ({"title": "Another Title"}, "title_hash"),
        ({"abstract": "Another abstract."}, "abstract_hash"),
        ({"authors": "Qilei Zhang"}, r"authors.*foreign"),
        ({"published": "2017-03-02T21:41:09Z"}, "history"),
        ({"categories": "cs.AI"}, "categories"),
    ],
)
def test_a_feed_that_contradicts_the_record_is_refused(site, place, changes, message):
    site.serve(ATOM, good(atom(**changes)))
    with pytest.raises(RefusedUpdateError, match=message):
        fetch(site, place)


def test_a_busy_server_is_waited_for(site, place):
    site.serve(STATE, status(429, Retry_After="3"), good(SG.read_bytes()))
    site.serve(ATOM, status(500), good(atom()))
    assert len(fetch(site, place)) == 2


def test_a_new_genuine_state_is_shown_and_replaces_the_old_one(site, own_place):
    document = resign(state(SG))
    document["current"]["graph_snapshots"][0]["payload"]["graph_snapshot"]["verdict"]["strongest_claim"] = (
        "new"
    )
    new = dump(rehash_state(document))
    code = load_pins(own_place["pins_file"])["1703.00522v1"].pith.rpartition(":")[2]
    site.serve(f"/pith/{code}/state.json", good(new))
    updates = fetch(site, own_place, key=TEST_KEY)
    assert any("strongest_claim" in line and line.startswith("+") for line in updates[0].difference)
    apply(updates, **own_place, key=TEST_KEY)
    assert (own_place["directory"] / NAME).read_bytes() == new
    assert committed.load(own_place["directory"])  # the manifest agrees


def test_a_signed_record_of_dni_upgrades_its_pin(site, own_place):
    number = signed_dni()["pith_number"]
    site.serve(f"/pith/{number.rpartition(':')[2]}/state.json", good(dump(signed_dni())))
    site.serve("/api/query?id_list=1608.05343v2", good(dni_feed(abstract="Another abstract.")))
    with pytest.raises(RefusedUpdateError, match="abstract_hash"):  # record and feed must agree
        fetch(site, own_place, "dni", pith=number, key=TEST_KEY)
    site.serve("/api/query?id_list=1608.05343v2", good(dni_feed()))
    updates = fetch(site, own_place, "dni", pith=number, key=TEST_KEY)
    new = apply(updates, **own_place, key=TEST_KEY)["1608.05343v2"]
    assert (new.trust, new.pith) == ("signed", number)
    assert new.why("authors").trust == "curated"
    with pytest.raises(RefusedUpdateError, match="trust would change"):
        list(refresh.pin_changes(new, pin("dni")))  # and never back to less


def test_without_a_pith_number_only_arxiv_is_asked(site, place):
    with pytest.raises(FetchError):
        fetch(site, place, "dni")
    assert [path for path, _ in site.requests] == ["/api/query?id_list=1608.05343v2"]


def test_apply_writes_nothing_that_does_not_hold(place):
    before = content(place)
    for name, data, error in (
        ("pith-1703.00522v1.state.json", dump(resign(state(SG))), PinError),
        ("pith-1608.05343v2.state.json", dump(signed_dni()), PinError),
        ("new.json", b"{", MetadataError),
    ):
        with pytest.raises(error):
            apply([Update(name, data, ("+",))], **place)
        assert content(place) == before


def test_the_committed_records_are_what_they_were():
    assert committed.read_manifest() == {p.name: sha256_hex(p.read_bytes()) for p in RECORDS.glob("[a-z]*.*")}
