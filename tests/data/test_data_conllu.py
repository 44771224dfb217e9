"""CoNLL-U: what is written is read, what is damaged is named by file and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.data import conllu
from repro.data.sets import Sentence
from repro.errors import DataError

LINES = """\
# sent_id = 1
# text = don't worry now
1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tdo\tdo\tAUX\tVBP\tMood=Imp\t3\taux\t3:aux\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t3:advmod\t_
3\tworry\tworry\tVERB\tVB\t_\t0\troot\t0:root\t_
3.1\tnothing\tnothing\tNOUN\tNN\t_\t_\t_\t3:obj\t_
4\tnow\tnow\tADV\tRB\t_\t3\tadvmod\t3:advmod\t_

# text = Yes # no
1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t0:root\t_
2\t#\t#\tSYM\t#\t_\t1\tpunct\t1:punct\t_

"""


def test_words_are_read_and_all_else_is_passed_over():
    assert conllu.parse(LINES.encode(), "x.conllu") == [
        Sentence(
            ("do", "n't", "worry", "now"),
            ("AUX", "PART", "VERB", "ADV"),
            ("VBP", "RB", "VB", "RB"),
            (3, 3, 0, 3),
            ("aux", "advmod", "root", "advmod"),
        ),
        Sentence(("Yes", "#"), ("INTJ", "SYM"), ("UH", "#"), (0, 1), ("root", "punct")),
    ]


FORM = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=["Cs"]), min_size=1, max_size=5)


@st.composite
def sentences(draw):
    """A sentence with any forms and any tree."""
    n = draw(st.integers(1, 7))
    order = draw(st.permutations(range(1, n + 1)))  # each word hangs on an earlier one of this order
    heads = [0] * n
    for i, word in enumerate(order[1:], 1):
        heads[word - 1] = order[draw(st.integers(0, i - 1))]
    columns = [draw(st.lists(FORM, min_size=n, max_size=n).map(tuple)) for _ in range(4)]
    return Sentence(columns[0], columns[1], columns[2], tuple(heads), columns[3])


@given(st.lists(sentences(), min_size=1, max_size=4))
def test_what_is_written_is_read(written):
    assert conllu.parse(conllu.text(written), "x") == written


@given(st.lists(sentences(), min_size=1, max_size=3), st.data())
def test_a_truncated_file_is_refused_or_has_whole_sentences(written, data):
    whole = conllu.text(written)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        got = conllu.parse(cut, "x")
    except DataError as error:
        assert "x" in str(error)
    else:
        assert got == written[: len(got)] and cut.endswith(b"\n\n")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("\tMood=Imp\t", "\t", "line 4: 9 columns, expected 10 with tabs between"),
        ("\tMood=Imp\t", "\tMood=Imp\tmore\t", "line 4: 11 columns"),
        ("4\tnow\tnow\tADV", "4\tnow\t\tADV", "line 8: an empty column, expected _"),
        ("3:aux\t_\n", "3:aux\t_\r\n", "line 4: a carriage return"),
        ("4\tnow", "5\tnow", "line 8: word id '5', expected 4"),
        ("4\tnow", "3\tnow", "line 8: word id '3', expected 4"),
        ("4\tnow", "x\tnow", "line 8: word id 'x', expected 4"),
        ("4\tnow", "0\tnow", "line 8: word id '0', expected 4"),
        ("Imp\t3\taux", "Imp\t_\taux", "line 4: head '_' is no number"),
        ("_\t3\tadvmod", "_\t-1\tadvmod", "line 5: head '-1' is no number"),
        ("Imp\t3\taux", "Imp\t5\taux", "sentence at line 3: head 5 of 4 words"),
        ("_\t0\troot", "_\t1\troot", "sentence at line 3: 0 roots, expected 1"),
        ("Imp\t3\taux", "Imp\t0\taux", "sentence at line 3: 2 roots, expected 1"),
        ("Imp\t3\taux", "Imp\t1\taux", "sentence at line 3: word 1 hangs on itself"),
        ("Imp\t3\taux\t3:aux\t_\n2\tn't\tnot\tPART\tRB\t_\t3", "Imp\t2\taux\t3:aux\t_\n2\tn't\tnot\tPART\tRB\t_\t1",
         "sentence at line 3: word 1 hangs on itself"),
        ("# sent_id = 1\n", "\n\n", None),
        ("4\tnow\tnow\tADV\tRB\t_\t3\tadvmod\t3:advmod\t_\n\n", "", "line 8: 1 columns"),
        ("4\tnow", "# a note inside a sentence\n4\tnow", "line 8: 1 columns"),
    ],
)  # fmt: skip
def test_damage_is_named_by_file_and_line(old, new, what):
    assert old in LINES
    damaged = LINES.replace(old, new, 1).encode()
    if what is None:
        assert len(conllu.parse(damaged, "x")) == 2
        return
    with pytest.raises(DataError, match=rf"x\.conllu, {what}"):
        conllu.parse(damaged, "x.conllu")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "truncated"),
        (b"\n", "holds no sentence"),
        (b"# only a note\n\n", "holds no sentence"),
        (LINES[:-1].encode(), "line 12: truncated: no blank line"),
        (LINES[:-2].encode(), "line 12: truncated: no blank line"),
        (LINES.replace("now", "n\x80w").encode("latin1"), "line 2: not UTF-8: byte 0x80"),
    ],
)
def test_files_that_are_none(data, what):
    with pytest.raises(DataError, match=what):
        conllu.parse(data, "x")
