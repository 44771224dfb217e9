"""What a document says and nothing here interprets is shown, one line each, and fails nothing."""

import pytest
from metadata_samples import PAGE, SG, atom, bundle, dump, rehash_state, state

from metadata import kinds, load_pins
from metadata.check import verify
from metadata.cli import main
from metadata.pins import committed

CORPUS, PINS = committed.load(), load_pins()


def report(data):
    return verify(kinds.parse(data), CORPUS, PINS)


def edited(*path, value):
    document = state()
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return dump(rehash_state(document))


GRAPH = ("current", "graph_snapshots", 0, "payload", "graph_snapshot")
CREATED = ("current", "record_created", "payload")
NOTE = {"target": "record", "note": "WITHDRAWN by the authors"}
SAID = {
    "a correction": (edited("current", "corrections", value=[NOTE]), "WITHDRAWN"),
    "many corrections": (edited("current", "corrections", value=[NOTE] * 300), "and more"),
    "an attestation": (
        edited("current", "author_attestations", value=[{"target": "x"}]),
        "author_attestations: 1 entries",
    ),
    "a revoked state": (edited(*CREATED, "attestation_state", value="revoked"), "revoked"),
    "an unknown field": (edited("retracted", value=True), "retracted"),
    "an unknown field inside": (edited(*GRAPH, "status", value="RETRACTED"), "RETRACTED"),
    "a headline": (edited(*GRAPH, "paper", "headline", value="RETRACTED"), "RETRACTED"),
    "a verdict": (edited(*GRAPH, "verdict", "one_line_summary", value="RETRACTED"), "RETRACTED"),
    "filled claims": (edited(*GRAPH, "claims", "items", value=[{"x": 1}]), "claims.items"),
}
PAGE_TEXT = PAGE.read_text(encoding="utf-8")
PAGES = {
    "a withdrawn paper": (
        PAGE_TEXT.replace("Subjects:", "Comments:This paper has been withdrawn\nSubjects:"),
        "withdraw",
    ),
    "another day": (
        PAGE_TEXT.replace("[Submitted on 1 Mar 2017]", "[Submitted on 5 May 2020]"),
        "5 May 2020",
    ),
    "another headline": (PAGE_TEXT.replace("arXiv:1703.00522 (cs)", "arXiv:1608.05343 (cs)"), "1608.05343"),
}
SAID |= {name: (text.encode(), said) for name, (text, said) in PAGES.items()}
FEED = b'<arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">Withdrawn by arXiv</arxiv:comment>'
SAID["a withdrawn feed"] = (atom().replace(b"</entry>", FEED + b"</entry>"), "Withdrawn")
for kind in ("record_revoked", "key_revoked", "record_updated"):
    whole = bundle(state())
    event = {
        "event_type": kind,
        "subject_pith_number": whole["pith_number"],
        "target": "record",
        "payload": {"x": 1},
    }
    SAID[kind] = (dump(whole | {"events": [*whole["events"], event]}), kind)


@pytest.mark.parametrize("what", SAID)
def test_each_is_seen(what):
    data, said = SAID[what]
    result = report(data)
    assert not result.failed
    assert said in " | ".join(result.warnings)
    assert len(result.warnings) <= 21


def test_the_committed_documents_say_nothing_unheard():
    for document in CORPUS.documents:
        assert verify(document, CORPUS, PINS).warnings == ()


def test_a_warning_is_a_line_of_the_report(tmp_path, capsys):
    path = tmp_path / "record.json"
    path.write_bytes(SAID["a correction"][0])
    assert main(["verify", str(path)]) == 0
    assert (
        "warning         not interpreted       $.current.corrections[0].note: 'WITHDRAWN"
        in capsys.readouterr().out
    )


def test_a_forged_page_beside_a_true_record_fails_alone(tmp_path, capsys):
    for number, text in enumerate(
        (PAGE_TEXT.replace("drastically", "slightly"), PAGE_TEXT.replace("Simon", "Simone"))
    ):
        forged = tmp_path / f"forged{number}.txt"
        forged.write_text(text, encoding="utf-8")
        assert main(["verify", str(SG), str(forged)]) == 1
        record, _, page = capsys.readouterr().out.partition(str(forged))
        assert "failed  " not in record
        assert "failed  " in page


def excerpt(data):
    return next(c.status for c in report(data).checks if c.name == "excerpt")


def test_an_empty_excerpt_shows_nothing():
    data = edited(*GRAPH, "paper", "abstract_excerpt", value="")
    assert excerpt(data) == "absent"
    assert {f.field: f.trust for f in report(data).fields}["abstract_excerpt"] == "stated"
    short = edited(*GRAPH, "paper", "abstract_excerpt", value="When training")
    assert excerpt(short) == "not verifiable"
