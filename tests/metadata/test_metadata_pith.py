"""Parsing pith records: both forms, strictly."""

import copy
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_samples import MEPROP, SG, at, bundle, dump, examples, leaves, record_bytes, rehash_state, state

from metadata.errors import MetadataError, MissingFieldError, UnknownVersionError, UnusableDocumentError
from metadata.kinds import pith
from metadata.kinds.pith import PithRecord
from metadata.parse.ids import ArxivId

# Fields that nothing interprets: whoever fills one is told so.
IDLE = re.compile(
    r"builder_version|verdict|strong_count|items|sample|internal_anchors|resolved_work|attestation"
)
PAYLOAD = ("current", "record_created", "payload")
RECEIPT = (*PAYLOAD, "receipt")
RECORD = ("current", "canonical_record")


def changed(path, value, document=None):
    document = copy.deepcopy(document or state())
    at(document, path[:-1])[path[-1]] = value
    return dump(rehash_state(document))


@pytest.mark.parametrize(("path", "arxiv"), [(SG, "1703.00522v1"), (MEPROP, "1706.06197v5")])
def test_reads_the_committed_records(path, arxiv):
    record = pith.parse(path.read_bytes())
    assert str(record.arxiv) == arxiv
    assert record.is_state
    assert record.canonical == record_bytes(state(path))
    assert record.submitted.year == 2017
    assert record.notes == ()  # everything that such a record says is interpreted


@pytest.mark.parametrize("path", [SG, MEPROP])
def test_the_bundle_holds_the_same_record(path):
    whole, part = pith.parse(path.read_bytes()), pith.parse(dump(bundle(state(path))))
    assert not part.is_state
    assert (part.canonical, part.receipt, part.arxiv) == (whole.canonical, whole.receipt, whole.arxiv)
    assert "something_new" in part.notes[0]


@examples(max_examples=50)
@given(st.randoms(use_true_random=False), st.sampled_from([state(SG), bundle(state(MEPROP))]))
def test_key_order_does_not_matter(random, document):
    def shuffled(value):
        if isinstance(value, list):
            return [shuffled(v) for v in value]
        if not isinstance(value, dict):
            return value
        keys = random.sample(sorted(value), len(value))
        return {k: shuffled(value[k]) for k in keys}

    again = json.dumps(shuffled(document), indent=random.choice([None, 2])).encode()
    assert pith.parse(again) == pith.parse(dump(document))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("state_version",), "$.state_version"),
        (("merge_version",), "$.merge_version"),
        ((*RECORD, "schema_version"), "$.current.canonical_record.schema_version"),
        ((*RECEIPT, "receipt_version"), "receipt.receipt_version"),
    ],
)
def test_unknown_versions_are_refused(path, place):
    with pytest.raises(UnknownVersionError) as caught:
        pith.parse(changed(path, "2.0"))
    assert place in str(caught.value)
    assert "'2.0'" in str(caught.value)


def test_an_unknown_bundle_version_is_refused():
    with pytest.raises(UnknownVersionError, match="bundle_version"):
        pith.parse(dump(bundle(state()) | {"bundle_version": "2.0"}))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ((*RECORD, "source", "version"), "1", "an integer"),
        ((*RECORD, "source", "version"), True, "an integer"),
        ((*RECORD, "source", "version"), 1.0, "an integer"),
        ((*RECORD, "source", "version"), 0, "arXiv id"),
        ((*RECORD, "source", "id"), "1703.00522v1", "arXiv id"),
        ((*RECORD, "source", "kind"), "doi", "'arxiv'"),
        ((*RECORD, "source"), [], "an object"),
        ((*RECORD, "metadata", "cross_cats_sorted"), "cs.NE", "a list"),
        ((*RECORD, "metadata", "cross_cats_sorted"), [1], "a string"),
        ((*RECORD, "metadata", "submitted_at"), "2017-03-01 21:41:09", "a time like"),
        ((*RECORD, "metadata", "submitted_at"), "2017-02-30T21:41:09Z", "a time like"),
        ((*RECORD, "metadata", "submitted_at"), "2017-03-01T21:41:09+01:00", "a time like"),
        ((*RECORD, "metadata", "title_canon_sha256"), "7BB0" + "0" * 60, "64 hex digits"),
        ((*RECORD, "metadata", "authors"), "Qilei Zhang", "unknown field"),
        ((*RECEIPT, "comment"), "x", "unknown field"),
        ((*RECEIPT, "kind"), "x", "pith_receipt"),
        (("state_type",), "x", "pith_open_graph_state"),
        (("pith_number",), "pith:2017:short", "pith number"),
        (("event_count",), -1, "an integer"),
        (("equivocations",), None, "a list"),
        (("current", "source_aliases"), [1], "an object"),
        (("current", "record_created", "target"), "graph", "'record'"),
        (("current",), "x", "an object"),
    ],
)
def test_wrong_values_are_refused_with_what_was_expected(path, value, expected):
    with pytest.raises(MetadataError) as caught:
        pith.parse(changed(path, value))
    assert expected in str(caught.value)


def test_every_field_that_is_read_is_required():
    """Whatever is deleted (and all hashed again), nothing is filled in: it is refused, or was not read."""
    refused = 0
    for path in leaves(state()):
        if isinstance(path[-1], int) or path[0] == "state_sha256":
            continue
        document = state()
        del at(document, path[:-1])[path[-1]]
        try:
            pith.parse(dump(rehash_state(document)))
        except MissingFieldError as e:
            refused += 1
            assert repr(path[-1]) in str(e)
        else:
            assert IDLE.search(".".join(map(str, path)))
    assert refused > 60


def test_a_bundle_needs_one_creation():
    document = bundle(state())
    for events in ([], document["events"] * 2):
        with pytest.raises(MissingFieldError, match=r"\$\.events"):
            pith.parse(dump(document | {"events": events}))


@pytest.mark.parametrize("data", [b"[]", b"1", b"{}", b"null", b'"x"'])
def test_other_json_is_refused(data):
    with pytest.raises(UnusableDocumentError, match=r"\$|pith record"):
        pith.parse(data)


def test_a_record_is_frozen():
    record = pith.parse(SG.read_bytes())
    assert isinstance(record, PithRecord)
    with pytest.raises(AttributeError):
        record.pith_number = "x"
    assert record.arxiv == ArxivId("1703.00522", 1)
