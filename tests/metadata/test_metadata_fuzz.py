"""Ten thousand mutated documents: each gives a result or one of this package's own errors, and quickly."""

import json
import random
import time

import pytest
from metadata_samples import ALL, atom, bundle, dump, rehash_state, state

from metadata import kinds
from metadata.check import Identification, identify_verified, verify
from metadata.check.report import Report
from metadata.errors import MetadataError
from metadata.pins import committed, load_pins

CORPUS, PINS = committed.load(), load_pins()
SEEDS = [*(path.read_bytes() for path in ALL), atom(), dump(bundle(state()))]
NASTY = [
    b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", "\u2028\u202e\u200b".encode(), b"\\ud800",
    b"NaN", b"-1", b"1e999", b"9" * 400, b"[" * 60, b"{" * 60, b'"', b"\\", b"null", b"true", b"\n\n", b"(" * 50,
    b"Title:", b"Authors:", b"Abstract", b"# ", b"[v1] ", b"arXiv:", b"<!DOCTYPE a>", b"&lol;", b"</entry>", b"v0",
]  # fmt: skip
VALUES = [None, True, -1, 2**60, 1.5, "", "x" * 300, "\u202e", [], {}, [[]], {"a": {}}, "1703.00522", "\n"]


def by_bytes(data, rng):
    for _ in range(rng.randint(1, 4)):
        a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        b = min(b, a + rng.choice([0, 1, 1, 8, 200]))
        piece = rng.choice([rng.choice(NASTY), rng.randbytes(rng.randint(1, 4)), data[a:b] * 2])
        data = data[:a] + piece + data[b:]
    return data


def by_lines(data, rng):
    lines = data.split(b"\n")
    for _ in range(rng.randint(1, 5)):
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        action = rng.randrange(4)
        if action == 0:
            lines[i], lines[j] = lines[j], lines[i]
        elif action == 1:
            lines.insert(i, rng.choice([lines[j], rng.choice(NASTY)]))
        elif action == 2 and len(lines) > 1:
            del lines[i]
        else:
            lines[i] += rng.choice(NASTY)
    return b"\n".join(lines)


def by_structure(data, rng):
    """Change values inside the JSON, and hash it again, so that checks behind the parser are reached."""
    document = json.loads(data)
    for _ in range(rng.randint(1, 3)):
        holder, key = document, None
        while isinstance(holder, dict | list) and holder:
            parent, key = (
                holder,
                rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder)),
            )
            holder = parent[key]
            if rng.random() < 0.2:
                break
        if key is not None:
            parent[key] = rng.choice([*VALUES, holder, [holder, holder]])
            if isinstance(parent, dict) and rng.random() < 0.2:
                del parent[key]
    rehashed = (
        rehash_state(document) if isinstance(document, dict) and "state_sha256" in document else document
    )
    return dump(rehashed)


def mutated(rng):
    data = rng.choice(SEEDS)
    ways = [by_bytes, by_lines, by_structure] if data.startswith(b"{") else [by_bytes, by_lines]
    return rng.choice(ways)(data, rng)


@pytest.mark.slow
def test_ten_thousand_mutated_documents():
    rng = random.Random(20260519)
    start, worst, read = time.process_time(), 0.0, 0
    for _ in range(10_000):
        data = mutated(rng)
        before = time.process_time()
        try:
            document = kinds.parse(data)
            assert isinstance(verify(document, CORPUS, PINS), Report)
            assert isinstance(identify_verified(document, CORPUS, PINS), Identification)
            read += 1
        except MetadataError as e:
            assert str(e)
        worst = max(worst, time.process_time() - before)
    assert 2_000 < read < 9_500  # both ways out were taken often
    assert worst < 1.0
    assert time.process_time() - start <= 60
