"""arXiv's abstract page, which changes around the facts, and its Atom feed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_samples import PAGE, atom, examples

from metadata.errors import IdentifierError, MetadataError, MissingFieldError, UnusableDocumentError
from metadata.kinds import arxiv

TEXT = PAGE.read_text(encoding="utf-8")
PAPER = arxiv.parse_page(TEXT.encode())
AUTHORS = (
    "Wojciech Marian Czarnecki, Grzegorz Świrszcz, Max Jaderberg, Simon Osindero, Oriol Vinyals, "
    "Koray Kavukcuoglu"
)


def parse(text):
    return arxiv.parse_page(text.encode())


def test_reads_the_committed_page():
    assert str(PAPER.arxiv) == "1703.00522v1"
    assert PAPER.title == "Understanding Synthetic Gradients and Decoupled Neural Interfaces"
    assert ", ".join(PAPER.authors) == AUTHORS
    assert PAPER.abstract.startswith("When training neural networks")
    assert PAPER.abstract.endswith("language for discussion and comparison.")
    assert PAPER.submitted.isoformat() == "2017-03-01T21:41:09+00:00"
    assert (PAPER.primary_cat, PAPER.cross_cats) == ("cs.LG", ("cs.NE",))
    assert PAPER.doi == "10.48550/arxiv.1703.00522"


@pytest.mark.parametrize(
    "broken", ["Simon\n Osindero", "Simon, Osindero", "Simon,\nOsindero", "Simon\u00a0Osindero"]
)
def test_survives_broken_names(broken):
    start, authors, rest = TEXT.partition("Authors:" + AUTHORS)
    assert authors
    assert parse(start + authors.replace("Simon Osindero", broken) + rest).authors == PAPER.authors


def test_survives_banners_side_bars_and_layout():
    blocks = TEXT.split("\n\n")
    reordered = "\n\n".join(["arXiv needs you!\nDonate today: $5", *reversed(blocks), "© the operators"])
    assert parse(reordered) == PAPER
    assert parse(TEXT.replace("\n", "\r\n")) == PAPER
    assert parse(TEXT.replace("Title:", "Title:\n  ").replace("Abstract:", "Abstract:\n ")) == PAPER
    assert parse(TEXT.replace("to be trained without", "to be trained\n  without")) == PAPER


@examples(max_examples=40)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=8),
    st.sampled_from(["Bookmark", "Help | About", "× close", "New!"]),
)
def test_survives_lines_thrown_in_between_blocks(places, line):
    blocks = TEXT.split("\n\n")
    for place in places:
        blocks.insert(place % len(blocks), line)
    assert parse("\n\n".join(blocks)) == PAPER


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Title:", "title"),
        ("Authors:", "authors"),
        ("Abstract:", "abstract"),
        ("Subjects:", "subjects"),
        ("[v1]", "submission history"),
        ("(or arXiv:", "id with version"),
    ],
)
def test_says_which_field_is_missing(label, field):
    lines = [line for line in TEXT.splitlines() if not line.replace("\u00a0", " ").strip().startswith(label)]
    with pytest.raises(MissingFieldError) as caught:
        parse("\n".join(lines))
    assert str(caught.value).startswith(field)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("\n\nSubmission", "\nTitle:Another Title\n\nSubmission", "title"),
        ("\n\nSubmission", "\n(or arXiv:1703.00522v2 [cs.LG] for this version)\n\nSubmission", "id"),
        ("Cite as: arXiv:1703.00522", "Cite as: arXiv:1703.00523", "id"),
        ("[v1] Wed, 1 Mar", "[v1] Wed, 31 Feb", "submission history"),
        ("[v1] Wed", "[v2] Wed", "submission history"),
    ],
)
def test_contradictions_are_refused_and_not_decided(old, new, field):
    assert old in TEXT
    with pytest.raises(UnusableDocumentError) as caught:
        parse(TEXT.replace(old, new))
    assert str(caught.value).startswith(field)


def test_a_page_without_version_is_refused():
    with pytest.raises(IdentifierError, match="version"):
        parse(TEXT.replace("1703.00522v1", "1703.00522"))


def test_several_versions():
    history = "[v1] Mon, 19 Jun 2017 22:36:33 UTC (100 KB)\n[v2] Mon, 11 Mar 2019 00:00:00 UTC (2,000 KB)"
    text = TEXT.replace("1703.00522v1", "1703.00522v2")
    text = text.replace("[v1] Wed, 1 Mar 2017 21:41:09 UTC (2,521 KB)", history)
    paper = parse(text)
    assert (paper.submitted.year, paper.revised.year, paper.arxiv.version) == (2017, 2019, 2)


@pytest.mark.parametrize(
    "text", ["Title:" * 100_000, "View a PDF of the paper titled x" + ", by x" * 150_000, "(" * 900_000]
)
def test_hostile_pages_are_read_in_linear_time(text):
    with pytest.raises(MetadataError):
        parse(f"Title:x\nAuthors:A B\nAbstract:y\n{text}")


def test_the_feed_says_the_same_as_the_page():
    feed = arxiv.parse_feed(atom())
    for field in (
        "arxiv",
        "title",
        "authors",
        "abstract",
        "submitted",
        "revised",
        "primary_cat",
        "cross_cats",
    ):
        assert getattr(feed, field) == getattr(PAPER, field)


@pytest.mark.parametrize(
    "head",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        b"<!DOCTYPE x>",
    ],
)
def test_hostile_xml_is_refused(head):
    with pytest.raises(UnusableDocumentError, match="hostile XML"):
        arxiv.parse_feed(atom().replace(b"<feed", head + b"<feed", 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"<entry>", b"<entry></entry><entry>", "entries in the feed: got '2'"),
        (b"abs/1703.00522v1", b"abs/1703.00522", "version"),
        (b"abs/1703.00522v1", b"api/errors#incorrect_id", "arXiv answered with an error"),
        (b"<published>2017-03-01T21:41:09Z", b"<published>yesterday", "entry.published"),
        (b"<name>Max Jaderberg</name>", b"<name> </name>", "entry.author"),
        (b"<feed", b"<food", "broken XML"),
        (b"</feed>", b"", "broken XML"),
        (b'encoding="UTF-8"', b'encoding="EBCDIC-X"', None),
    ],
)
def test_broken_feeds_are_refused(old, new, message):
    assert old in atom()
    if message is None:  # the declared encoding is not believed: the bytes are UTF-8
        assert arxiv.parse_feed(atom().replace(old, new, 1)).title == PAPER.title
        return
    with pytest.raises(MetadataError) as caught:
        arxiv.parse_feed(atom().replace(old, new, 1))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "tag", ["title", "summary", "published", "updated", "id", "author", "arxiv:primary_category"]
)
def test_the_feed_says_which_field_is_missing(tag):
    head, mark, entry = atom().partition(b"<entry>")
    entry = entry.replace(f"<{tag}".encode(), b"<other").replace(f"</{tag}>".encode(), b"</other>")
    entry = entry.replace(b"<other xmlns:arxiv", b"<other xmlns:z")
    with pytest.raises(MissingFieldError, match=tag.rpartition(":")[2]):
        arxiv.parse_feed(head + mark + entry)


def test_deep_xml_is_refused_without_a_traceback():
    with pytest.raises(MetadataError):
        arxiv.parse_feed(b"<a>" * 100_000 + b"</a>" * 100_000)
