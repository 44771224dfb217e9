"""The tagger of meProp's tables as exhibits share it: its parameters, schedules and deviations. No torch here.

Source: arXiv:1706.06197v5, section 4; the treebank is another (the first of the deviations).
"""

from __future__ import annotations

from dataclasses import replace

from repro.spec import Deviation, Param, because

PAPER = {
    **because("section 4", batch=1, hidden_layers=1),
    **because("as many updates as 20 epochs of its corpus, which is 3.05 times as large", epochs=61.0),
    **because("not stated: once an epoch", evaluations=1),
}
"""What the paper has for POS-Tag alone, or leaves to us."""
CPU = because("for time: 784 updates an epoch, where the paper has 38,219", batch=16, epochs=20.0)
_TAGGING = {"task": ("pos",)}
PARAMS = (
    Param("word_vector", 50, "section 4", "numbers of a word's own vector", only=_TAGGING),
    Param("feature_vector", 20, "section 4", "numbers of each of a word's 7 features", only=_TAGGING),
    Param(
        "directions",
        2,
        "said in a footnote that is lost to us; the paper's times fit two",
        "ways in which an LSTM of h units reads a sentence: forwards, or both",
        (1, 2),
        _TAGGING,
        assumed=True,
    ),
)
"""Beside those of `repro.exhibits.meprop.parsing` that any treebank asks for."""
TIMED = (
    *PARAMS,
    Param(
        "words",
        24,
        "not stated of its corpus; the treebank's training part for parsing has 950,028 in 39,832 sentences",
        "in every sentence",
        only=_TAGGING,
        assumed=True,
    ),
)
"""Where steps are timed, on random symbols."""

_DEVIATIONS = (
    Deviation(
        1,
        "treebank (POS-Tag)",
        "Penn Treebank, Wall Street Journal: 38,219 sentences to train on, 45 tags; licensed",
        "UD English EWT 2.16: 12,544 sentences of web text with 204,577 words, 49 tags of the same kind (XPOS)",
        "the best free treebank of English with such tags",
        "the most frequent tag of each word gives 83.8 % of the test words here: scores are not comparable, the gap "
        "may be",
    ),
    Deviation(
        2,
        "words and their features",
        "one word of 50 numbers, 7 features of 20, which are not named; vectors random or given: not stated",
        "the word in small letters; its first one, two and three letters, its last ones, and its shape (Aa for The, "
        "0,0 for 1,000); all learned from a random start; what is seen once is unknown",
        "the usual features (Ratnaparkhi 1996), and 190 inputs as in the paper",
    ),
    Deviation(
        3,
        "the LSTM",
        "one layer of 500 units; what more is said of it stood in a footnote that is lost to us",
        "two directions of h units each, without peepholes, from a state of zeros",
        "by our reckoning the paper's times are 0.31 G multiply-adds a second with two directions and 0.16 with one; "
        "those of its other nets 0.4 to 0.6",
    ),
    Deviation(
        4,
        "k in an LSTM",
        "each linear transformation's output gradient; which these are is not said",
        "four of them, the gates: k of each gate's sums, chosen anew for each word and direction; input and state "
        "share them; the bias is dense, the output layer too (as the text says of POS-Tag)",
        "k = 5 is said to be 5 of 500, and a gate has 500 outputs",
    ),
    Deviation(
        5,
        "initial weights and vectors (POS-Tag)",
        "not stated",
        "weights N(0, 6/(fan-in + fan-out)) gate by gate, biases 0, vectors N(0, 0.1²), as for the parser",
        "in a pilot (seed 100, batch 16, the first 500 dev sentences) U(± 1/√h) did no better: the small net 90.1 "
        "against 90.4 % after three epochs, meProp 91.0 against 91.1 % after one",
    ),
    Deviation(
        6,
        "batch and epochs (POS-Tag)",
        "1 sentence; epochs not stated, best at 7 (h = 5) and 5 (meProp) in Table 3, at 2 to 5 in Table 1",
        "paper profile: 1, 61 epochs; cpu: 16 sentences of about equal length, the mean over them of the sum over "
        "their words, 20 epochs (15,680 updates)",
        "sentences side by side are products of matrices; the same for all arms",
    ),
)


def deviations(behind: int) -> tuple[Deviation, ...]:
    """The tagger's, numbered behind so many others."""
    return tuple(replace(d, number=d.number + behind) for d in _DEVIATIONS)


def timed(behind: int) -> tuple[Deviation, ...]:
    """Those of a tagger whose steps are timed: its sentences, and what holds whatever it is trained on."""
    sentences = Deviation(
        0,
        "sentences and vectors (POS-Tag)",
        "38,219 sentences to train on; how many words, and how many have a vector: not stated",
        "every sentence has 24 words; 20,000 words have vectors, and as many features",
        "the treebank's training part for parsing has 950,028 words in 39,832 sentences: 24 each",
        "seconds an epoch grow with both, gains little",
    )
    every = (sentences, *_DEVIATIONS[2:4])
    return tuple(replace(d, number=n) for n, d in enumerate(every, behind + 1))
