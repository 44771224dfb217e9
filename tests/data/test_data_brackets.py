"""Bracketed trees: what is written is read, what makes no tree is named by file and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.data import brackets
from repro.errors import DataError

TREE = """
( (S
    (NP-SBJ-1 (DT The) (NN cat) )
    (VP (VBZ wants)
      (S (NP-SBJ (-NONE- *-1) ) (VP (TO to) (VP (VB play) ))))
    (. .) ))
"""


def test_words_and_tags_without_traces_and_the_whole_tree():
    [sentence] = brackets.parse(TREE.encode(), "x.mrg")
    assert sentence.forms == ("The", "cat", "wants", "to", "play", ".")
    assert sentence.xpos == ("DT", "NN", "VBZ", "TO", "VB", ".")
    assert sentence.heads == sentence.labels == sentence.upos == ()
    label, children = sentence.tree
    assert label == "" and children[0][0] == "S"
    assert [c[0] for c in children[0][1]] == ["NP-SBJ-1", "VP", "."]
    assert list(brackets.leaves(sentence.tree))[3] == ("-NONE-", "*-1")


WORD = st.text(st.characters(exclude_characters="()", exclude_categories=["C", "Z"]), min_size=1, max_size=4)
LEAF = st.tuples(WORD.filter(lambda w: w != "-NONE-"), st.tuples(WORD))
TREES = st.recursive(
    LEAF, lambda inner: st.tuples(WORD, st.lists(inner, min_size=1, max_size=3).map(tuple)), max_leaves=8
)


def shown(tree):
    label, children = tree
    inner = " ".join(c if isinstance(c, str) else shown(c) for c in children)
    return f"({label} {inner})" if label else f"( {inner})"


def spans(tree):
    label, children = tree
    return [(label, children[0])] if isinstance(children[0], str) else [w for c in children for w in spans(c)]


@given(st.lists(TREES, min_size=1, max_size=3), st.booleans(), st.sampled_from(["\n", " ", "\n\n"]))
def test_what_is_written_is_read(trees, empty_label, between):
    trees = [("", (t,)) for t in trees] if empty_label else trees
    got = brackets.parse(between.join(map(shown, trees)).encode(), "x")
    assert [s.tree for s in got] == trees
    assert [list(zip(s.xpos, s.forms, strict=True)) for s in got] == [spans(t) for t in trees]


@given(TREES, st.data())
def test_a_truncated_tree_is_refused(tree, data):
    written = shown(tree).encode()
    with pytest.raises(DataError, match="x"):
        brackets.parse(written[: data.draw(st.integers(0, len(written) - 1))], "x")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", ": holds no tree"),
        (" \n\n", ": holds no tree"),
        ("(NN a)\n\n(NN b", ", line 3: a bracket is never closed: truncated"),
        ("(S (NN a)\n(NN b)", ", line 1: a bracket is never closed"),
        ("(NN a))", r", line 1: '\)' outside of all brackets"),
        ("(NN a)\nb (NN c)", ", line 2: 'b' outside"),
        ("(NN a)\n()", ", line 2: brackets with nothing between"),
        ("(S (NN a) (NP))", ", line 1: brackets with a label alone between"),
        ("(NN a b)", ", line 1: NN has 2 parts, 2 of them words"),
        ("(NN a (NN b))", ", line 1: NN has 2 parts, 1 of them words"),
        ("(S ((NN a)) (NN b))", ", line 1: an inner bracket has no label"),
        ("\n( (NP (-NONE- *)))", ", line 2: a tree without words"),
    ],
)
def test_damage_is_named_by_file_and_line(text, what):
    with pytest.raises(DataError, match=rf"x\.mrg{what}"):
        brackets.parse(text.encode(), "x.mrg")


def test_bytes_that_are_no_text():
    with pytest.raises(DataError, match=r"x, line 2: not UTF-8: byte 0xe9"):
        brackets.parse(b"(NN a)\n(NN caf\xe9)", "x")


def test_a_tree_may_be_deep():
    depth = 5000
    [sentence] = brackets.parse(("(X " * depth + "(NN a)" + ")" * depth).encode(), "x")
    assert sentence.forms == ("a",)
