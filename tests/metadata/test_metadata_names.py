"""Author names: LaTeX accents, damaged lists, comparison."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_samples import PAGE, SG, examples, state

from metadata.errors import UnusableDocumentError
from metadata.kinds import arxiv, paper
from metadata.kinds.paper import parse_date
from metadata.parse import names as latex
from metadata.parse.names import family_and_given, find_authors, split_authors
from metadata.parse.text import clean, common, fold, printable

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
    assert list(split_authors(text, place="authors")[0]) == DNI


def test_a_repair_is_reported():
    names, repairs = split_authors("Oriol, Vinyals, Plato", place="authors")
    assert names == ("Oriol Vinyals", "Plato")
    assert repairs == ("'Oriol' and 'Vinyals' read as one name, 'Oriol Vinyals'",)
    assert split_authors("Max Jaderberg, Plato", place="authors")[1] == ()


@pytest.mark.parametrize(
    "text", ["", ",,", "Max Jaderberg, 42", "A" * 200, "*.json -text", "<b>Max</b>", "x, " * 3001]
)
def test_what_holds_no_names_is_refused(text):
    with pytest.raises(UnusableDocumentError, match="authors"):
        split_authors(text, place="authors")


def test_the_record_and_the_page_name_the_same_people():
    graph = state(SG)["current"]["graph_snapshots"][0]["payload"]["graph_snapshot"]
    line = find_authors(graph["paper"]["authors_text"], arxiv.parse_page(PAGE.read_bytes()).authors)
    assert line.complete
    assert not line.ordered  # the record sorts by given name


SWIRSZCZ, CZARNECKI = "Grzegorz Świrszcz", "Wojciech Marian Czarnecki"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Grzegorz Swirszcz", SWIRSZCZ), ("GRZEGORZ ŚWIRSZCZ", SWIRSZCZ), (r"Grzegorz \'Swirszcz", SWIRSZCZ),
        ("W. M. Czarnecki", CZARNECKI), ("W.M. Czarnecki", CZARNECKI), ("WM Czarnecki", CZARNECKI),
        ("Wojciech Czarnecki", CZARNECKI), ("Wojciech M. Czarnecki", CZARNECKI), ("Czarnecki", CZARNECKI),
        ("Czarnecki, Wojciech Marian", CZARNECKI), ("Czarnecki WM", CZARNECKI), ("Czarnecki, W. M.", CZARNECKI),
        ("Sun Xu", "Xu Sun"), ("Xu Sun*1,2 (Peking University)", "Xu Sun"), ("xusun@pku.edu.cn Xu Sun", "Xu Sun"),
    ],
)  # fmt: skip
def test_a_name_is_found_in_every_form(text, name):
    line = find_authors(text, [name])
    assert line.complete
    assert bool(line.weak) == (text == "Czarnecki")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Qilei Zhang", "Max Jaderberg"), ("Xuancheng Sun", "Xu Sun"), ("David Graves", "Alex Graves"),
        ("Xu Philip Qilei Zhang Sun", "Xu Sun"), ("Qilei Zhang, Max Jaderberg", "Max Jaderberg"),
        ("Max Jaderberg et al.", "Max Jaderberg"), ("Max Jaderberg and others", "Max Jaderberg"), ("", "Xu Sun"),
        ("Max Jaderberg, Max Jaderberg", "Max Jaderberg"), ("Q. Sun", "Xu Sun"),
    ],
)  # fmt: skip
def test_nobody_else_is(text, name):
    assert not find_authors(text, [name]).complete


@examples(max_examples=200)
@given(
    st.permutations(DNI), st.sampled_from([", ", "; ", " and ", "、", " · ", "\n", " 1 2 ", "*, "]), st.data()
)
def test_a_byline_in_any_form_is_complete(names, separator, data):
    forms = [
        lambda g, f: f"{g} {f}",
        lambda g, f: f"{f}, {g}",
        lambda g, f: f"{g[0]}. {f}",
        lambda g, f: f"{f} {g[0]}",
    ]
    form = data.draw(st.sampled_from(forms))
    text = separator.join(form(*reversed(family_and_given(name))) for name in names)
    line = find_authors(text, DNI)
    assert line.complete
    assert line.ordered == (names == DNI)
    assert not find_authors(text + separator + "Qilei Zhang", DNI).complete
    assert not find_authors("Qilei Zhang" + separator + text, DNI).complete


def test_family_and_given():
    assert family_and_given("Wojciech Marian Czarnecki") == ("Czarnecki", "Wojciech Marian")
    assert family_and_given("Plato") == ("Plato", "")


def test_fold_ignores_what_does_not_matter():
    assert fold("Decoupled\u00ad Neural\u200b-Interfaces!") == fold("DECOUPLED neural interfaces")
    assert fold("Łódź Strauß") == "lodz strauss"


def test_texts_are_told_apart():
    true = paper.parse((PAGE.parent / "listing-dni-jaderberg.txt").read_bytes()).abstract
    other = arxiv.parse_page(PAGE.read_bytes()).abstract
    assert common(true[:300].rpartition(" ")[0], true) == 1
    assert common(true, other) < 0.05
    assert common("", true) == 0


def test_what_is_shown_is_clean():
    assert clean("a\x1b[31m\u202eb\u200b\n c\u2028d e\u0301") == "a[31mb c d é"


def test_printable_disarms_terminals():
    assert printable("a\x1b[31m\u202eb") == "a\\x1b[31m\\u202eb"


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("Jun 12 2018", "2018-06-12"), ("June 12, 2018", "2018-06-12"), ("12 Jun 2018", "2018-06-12"),
        ("12. June 2018", "2018-06-12"), ("2018-06-12", "2018-06-12"), ("2018-13-12", None),
        ("Jun 31 2018", None), ("Max 12 2018", None), ("June 2018", None), ("Qilei Zhang", None),
    ],
)  # fmt: skip
def test_dates_of_manuscripts(line, iso):
    found = parse_date(line)
    assert (found.isoformat() if found else None) == iso
