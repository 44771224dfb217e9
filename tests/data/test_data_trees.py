"""Treebanks as data sets: ids, vocabularies, places on disk, the published ones and the invented one."""

from __future__ import annotations

import io
import zipfile

import pytest
import torch
from datahelp import published, put, small_source

import repro.data
from repro.data import conllu, invented, trees
from repro.data.fetch import sources
from repro.data.sets import Sentence
from repro.errors import DataError

A = Sentence(
    ("the", "cat", "sat"), ("DET", "NOUN", "VERB"), ("DT", "NN", "VBD"), (2, 3, 0), ("det", "nsubj", "root")
)
B = Sentence(("the", "the"), ("DET", "DET"), ("DT", "DT"), (0, 1), ("root", "det"))
C = Sentence(("a", "cat"), ("DET", "X"), ("DT", "NN"), (2, 0), ("det", "root"))
FILES = {
    "a-train.conllu": conllu.text([A, B]),
    "a-dev.conllu": conllu.text([B]),
    "a-test.conllu": conllu.text([C]),
}


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """EWT replaced by three sentences."""
    small = small_source(
        FILES, "ud_ewt", loader="trees", form="conllu", shape=None, stand_in="invented_trees"
    )
    monkeypatch.setitem(sources.SOURCES, "ud_ewt", small)
    put(FILES, tmp_path / "mnist")
    return tmp_path


def test_ids_stand_for_the_values_of_training(tiny):
    data = repro.data.load_trees("ud_ewt", data_dir=tiny)
    assert data.train.sentences == (A, B) and data.test.sentences == (C,)
    assert data.vocabulary["forms"] == ("<unk>", "the", "cat", "sat")
    assert data.vocabulary["upos"] == ("DET", "NOUN", "VERB")
    assert data.train.lengths.tolist() == [3, 2] and data.train.lengths.dtype == torch.int64
    assert data.train.columns["forms"].tolist() == [1, 2, 3, 1, 1]
    assert data.train.columns["heads"].tolist() == [2, 3, 0, 0, 1]
    assert data.test.columns["forms"].tolist() == [0, 2]  # a word not seen
    assert data.test.columns["upos"].tolist() == [0, -1]  # a tag that no prediction can hit
    assert data.train.columns.keys() == {"forms", "upos", "xpos", "labels", "heads"}
    assert not data.info.stand_in


def test_a_stream_of_sentences_goes_over_it(tiny):
    from repro.data.streams import Sentences

    train = repro.data.load_trees("ud_ewt", data_dir=tiny).train
    batch = Sentences(train.lengths, train.columns, 2, (0,)).at(0)
    forms = {tuple(row) for row in batch.columns["forms"][0].tolist()}
    assert forms == {(1, 2, 3), (1, 1, 0)} and int(batch.mask.sum()) == 5


def test_a_damaged_published_file_is_refused_before_it_is_read(tiny):
    (tiny / "mnist" / "a-dev.conllu").write_bytes(FILES["a-dev.conllu"][:-1])
    with pytest.raises(DataError, match=r"a-dev\.conllu is not the published file"):
        repro.data.load("ud_ewt", data_dir=tiny, stand_in="invented_trees")


def test_files_and_folders_of_the_users_own(tmp_path):
    put({"b.mrg": b"(S (NN b))\n(S (NN c))", "notes.txt": b"no tree"}, tmp_path / "wsj" / "02")
    put({"a.mrg": b"((S (NN a)))"}, tmp_path / "wsj" / "01")
    put({"c.conllu": conllu.text([A]), "d.parsed": b"(NN d)"}, tmp_path)
    read = trees.read_trees(tmp_path / "wsj", tmp_path / "c.conllu", tmp_path / "d.parsed")
    assert [s.forms for s in read] == [("a",), ("b",), ("c",), A.forms, ("d",)]
    assert read[3] == A
    train, _, test, vocabulary = trees.tensors((read[:3], read[:1], read[3:]))
    assert vocabulary.keys() == {"forms", "xpos"} and "heads" not in train.columns
    assert test.columns["forms"].tolist() == [0] * 4


def test_places_without_trees_are_named(tmp_path):
    with pytest.raises(DataError, match=r"no file that ends in \.conllu or \.mrg"):
        trees.read_trees(tmp_path)
    with pytest.raises(DataError, match=r"cannot read .*absent\.mrg: No such file"):
        trees.read_trees(tmp_path / "absent.mrg")
    put({"a.mrg": b"(S (NN a)\n"}, tmp_path)
    with pytest.raises(DataError, match=r"a\.mrg, line 1: a bracket is never closed"):
        trees.read_trees(tmp_path)


def archive(members):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as out:
        for name, text in members.items():
            out.writestr(name, text)
    return body.getvalue()


@pytest.fixture
def sample(monkeypatch, tmp_path):
    """NLTK's sample replaced by an archive of the given members."""

    def make(body):
        files = {"treebank.zip": body}
        small = small_source(files, "treebank", loader="trees", form="brackets", shape=None, stand_in=None)
        monkeypatch.setitem(sources.SOURCES, "treebank", small)
        put(files, tmp_path / "mnist")
        repro.data.reset()
        return repro.data.load_trees("treebank", data_dir=tmp_path)

    return make


def test_the_sample_is_split_by_the_numbers_of_its_files(sample):
    names = {n: f"treebank/combined/wsj_{n:04}.mrg" for n in (199, 181, 180, 161, 160, 1)}
    data = sample(archive({names[n]: f"(S (CD {n}))" for n in names} | {"treebank/README": "no tree"}))
    parts = [[s.forms[0] for s in p.sentences] for p in (data.train, data.valid, data.test)]
    assert parts == [["1", "160"], ["161", "180"], ["181", "199"]]


@pytest.mark.parametrize("body", [b"no archive", archive({"a/b.mrg": "(S (NN a))"})])
def test_an_archive_that_is_none_is_named(sample, body):
    with pytest.raises(DataError, match=r"treebank\.zip: not NLTK's archive of trees"):
        sample(body)


def test_a_damaged_member_is_named_by_file_and_line(sample):
    with pytest.raises(DataError, match=r"treebank\.zip: t/wsj_0007\.mrg, line 2: a bracket is never closed"):
        sample(archive({"t/wsj_0007.mrg": "(S (NN a))\n(S"}))


def test_the_invented_sentences_are_the_same_everywhere():
    repro.data.check("invented_trees")
    repro.data.check("invented_text")
    train, valid, test = invented.parts()
    assert [len(train), len(valid), len(test)] == [2000, 250, 250]
    assert " ".join(train[2].forms) == "a tree draws a light river near some watches of the stone ."
    for part in (train, valid, test):
        assert conllu.parse(conllu.text(part), "x") == list(part)  # heads make trees


def test_another_grammar_is_noticed(monkeypatch):
    train, valid, test = invented.parts()
    monkeypatch.setattr(invented, "parts", lambda: (train[::-1], valid, test))
    with pytest.raises(DataError, match=r"invented-train\.conllu: the grammar now makes SHA-256"):
        repro.data.check("invented_trees")


@pytest.mark.parametrize("name", ["ud_ewt", "treebank"])
def test_the_stand_in_says_loudly_that_it_is_invented(name, tmp_path):
    data = repro.data.load_trees(name, data_dir=tmp_path, stand_in="invented_trees", download=False)
    assert data.info.note.startswith("stand-in: INVENTED sentences with trees") and data.info.stand_in
    assert int(data.train.lengths.sum()) == len(data.train.columns["xpos"]) > 20_000


@pytest.mark.data
def test_ewt_has_the_known_counts():
    data = repro.data.load_trees("ud_ewt", data_dir=published("ud_ewt"), download=False)
    for part, sentences, words, forms in (
        (data.train, 12_544, 204_577, 19_674),
        (data.valid, 2_001, 25_147, 5_494),
        (data.test, 2_077, 25_094, 5_629),
    ):
        assert len(part.sentences) == len(part.lengths) == sentences
        assert {len(c) for c in part.columns.values()} == {words} == {int(part.lengths.sum())}
        assert len({w for s in part.sentences for w in s.forms}) == forms
        assert int((part.columns["heads"] == 0).sum()) == sentences
    assert len(data.vocabulary["upos"]) == 17 and len(data.vocabulary["xpos"]) == 49
    assert len(data.vocabulary["forms"]) == 19_675  # and <unk>
    first = data.valid.sentences[0]
    assert len(first) == 7 and first.heads == (3, 3, 4, 0, 6, 4, 4) and first.labels[3] == "root"


@pytest.mark.data
def test_nltks_sample_has_the_known_counts():
    data = repro.data.load_trees("treebank", data_dir=published("treebank"), download=False)
    parts = (data.train, data.valid, data.test)
    assert [len(p.sentences) for p in parts] == [3401, 276, 237]  # 3,914
    assert sum(len(p.columns["forms"]) for p in parts) == 94_084
    assert len(data.vocabulary["xpos"]) == 45
    assert data.train.sentences[0].tree[1][0][0] == "S"
    assert all(s.tree is not None for p in parts for s in p.sentences)
