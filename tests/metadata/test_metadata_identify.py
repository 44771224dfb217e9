"""Impostors are recognised; the true paper, however damaged its copy, is not called one."""

import pytest
from metadata_samples import (
    ALL,
    IMPOSTOR,
    LISTING,
    MEPROP,
    PAGE,
    SG,
    TEST_KEY,
    atom,
    dump,
    resign,
    signed_dni,
    state,
)

from metadata import kinds, load_pins, pin
from metadata.pins import committed
from metadata.kinds.paper import parse_date
from metadata.check import identify_verified

CORPUS, PINS = committed.load(), load_pins()
TEXT, FAKE = LISTING.read_text(encoding="utf-8"), IMPOSTOR.read_text(encoding="utf-8")
TITLE = "Decoupled Neural Interfaces using Synthetic Gradients"
AUTHORS = TEXT.splitlines()[1]


def identify(text, **more):
    data = text if isinstance(text, bytes) else text.encode()
    return identify_verified(kinds.parse(data), CORPUS, PINS, **more)


def manuscript(title=TITLE, authors=AUTHORS, rest=""):
    return f"# {title}\n\n{authors}\n\n## Abstract\n\n{TEXT.splitlines()[12]}\n{rest}"


@pytest.mark.parametrize("path", [p for p in ALL if p != IMPOSTOR])
def test_the_committed_documents_are_the_pinned_papers(path):
    found = identify(path.read_bytes())
    assert (found.exit_code, found.verdict) == (0, "pinned")
    assert found.paper in PINS


def test_the_impostor_is_recognised_with_the_evidence():
    found = identify(FAKE)
    assert (found.exit_code, found.paper) == (1, "1608.05343v2")
    facts = {f.about: (f.weight, f.detail) for f in found.facts}
    assert facts["title"][0] == "for"
    assert facts["authors"][0] == "decisive"
    assert "Qilei Zhang" in facts["authors"][1]
    assert facts["identifier"] == ("neutral", "no identifier in the document")
    assert facts["references"] == ("against", "0 of the 5 references are among 18 works that the paper cites")
    assert facts["date"][0] == "against"


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(AUTHORS, ", ".join(reversed([a.strip() for a in pin("dni").authors]))),
        TEXT.replace(
            AUTHORS,
            "M. Jaderberg, W. M. Czarnecki, S. Osindero, O. Vinyals, A. Graves, D. Silver, K. Kavukcuoglu",
        ),
        TEXT.replace("David Silver, ", ""),  # v1 has six authors
        TEXT.replace(TITLE, TITLE.upper()),
        TEXT.replace(TITLE, "Decoupled Neural Interfaces Using Synthetic Gradient"),
        TEXT.replace(TITLE, "Decoupled neural interfaces\u00a0-- using synthetic gradients."),
        TEXT.replace(" We…", "…").replace("In this work we break", "…\nPeer Reviews\nIn this work we break"),
        TEXT[: TEXT.index("All layers")] + "…\n",
        manuscript(),
        manuscript(rest="\n## References\n\n" + "- [1] J. Smith. Unrelated. 2001.\n" * 3),
        manuscript(authors=f"{AUTHORS}\n\nJul 3 2027"),
        manuscript(authors="Max Jaderberg*, Wojciech Marian Czarnecki¹"),
    ],
)
def test_copies_of_the_true_paper_are_no_impostors(text):
    found = identify(text)
    assert (found.exit_code, found.paper) == (0, "1608.05343v2")


@pytest.mark.parametrize(
    ("title", "authors"),
    [
        ("Benchmarking Decoupled Neural Interfaces with Synthetic Gradients", "Ekaba Bisong"),
        ("Decoupled Neural Interfaces using Synthetic Gradients for Speech", "Jane Roe, John Doe"),
        ("Decoupled Neural Interfaces using Natural Gradients", "Jane Roe"),
        ("Attention Is All You Need", "Ashish Vaswani"),
        ("Attention Is All You Need", "Max Jaderberg"),
    ],
)
def test_other_papers_with_a_near_title_are_about_none(title, authors):
    found = identify(
        f"{title}\n{authors}\nAbstract\nWe study something else entirely, at some length, in this paper.\n"
    )
    assert (found.exit_code, found.paper) == (3, None)


@pytest.mark.parametrize(
    "text",
    [
        FAKE.replace("Qilei Zhang", "Qilei Zhang, Max Jaderberg, Jane Roe"),
        TEXT.replace(AUTHORS, "Jane Roe"),
        TEXT.replace(TITLE, "Decoupled Neural Interfaces by Synthetic Gradients").replace(
            AUTHORS, "Jane Roe"
        ),
        manuscript(authors=f"{AUTHORS}\n\narXiv:1608.05343v1"),
        manuscript(authors=f"{AUTHORS}\n\narXiv:1712.08314v1"),
        manuscript().replace(
            TEXT.splitlines()[12], "The mating dances of the northern gannet are described. " * 20
        ),
    ],
)
def test_false_claims_are_called_false(text):
    found = identify(text)
    assert (found.exit_code, found.paper) == (1, "1608.05343v2")


def test_an_id_without_version_is_said_to_show_none():
    found = identify(manuscript(authors=f"{AUTHORS}\n\narXiv:1608.05343"))
    assert found.exit_code == 0
    assert any("without a version" in f.detail for f in found.facts)


def test_another_version_is_not_the_pinned_paper():
    document = state(MEPROP)
    document["current"]["canonical_record"]["source"]["version"] = 4
    found = identify(dump(resign(document)), key=TEST_KEY)
    assert (found.exit_code, found.paper) == (1, "1706.06197v5")
    assert any(f.about == "version" and "1706.06197v4" in f.detail for f in found.facts)
    assert identify(atom(arxiv="1703.00522v2", updated="2018-03-01T21:41:09Z")).exit_code == 1


def test_a_forged_record_is_not_the_pinned_paper():
    found = identify(dump(resign(state(SG), honest=False)))
    assert found.exit_code == 1
    assert any(f.about == "signature" and f.weight == "decisive" for f in found.facts)
    assert identify(dump(signed_dni()), key=TEST_KEY).exit_code == 0


def test_a_page_of_another_paper_is_about_none():
    page = PAGE.read_text(encoding="utf-8").replace("1703.00522", "1703.00523")
    page = page.replace("Understanding Synthetic Gradients and Decoupled Neural Interfaces", "On Gannets")
    page = page.replace("When training neural networks", "When watching birds")
    assert identify(page).exit_code == 3


def test_a_document_is_not_compared_with_itself():
    facts = {f.about: f for f in identify(TEXT).facts}
    assert facts["abstract"].weight == "neutral"


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
