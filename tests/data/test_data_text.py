"""Text: words and characters of the same files, named places for what no text holds."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
import torch
from datahelp import published, put, small_source
from hypothesis import given
from hypothesis import strategies as st

import repro.data
from repro.data import text
from repro.data.fetch import sources
from repro.data.fetch.files import read
from repro.errors import DataError

TINY = {
    "a.train.txt": b" the cat saw the dog \n the <unk> ran \n a caf\xc3\xa9\n",
    "a.valid.txt": b" the cat ran \n",
    "a.test.txt": b" a dog \n saw a cat \n",
}


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """PTB in both forms replaced by three lines."""
    for form in ("words", "characters"):
        name = {"words": "ptb", "characters": "ptb_char"}[form]
        small = small_source(TINY, name, loader="text", form=form, shape=None, stand_in="invented_text")
        monkeypatch.setitem(sources.SOURCES, name, small)
    put(TINY, tmp_path / "mnist")
    return tmp_path


def spelt(data, ids):
    return [data.vocabulary[i] for i in ids.tolist()]


def test_words_end_with_an_end_mark_a_line(tiny):
    data = repro.data.load_text("ptb", data_dir=tiny)
    assert data.kind == "words" and data.train.dtype == torch.int64
    assert spelt(data, data.train) == "the cat saw the dog <eos> the <unk> ran <eos> a café <eos>".split()
    assert spelt(data, data.test) == "a dog <eos> saw a cat <eos>".split()
    assert data.vocabulary == ("<eos>", "the", "<unk>", "a", "café", "cat", "dog", "ran", "saw")


def test_characters_end_with_a_line_feed_a_line(tiny):
    data = repro.data.load_text("ptb_char", data_dir=tiny)
    assert data.kind == "characters"
    assert "".join(spelt(data, data.train)) == "the cat saw the dog\nthe <unk> ran\na café\n"
    assert "".join(spelt(data, data.valid)) == "the cat ran\n"
    count = Counter(spelt(data, data.train))
    assert list(data.vocabulary) == sorted(count, key=lambda c: (-count[c], c))


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=4)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=6)


@given(LINES, st.randoms())
def test_what_is_read_spells_what_was_written(lines, rng):
    written = "".join(f" {line} \n" for line in lines).encode()
    train = text.lines(written, "train")
    assert train == lines
    part = rng.sample(train, rng.randint(1, len(train)))
    names = ["train", "part"]
    vocabulary, ids = text.words([train, part], names)
    assert [vocabulary[i] for i in ids[1]] == [w for line in part for w in [*line.split(), "<eos>"]]
    vocabulary, ids = text.characters([train, part], names)
    assert "".join(vocabulary[i] for i in ids[1]) == "".join(line + "\n" for line in part)
    assert len(vocabulary) == len(set("".join(train))) + 1


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"one\ntw\xffo\n", "line 2: not UTF-8: byte 0xff"),
        (b"one\ntwo", "line 2: truncated: the last line has no line feed"),
        (b"", "line 1: truncated"),
        (b"one\n\nthree\n", "line 2: empty"),
        (b"one\n  \nthree\n", "line 2: empty"),
        (b"one\ntwo\x00\n", r"line 2: holds '\\x00'"),
        (b"one\r\ntwo\r\n", r"line 1: holds '\\r'"),
        (b"a\tb\n", r"line 1: holds '\\t'"),
        ("a \ufffd b\n".encode(), "line 1: holds '\ufffd'"),
        (b"one\nand <eos> two\n", "line 2: holds <eos>, which we put at its end"),
    ],
)
def test_damaged_text_is_named_by_file_and_line(data, what):
    with pytest.raises(DataError, match=rf"x\.txt, {what}"):
        text.lines(data, "x.txt")


def test_what_training_has_not_is_named_by_file_and_line():
    parts, names = [["a b", "c"], ["a", "b d"]], ["train.txt", "test.txt"]
    with pytest.raises(DataError, match=r"test\.txt, line 2: 'd' does not occur in train\.txt"):
        text.words(parts, names)
    with pytest.raises(DataError, match=r"test\.txt, line 2: 'd' does not occur in train\.txt"):
        text.characters(parts, names)


@pytest.mark.parametrize(("name", "kind"), [("ptb", "words"), ("ptb_char", "characters")])
def test_the_stand_in_comes_in_the_tokens_asked_for(tmp_path, name, kind):
    data = repro.data.load_text(name, data_dir=tmp_path, stand_in="invented_text", download=False)
    assert data.kind == kind and data.info.stand_in
    assert data.info.note.startswith("stand-in: INVENTED text, from a toy grammar")
    assert ("<eos>" in data.vocabulary) == (kind == "words") != ("\n" in data.vocabulary)
    assert 20_000 < len(data.train) < 200_000


@pytest.mark.data
def test_ptb_in_words_has_the_known_counts():
    data = repro.data.load_text("ptb", data_dir=published("ptb"), download=False)
    assert [len(data.train), len(data.valid), len(data.test)] == [929_589, 73_760, 82_430]
    assert len(data.vocabulary) == 10_000 and data.vocabulary[:4] == ("the", "<unk>", "<eos>", "N")
    for part, lines, unknown in (
        (data.train, 42_068, 45_020),
        (data.valid, 3_370, 3_485),
        (data.test, 3_761, 4_794),
    ):
        assert int((part == data.vocabulary.index("<eos>")).sum()) == lines
        assert int((part == data.vocabulary.index("<unk>")).sum()) == unknown
    assert not data.info.stand_in


CHARACTER_FILES = (
    "e313d91425e06c4f0a8fb6e881dcce0c291f2a0e9f4dda54833069b122f91da9",
    "21661f63ec355085879458b6524644d4add5573541b4be14fb52ab2e2e995eb8",
    "1ef5607ac3c463b16e38bfe7900dd3bfc91de5a96e0f21e7eab5188b465b8ebe",
)


@pytest.mark.data
def test_ptb_in_characters_is_what_the_published_character_files_say():
    base = published("ptb_char")
    data = repro.data.load_text("ptb_char", data_dir=base, download=False)
    assert [len(data.train), len(data.valid), len(data.test)] == [5_017_482, 393_042, 442_423]
    assert len(data.vocabulary) == 50
    for part, want in zip((data.train, data.valid, data.test), CHARACTER_FILES, strict=True):
        names = ["_" if c == " " else c for c in data.vocabulary]
        file = " ".join(names[i] for i in part.tolist()) + " "
        assert hashlib.sha256(file.encode()).hexdigest() == want


@pytest.mark.data
def test_a_flipped_letter_in_ptb_is_refused(tmp_path):
    source = repro.data.catalogue()["ptb"]
    base = published("ptb")
    files = {f.name: read(source, f, base) for f in source.files}
    put(files | {"ptb.test.txt": files["ptb.test.txt"].replace(b"no ", b"on ", 1)}, tmp_path / "ptb")
    with pytest.raises(DataError, match=r"ptb\.test\.txt is not the published file"):
        repro.data.load_text("ptb", data_dir=tmp_path, stand_in="invented_text", download=False)
