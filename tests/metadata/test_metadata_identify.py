"""`identify` answers what it knows: over hundreds of documents no false *pinned*, no false *claims and is not*."""

import pytest
from metadata_papers import ABSTRACTS, FORMS, GERMAN, PARAPHRASE, PINS, bylines, listing, manuscript
from metadata_samples import (
    ALL,
    IMPOSTOR,
    MEPROP,
    PAGE,
    SG,
    TEST_KEY,
    atom,
    bundle,
    dni_feed,
    dump,
    resign,
    signed_dni,
    state,
)

from metadata import kinds, load_pins
from metadata.check import identify_verified
from metadata.pins import committed

CORPUS, BY_ID = committed.load(), load_pins()
PINNED, NOT, NONE, OPEN = 0, 1, 3, 4
DNI, TEXT = PINS["dni"], ABSTRACTS["dni"]
AUTHORS, FAKE = ", ".join(DNI.authors), IMPOSTOR.read_text(encoding="utf-8")


def identify(text, **more):
    data = text if isinstance(text, bytes) else text.encode()
    return identify_verified(kinds.parse(data), CORPUS, BY_ID, **more)


def told(text):
    found = identify(text)
    return found.exit_code, found.version


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("way", bylines("sg"))
@pytest.mark.parametrize("short", PINS)
def test_a_true_paper_in_any_form(short, way, form):
    """270 true documents: pinned where all authors are named, never an impostor; the version only where shown."""
    pin, (byline, whole) = PINS[short], bylines(short)[way]
    found = identify(form(pin.title, byline, ABSTRACTS[short]))
    assert found.exit_code == (PINNED if whole else OPEN)
    assert (found.paper, found.version) == (pin.arxiv, "not shown")
    assert "version not shown" in found.sentence
    authors = next(f.detail for f in found.facts if f.about == "authors")
    assert ("in another order" in authors) == (way == "reversed")
    if whole:
        assert f"{len(pin.authors)} of the paper's {len(pin.authors)}" in authors
        shown = identify(form(pin.title, byline, ABSTRACTS[short], head=f"arXiv:{pin.arxiv} [cs.LG]"))
        assert (shown.exit_code, shown.version) == (PINNED, "shown")
        for text in (
            GERMAN,
            PARAPHRASE,
            "",
            ABSTRACTS[short][:60],
            ABSTRACTS[short] + " We retract all of it.",
        ):
            assert identify(form(pin.title, byline, text)).exit_code == OPEN
    else:
        assert found.settle


IDS = {
    "another version": ("arXiv:1608.05343v1", (NOT, "another")),
    "its date": ("arXiv:1608.05343v1 [cs.LG] 18 Aug 2016", (NOT, "another")),
    "both": ("arXiv:1608.05343v1\n\narXiv:1608.05343v2", (OPEN, "not shown")),
    "no version": ("arXiv:1608.05343", (PINNED, "not shown")),
    "an address": ("https://arxiv.org/abs/1608.05343v2", (PINNED, "shown")),
    "another paper's": ("arXiv:1712.08314v1", (OPEN, "not shown")),
    "an early date": ("18 August 2016", (OPEN, "not shown")),
    "a late date": ("Jul 3 2027", (PINNED, "not shown")),
    "in a sentence": ("Related: arXiv:1608.05343v1 and arXiv:1703.00522v1", (OPEN, "not shown")),
}


@pytest.mark.parametrize("head", IDS)
def test_ids_and_dates_at_the_head(head):
    line, expected = IDS[head]
    assert told(manuscript(DNI.title, AUTHORS, TEXT, head=line)) == expected


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "rest",
    [
        "Related papers\narXiv:1703.00522v1", "## References\n\n- [1] S. arXiv:1608.05343v1", "https://arxiv.org/abs/1712.08314",
        "Versions: arXiv:1608.05343v1, arXiv:1608.05343v2", "See also [1703.00522v1]",
    ],
)  # fmt: skip
def test_ids_elsewhere_are_mentions(form, rest):
    assert told(form(DNI.title, AUTHORS, TEXT, rest=rest)) == (PINNED, "not shown")


def test_six_authors_are_the_work_but_maybe_another_version():
    found = identify(manuscript(DNI.title, AUTHORS.replace("David Silver, ", ""), TEXT))
    assert (found.exit_code, found.work, found.version) == (OPEN, True, "not shown")
    assert found.sentence == "this is the work pinned as 1608.05343v2; version not shown"
    assert any("missing: David Silver" in f.detail for f in found.facts)


LONG = "We study something else entirely, at some length, and with no relation to anything that nets do. " * 4
OTHERS = {  # documents that are not the paper: which answers are right
    "a field guide with its id": (
        manuscript("A Field Guide to Cats", "Max Jaderberg", LONG, "arXiv:1703.00522v1"),
        {OPEN},
    ),
    "others under its id": (
        manuscript("A Field Guide to Cats", "Jane Roe", LONG, "arXiv:1703.00522v1"),
        {NOT},
    ),
    "a listing that links it": (
        listing(
            "Sobolev Training for Neural Networks",
            "Wojciech Marian Czarnecki, Simon Osindero, Max Jaderberg, Grzegorz Świrszcz, Razvan Pascanu",
            LONG,
            rest="arXiv:1608.05343v2",
        ),
        {NONE},
    ),
    "a supplement": (manuscript(f"Supplementary Material for: {DNI.title}", AUTHORS, LONG), {OPEN}),
    "a reply": (manuscript(f"{DNI.title}: A Critical Reply", AUTHORS, TEXT), {OPEN}),
    "a reply by others": (manuscript(f"{DNI.title}: A Critical Reply", "Jane Roe", LONG), {NONE, OPEN}),
    "a review that quotes it": (manuscript(f'Review of "{DNI.title}"', "Jane Roe", TEXT), {OPEN}),
    "a review under its title": (
        manuscript(DNI.title, "Jane Roe", TEXT, rest="This review was posted on a blog."),
        {OPEN},
    ),
    "a blog that names its reviewer": (manuscript(DNI.title, "Reviewed by Jane Roe", TEXT), {OPEN}),
    "a speech": (listing(DNI.title, "Presented by Jane Roe", TEXT), {OPEN}),
    "a talk about it": (
        manuscript(DNI.title, "Jane Roe", "I present the paper by Jaderberg et al. today."),
        {OPEN},
    ),
    "an encyclopedia": (listing(DNI.title, "From Wikipedia", TEXT), {OPEN}),
    "a post that explains it": (
        manuscript(DNI.title, "Jane Roe", TEXT, rest="This post is for novices."),
        {OPEN},
    ),
    "its title and text under one name": (manuscript(DNI.title, "Jane Roe", TEXT), {OPEN}),
    "and with other references": (
        manuscript(
            DNI.title, "Jane Roe", TEXT, rest="\n## References\n" + "\n- [1] Gannets of the north" * 3
        ),
        {NOT},
    ),
    "and dated": (manuscript(DNI.title, "Journal Circle", TEXT, "Jun 12 2018"), {OPEN}),
    "and altered": (manuscript(DNI.title, "Jane Roe", TEXT[:400] + LONG), {NOT}),
    "two other owners": (manuscript(DNI.title, "Jane Roe and John Doe", LONG), {NOT}),
    "one true author among false ones": (
        manuscript(DNI.title, "Qilei Zhang, Max Jaderberg, Jane Roe", TEXT),
        {OPEN},
    ),
    "a false first author": (manuscript(DNI.title, f"Qilei Zhang, {AUTHORS}", TEXT), {OPEN}),
    "a false last author": (manuscript(DNI.title, f"{AUTHORS}, Qilei Zhang", TEXT), {OPEN}),
    "only the last author": (manuscript(DNI.title, "Koray Kavukcuoglu", TEXT), {OPEN}),
    "seven fakes": (
        manuscript(DNI.title, ", ".join(f"Fake{c} Name{c}" for c in "abcdefg") + f", {AUTHORS}", TEXT),
        {OPEN},
    ),
    "a retraction added": (
        manuscript(DNI.title, AUTHORS, TEXT + " We retract all of it; every number was invented."),
        {OPEN},
    ),
    "half of it forged": (manuscript(DNI.title, AUTHORS, TEXT[:400] + LONG), {OPEN}),
    "negated": (manuscript(DNI.title, AUTHORS, TEXT.replace("we break", "we never break")), {OPEN}),
    "another abstract": (manuscript(DNI.title, AUTHORS, LONG), {OPEN}),
    "a near title": (
        manuscript("Decoupled Neural Interfaces by Synthetic Gradients", "Jane Roe", TEXT),
        {OPEN},
    ),
    "lookalike letters": (manuscript(DNI.title.replace("e", "е").replace("o", "о"), "Jane Roe", LONG), {NOT}),
    "lookalike letters, true names": (manuscript(DNI.title.replace("a", "а"), AUTHORS, TEXT), {OPEN}),
    "middle names": (
        manuscript(
            PINS["meprop"].title,
            "Xu Philip Qilei Zhang Sun, Xuancheng Ren, Shuming Ma, Houfeng Wang",
            ABSTRACTS["meprop"],
        ),
        {OPEN},
    ),
    "same families": (
        manuscript(PINS["meprop"].title, "Ximing Sun, Bo Ren, Yan Ma, Kai Wang", ABSTRACTS["meprop"]),
        {OPEN},
    ),
    "the other paper's text": (manuscript(DNI.title, AUTHORS, ABSTRACTS["sg"]), {OPEN}),
    "the other paper's title": (manuscript(PINS["sg"].title, AUTHORS, TEXT), {OPEN}),
    "a thesis": (manuscript("Learning without Locks: A Thesis", "Max Jaderberg", LONG), {NONE}),
    "a long head": (manuscript(DNI.title, AUTHORS + "\n\nx" * 100, TEXT), {OPEN}),
    "markup": (manuscript(DNI.title, "<b>Max</b> {}", TEXT), {OPEN}),
    **{
        f"unrelated: {title}": (listing(title, names, LONG), {NONE})
        for title, names in [
            ("Benchmarking Decoupled Neural Interfaces with Synthetic Gradients", "Ekaba Bisong"),
            ("Decoupled Neural Interfaces using Synthetic Gradients for Speech", "Jane Roe, John Doe"),
            ("Decoupled Neural Interfaces using Natural Gradients", "Jane Roe"),
            ("Attention Is All You Need", "Max Jaderberg"),
            ("Synthetic Gradients", "Xu Sun"),
        ]
    },
}


@pytest.mark.parametrize("what", OTHERS)
def test_other_documents(what):
    text, right = OTHERS[what]
    assert identify(text).exit_code in right


def test_the_committed_documents():
    codes = {path: identify(path.read_bytes()) for path in ALL}
    assert [f.exit_code for f in codes.values()] == [0, 0, 0, 0, 1]
    assert [f.version for f in codes.values()] == ["shown", "not shown", "shown", "shown", "not shown"]


def test_the_impostor_is_recognised_with_the_evidence():
    found = identify(FAKE)
    assert (found.exit_code, found.paper) == (1, "1608.05343v2")
    facts = {f.about: (f.weight, f.detail) for f in found.facts}
    assert facts["title"][0] == "for"
    assert facts["contradiction"][0] == "decisive"
    assert "Qilei Zhang" in facts["contradiction"][1]
    assert facts["references"] == ("against", "0 of the 5 references are among 18 works that the paper cites")


def test_records_and_pages():
    version = state(MEPROP)
    version["current"]["canonical_record"]["source"]["version"] = 4
    page = PAGE.read_text(encoding="utf-8")
    other = page.replace("1703.00522", "1703.00523").replace(
        "Understanding Synthetic Gradients and", "On Gannets,"
    )
    cases = [
        (dump(resign(version)), TEST_KEY, 1), (dump(resign(state(SG), honest=False)), None, 1),
        (dump(signed_dni()), TEST_KEY, 0), (dump(signed_dni(1)), TEST_KEY, 1), (dump(bundle(state(SG))), None, 0),
        (atom(), None, 0), (atom(arxiv="1703.00522v2", updated="2018-03-01T21:41:09Z"), None, 1),
        (atom(abstract="Another abstract."), None, 1), (atom(authors="Qilei Zhang"), None, 1),
        (dni_feed(), None, 0), (dni_feed(authors="Qilei Zhang"), None, 1), (dni_feed(abstract=LONG), None, 4),
        (dni_feed(updated="2016-12-25T00:00:00Z"), None, 1), (other.encode(), None, 3),
    ]  # fmt: skip
    for data, key, code in cases:
        assert identify(data, **({"key": key} if key else {})).exit_code == code
    forged = identify(cases[1][0])
    assert any(f.about == "signature" and f.weight == "decisive" for f in forged.facts)
