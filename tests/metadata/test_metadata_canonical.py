"""Strict JSON and its canonical form."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_samples import MEPROP, SG, canonical_sha256, examples, state

from metadata.errors import UnusableDocumentError
from metadata.kinds import pith
from metadata.parse.strict_json import (
    MAX_BYTES,
    MAX_DEPTH,
    canonical_bytes,
    decode,
    parse,
    text_sha256,
)

# JSON as this package accepts it: whole numbers that doubles hold, finite floats, no lone surrogates.
_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    _LEAF | _TEXT, lambda c: st.lists(c, max_size=4) | st.dictionaries(_TEXT, c, max_size=4), max_leaves=12
)


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        (b'{"a": {"b": 1, "b": 1}}', "$.a", "duplicate key 'b'"),
        (b'{"a": [0, NaN]}', "$.a[1]", "NaN"),
        (b'{"a": -Infinity}', "$.a", "-Infinity"),
        (b'{"a": 1e999}', "$.a", "range of a double"),
        (b'{"a": 9007199254740993}', "$.a", "2**53"),
        (b'{"a": ' + b"7" * 100_000 + b"}", "$.a", "2**53"),
        (b'{"a": ["\\ud800"]}', "$.a[0]", "surrogate"),
        (b'{"\\udfff": 1}', "a key", "surrogate"),
        (b'{"a": 1,\n "b" 2}', "line 2, column 6", "delimiter"),
        (b'{"a": 1} x', "line 1, column 10", "Extra data"),
        (b"", "line 1", "Expecting value"),
        (b'{"a": "\xff"}', "byte 7", "0xff"),
        (b'\xef\xbb\xbf{"a": 1}', "byte 0", "byte-order mark"),
        (b"[" * 100_000, "too many", "50000 brackets"),
        (b"[" * 10_000, "nested", "32 levels"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "nested", "32 levels"),
        (b" " * (MAX_BYTES + 1), "too large", "1048576"),
    ],
)
def test_refuses_with_place_and_reason(data, place, reason):
    with pytest.raises(UnusableDocumentError) as caught:
        parse(data)
    assert place in str(caught.value)
    assert reason in str(caught.value)


def test_accepts_the_deepest_and_largest_allowed():
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert decode(b"x" * MAX_BYTES)


@pytest.mark.parametrize(
    "bomb", [b'"' + b'\\"' * 300_000, b'"' * 600_000, b"\\" * 600_000, b"[" + b'"\\' * 300_000]
)
def test_scanning_hostile_quotes_takes_linear_time(bomb):
    with pytest.raises(UnusableDocumentError):
        parse(bomb)  # quadratic scanning would take minutes


def test_brackets_inside_strings_do_not_count_as_depth():
    assert parse(json.dumps("[{" * 1000 + '\\"' + "}]").encode()) is not None


@examples(max_examples=300)
@given(JSON)
def test_canonical_json_is_a_fixed_point(value):
    data = canonical_bytes(value)
    assert canonical_bytes(parse(data)) == data
    assert parse(data) == value


@examples(max_examples=200)
@given(st.dictionaries(_TEXT, _LEAF, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_key_order_and_layout_do_not_change_the_hash(value, random):
    keys = list(value)
    random.shuffle(keys)
    shuffled = {k: value[k] for k in keys}
    again = parse(json.dumps(shuffled, indent=random.choice([None, 1, 4])).encode())
    assert canonical_sha256(again) == canonical_sha256(value)


@examples(max_examples=200)
@given(JSON, JSON)
def test_different_values_have_different_canonical_bytes(a, b):
    same = canonical_bytes(a) == canonical_bytes(b)
    assert same == (json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True))


def test_what_has_no_canonical_json_is_refused():
    for value in (float("nan"), {"a": {1, 2}}, "\ud800"):
        with pytest.raises(UnusableDocumentError, match="no canonical JSON"):
            canonical_bytes(value)


@pytest.mark.parametrize("path", [SG, MEPROP])
def test_hashes_of_the_committed_records(path):
    document = state(path)
    record = document["current"]["canonical_record"]
    digest = document["current"]["record_created"]["payload"]["canonical_sha256"]
    compact = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical_sha256(record) == digest == hashlib.sha256(compact).hexdigest()
    assert document["pith_number"].endswith(pith.parse(path.read_bytes()).code)
    title = document["current"]["graph_snapshots"][0]["payload"]["graph_snapshot"]["paper"]["title"]
    assert text_sha256(f"  {title.upper()}\n") == record["metadata"]["title_canon_sha256"]
