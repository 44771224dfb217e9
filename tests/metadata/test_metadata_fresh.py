"""Documents that nobody had in mind when `identify` was written: none may be called pinned or an impostor falsely."""

import itertools
import unicodedata

import pytest
from metadata_papers import ABSTRACTS, FORMS, GERMAN, PARAPHRASE, PINS, listing, manuscript
from metadata_samples import PAGE, atom

from metadata import kinds, load_pins
from metadata.check import identify_verified, verify
from metadata.pins import committed

CORPUS, BY_ID = committed.load(), load_pins()
PINNED, NOT, OPEN = 0, 1, 4
DNI, TEXT = PINS["dni"], ABSTRACTS["dni"]
AUTHORS = ", ".join(DNI.authors)
LONG = "We study something else entirely, at some length, and with no relation to anything that nets do. " * 4
# What may stand in the place of a byline and looks like a name; most were written down before the rule was tried.
PHRASES = (
    "Reading Circle/Brown Bag/Lightning Talk/Crash Course/Cheat Sheet/Quick Start/Field Report/"
    "White Paper/Term Paper/Problem Set/Press Release/Executive Brief/Expert Opinion/Guest Column/"
    "Case Study/Pilot Study/Peer Feedback/Author Response/Rebuttal Letter/Archived Copy/"
    "Cached Page/Search Results/Top Hit/Most Cited/Must Read/Best Of/Editor Choice/Daily Arxiv/"
    "Distill Pub/Menlo Park/Palo Alto/Redmond Washington/Buenos Aires/Abu Dhabi/Tel Aviv/"
    "Cape Town/New Delhi/Working Draft/Work In Progress/Pending Approval/Not Reviewed/Double Blind/"
    "Journal Club/Carnegie Mellon/ETH Zurich/Hugging Face/Semantic Scholar/Void Where Prohibited"
).split("/")


def code(text):
    data = text if isinstance(text, bytes) else text.encode()
    return identify_verified(kinds.parse(data), CORPUS, BY_ID).exit_code


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_in_the_place_of_the_byline_is_nobody(phrase, form):
    """Some 1,000 documents: under the title, with its text, another, a translation, none; dated or not."""
    for text, head in itertools.product((TEXT, LONG, GERMAN, PARAPHRASE, ""), ("", "Jun 12 2019")):
        assert code(form(DNI.title, phrase, text, head)) == OPEN


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("text", [TEXT, LONG, GERMAN, ""], ids=["its text", "another", "translated", "none"])
@pytest.mark.parametrize(
    "names", ["John Smith and Mary Major", "Wei Li, Jing Chen", "Jean-Pierre Dupont; Ann O'Neill"]
)
def test_several_other_people_under_the_title_are_other_owners(names, text, form):
    assert code(form(DNI.title, names, text)) == NOT


NOT_WHOLE = {
    "a name in brackets": f"{AUTHORS} (with Qilei Zhang)",
    "two names in brackets": f"{AUTHORS} (Qilei Zhang, Jane Roe)",
    "names as mail": AUTHORS + " {Qilei Zhang, Jane Roe}@example.org",
    "a name beyond what is read of a line": AUTHORS + "," * 2000 + " Qilei Zhang",
    "a name beyond what is read of a byline": AUTHORS + ("\n\nof " + "," * 1900) * 11 + "\n\nQilei Zhang",
    "a name after many lines": AUTHORS + "\n\nof" * 70 + "\n\nQilei Zhang",
    "a name of other letters": f"{AUTHORS}、张启雷",
    "a name written backwards": f"{AUTHORS}\u202egnahZ ieliQ",
    "a word": f"RETRACTED\n\n{AUTHORS}",
}


@pytest.mark.parametrize("what", NOT_WHOLE)
def test_somebody_more_is_never_all_authors_and_nobody_else(what):
    assert code(manuscript(DNI.title, NOT_WHOLE[what], TEXT)) == OPEN


@pytest.mark.parametrize("note", ["Some Lab", "1", "1 and 2", "Peking University", "0000-0002-1825-0097"])
def test_a_place_of_work_in_brackets_is_nobody(note):
    assert code(manuscript(DNI.title, ", ".join(f"{a} ({note})" for a in DNI.authors), TEXT)) == PINNED


@pytest.mark.parametrize("length", [10, 40, 100, 149])
def test_letters_are_counted_not_only_words(length):
    assert code(manuscript(DNI.title, AUTHORS, " ".join(TEXT[:length].replace(" ", "")))) == OPEN
    assert code(manuscript(DNI.title, AUTHORS, TEXT[:220])) == PINNED


FORMS_OF_IT = {
    "lines of Windows": manuscript(DNI.title, AUTHORS, TEXT).replace("\n", "\r\n"),
    "no-break spaces": manuscript(*(t.replace(" ", "\u00a0") for t in (DNI.title, AUTHORS)), TEXT),
    "ligatures": manuscript(DNI.title, AUTHORS, TEXT.replace("fi", "ﬁ")),
    "dashes": manuscript(DNI.title, AUTHORS, TEXT.replace("-", "–")),
    "decomposed": unicodedata.normalize("NFD", listing(DNI.title, AUTHORS, TEXT)),
    "slashes": manuscript(DNI.title, "/".join(DNI.authors), TEXT),
    "bars": manuscript(DNI.title, " | ".join(DNI.authors), TEXT),
    "a list": manuscript(DNI.title, "\n\n".join(f"- {a}" for a in DNI.authors), TEXT),
    "a DOI": manuscript(DNI.title, AUTHORS, TEXT, "https://doi.org/10.48550/arXiv.1608.05343"),
    "a venue": manuscript(DNI.title, AUTHORS, TEXT, "ICML 2017"),
    "an earlier version named": manuscript(DNI.title, AUTHORS, TEXT, "Earlier:\n\narXiv:1608.05343v1"),
    "related": listing(DNI.title, AUTHORS, TEXT, "Related papers\narXiv:1608.05343v1"),
    "a note under its id": manuscript("My annotated copy", "Jane Roe", TEXT, "arXiv:1608.05343v2"),
    "its title twice": manuscript(DNI.title, f"{DNI.title}\n\n{AUTHORS}", TEXT),
    "other scripts": manuscript(DNI.title, "Макс Ядерберг, Войцех Чарнецкий", GERMAN),
    "a reader's letters": manuscript(DNI.title, "Rnax Jaderberq, VVojciech Czameck1", TEXT),
    "a translation": manuscript(
        "Entkoppelte Schnittstellen", "Jaderberg und andere", GERMAN, "arXiv:1608.05343v2"
    ),
    "a later category on the page": PAGE.read_text(encoding="utf-8").replace(
        "(cs.NE)", "(cs.NE); Stat (stat.ML)"
    ),
    "a later category in the feed": atom(categories="cs.LG cs.NE stat.ML").decode(),
}


@pytest.mark.parametrize("what", FORMS_OF_IT)
def test_another_form_of_the_paper_is_no_impostor(what):
    assert code(FORMS_OF_IT[what]) in (PINNED, OPEN)


def test_a_later_category_fails_the_check_all_the_same():
    page = kinds.parse(FORMS_OF_IT["a later category on the page"].encode())
    assert [c.name for c in verify(page, CORPUS, BY_ID).failed] == ["categories"]
