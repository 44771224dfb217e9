"""Author names: LaTeX accents, damaged lists, comparison."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_samples import PAGE, SG, examples, state

from metadata import arxiv_page, latex, listing
from metadata.errors import UnusableDocumentError
from metadata.names import compare, family_and_given, same_person, split_authors
from metadata.parse.text import containment, fold, printable

DNI = ["Max Jaderberg", "Wojciech Marian Czarnecki", "Simon Osindero", "Oriol Vinyals"]
# Latin letters with at most one accent: what names in LaTeX can hold.
LETTERS = [
    c for c in map(chr, range(0x41, 0x180)) if c.isalpha() and len(unicodedata.normalize("NFKD", c)) <= 2
]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (r"Grzegorz \'Swirszcz", "Grzegorz Świrszcz"),
        (r"Grzegorz \'{S}wirszcz", "Grzegorz Świrszcz"),
        (r"Grzegorz {\'S}wirszcz", "Grzegorz Świrszcz"),
        (r"J\"urgen Schmidhuber", "Jürgen Schmidhuber"),
        (r"Andr\'{e} Mart\'{\i}nez", "André Martínez"),
        (r"Andr\'e Mart\'\i nez", "André Martínez"),
        (r"\L ukasz Kaiser", "Łukasz Kaiser"),
        (r"{\L}ukasz Kaiser", "Łukasz Kaiser"),
        (r"S\o ren Kierkeg{\aa}rd", "Søren Kierkegård"),
        (r"Ji\v{r}\'i Dvo\v{r}\'ak", "Jiří Dvořák"),
        (r"Paul Erd\H{o}s", "Paul Erdős"),
        ("Max Jaderberg", "Max Jaderberg"),
    ],
)
def test_latex_accents_are_decoded(source, name):
    assert latex.decode(source) == name


def test_unknown_commands_are_not_lost():
    assert "\\alpha" in latex.decode(r"\alpha Smith")


@examples(max_examples=400)
@given(st.text(st.sampled_from(LETTERS), min_size=1, max_size=10))
def test_names_survive_bibtex_and_back(name):
    name = unicodedata.normalize("NFC", name)
    assert latex.decode(latex.encode(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "Max Jaderberg, Wojciech Marian Czarnecki, Simon, Osindero, Oriol Vinyals",
        "Max Jaderberg, Wojciech Marian Czarnecki, Simon\n Osindero, Oriol, Vinyals",
        "Max Jaderberg,Wojciech Marian Czarnecki,, Simon Osindero and Oriol Vinyals",
        "Max Jaderberg; Wojciech Marian Czarnecki; Simon Osindero, and Oriol Vinyals,",
        "Max Jaderberg (1), Wojciech Marian Czarnecki (1 and 2), Simon Osindero, Oriol Vinyals (DeepMind)",
    ],
)
def test_damaged_lists_are_mended(text):
    assert list(split_authors(text, place="authors").names) == DNI


def test_a_repair_is_reported():
    authors = split_authors("Oriol, Vinyals, Plato", place="authors")
    assert authors.names == ("Oriol Vinyals", "Plato")
    assert authors.repairs == ("'Oriol' and 'Vinyals' read as one name, 'Oriol Vinyals'",)
    assert split_authors("Max Jaderberg, Plato", place="authors").repairs == ()


@pytest.mark.parametrize(
    "text", ["", ",,", "Max Jaderberg, 42", "A" * 200, "*.json -text", "<b>Max</b>", "x, " * 3001]
)
def test_what_holds_no_names_is_refused(text):
    with pytest.raises(UnusableDocumentError, match="authors"):
        split_authors(text, place="authors")


def test_the_record_and_the_page_name_the_same_people():
    snapshot = state(SG)["current"]["graph_snapshots"][0]["payload"]["graph_snapshot"]["paper"][
        "authors_text"
    ]
    found = split_authors(snapshot, place="authors_text").names
    relation = compare(found, arxiv_page.parse(PAGE.read_bytes()).authors)
    assert relation.same
    assert not relation.same_order  # the record sorts by given name


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Grzegorz Swirszcz", "Grzegorz Świrszcz", True),
        ("GRZEGORZ ŚWIRSZCZ", r"Grzegorz \'Swirszcz", True),
        ("W. M. Czarnecki", "Wojciech Marian Czarnecki", True),
        ("Wojciech Czarnecki", "Wojciech Marian Czarnecki", True),
        ("Max Jaderberg", "Qilei Zhang", False),
        ("Xu Sun", "Xuancheng Sun", False),
        ("Alex Graves", "David Graves", False),
        ("Graves", "Alex Graves", False),
        ("", "", False),
    ],
)
def test_same_person(a, b, same):
    assert same_person(a, b) is same
    assert same_person(b, a) is same


def test_compare_counts_each_person_once():
    relation = compare(["Max Jaderberg", "Max Jaderberg", "Qilei Zhang"], DNI)
    assert relation.shared == ("Max Jaderberg",)
    assert relation.foreign == ("Max Jaderberg", "Qilei Zhang")
    assert relation.missing == tuple(DNI[1:])


def test_family_and_given():
    assert family_and_given("Wojciech Marian Czarnecki") == ("Czarnecki", "Wojciech Marian")
    assert family_and_given("Plato") == ("Plato", "")


def test_fold_ignores_what_does_not_matter():
    assert fold("Decoupled\u00ad Neural\u200b-Interfaces!") == fold("DECOUPLED neural interfaces")
    assert fold("Łódź Strauß") == "lodz strauss"


def test_containment_tells_texts_apart():
    true = listing.parse((PAGE.parent / "listing-dni-jaderberg.txt").read_bytes()).abstract
    other = arxiv_page.parse(PAGE.read_bytes()).abstract
    assert containment(true[:300].rpartition(" ")[0], true) == 1
    assert containment(true, other) < 0.05
    assert containment("too short", true) is None


def test_printable_disarms_terminals():
    assert printable("a\x1b[31m\u202eb") == "a\\x1b[31m\\u202eb"
