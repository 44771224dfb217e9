"""One rule for all fields: a source that differs from another gives no pin, but an error that names both."""

import pytest
from metadata_samples import LISTING, copy_records, dni_feed

from metadata import kinds, pin
from metadata.errors import PinError
from metadata.pins import build, committed

CONTRADICTIONS = {  # each was taken in silence once
    "authors": {"authors": "Qilei Zhang"},
    "six authors": {"authors": ", ".join(a for a in pin("dni").authors if a != "David Silver")},
    "another order": {"authors": ", ".join(reversed(pin("dni").authors))},
    "title": {"title": "Another Title"},
    "date": {"updated": "2016-12-25T00:00:00Z"},
    "submitted": {"published": "2010-01-01T00:00:00Z"},
    "category": {"categories": "q-bio.NC"},
    "abstract": {"abstract": "Another abstract, of some length, that no listing has seen."},
}


@pytest.mark.parametrize("changes", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_page_that_contradicts_another_source_gives_no_pin(tmp_path, changes):
    name = "arxiv-atom-1608.05343v2.xml"
    with pytest.raises(PinError) as caught:
        build.build(committed.load(copy_records(tmp_path, {name: dni_feed(**changes)})))
    assert name in str(caught.value)


def test_two_pages_that_contradict_each_other_give_no_pin(tmp_path):
    feeds = {f"arxiv-atom-{i}.xml": dni_feed(abstract=dni_feed_abstract() + f" End {i}.") for i in (1, 2)}
    with pytest.raises(PinError, match=r"abstract_sha256.*1\.xml and arxiv-atom-2\.xml differ"):
        build.build(committed.load(copy_records(tmp_path, feeds)))


def dni_feed_abstract():
    return kinds.parse(LISTING.read_bytes()).content.abstract


def test_what_pages_say_is_cleaned(tmp_path):
    title = "Decoupled\u202e Neural\u200b Interfaces\u2028 using Synthetic Gradients"
    folder = copy_records(tmp_path, {"arxiv-atom-1608.05343v2.xml": dni_feed(title=title)})
    assert build.build(committed.load(folder))["1608.05343v2"].title == pin("dni").title
    assert kinds.parse(dni_feed(title=title)).content.title == pin("dni").title
