"""The grammar of arXiv ids and pith numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_samples import examples

from metadata.errors import IdentifierError, VersionlessIdError
from metadata.parse.ids import ArxivId, parse_arxiv, pith_code, split_arxiv

_DIGITS = "0123456789"


@st.composite
def new_bases(draw):
    year = draw(st.integers(7, 99))
    month = draw(st.integers(4 if year == 7 else 1, 12))
    digits = 4 if year * 100 + month <= 1412 else 5
    return f"{year:02}{month:02}.{draw(st.integers(1, 10**digits - 1)):0{digits}}"


OLD_BASES = st.builds(
    lambda archive, year, month, n: f"{archive}/{year:02}{month:02}{n:03}",
    st.sampled_from(["hep-th", "cs", "math.GT", "cond-mat", "q-bio.NC"]),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 999),
)


@examples(max_examples=300)
@given(new_bases() | OLD_BASES, st.integers(1, 9999))
def test_ids_round_trip(base, version):
    arxiv = parse_arxiv(f"{base}v{version}")
    assert arxiv == ArxivId(base, version) == parse_arxiv(f"arXiv:{arxiv}")
    assert parse_arxiv(str(arxiv)) == arxiv
    assert arxiv.doi == f"10.48550/arXiv.{base}"


@examples(max_examples=100)
@given(new_bases() | OLD_BASES)
def test_an_id_without_version_is_refused(base):
    with pytest.raises(VersionlessIdError, match="version"):
        parse_arxiv(base)
    assert split_arxiv(base) == (base, None)


@examples(max_examples=500)
@given(st.text(max_size=24) | st.text(st.sampled_from(_DIGITS + ".v/"), max_size=14))
def test_anything_else_is_refused_and_nothing_else_is_raised(text):
    try:
        arxiv = parse_arxiv(text)
    except IdentifierError:
        return
    assert text in (str(arxiv), f"arXiv:{arxiv}")


@pytest.mark.parametrize(
    "text",
    [
        "1608.05343v0", "1608.05343v", "1608.05343v01", "1608.05343v99999", "1608.05343V2", "1608.5343v2",
        "1613.05343v2", "1600.05343v2", "1608.00000v1", "0703.0001v1", "1412.12345v1", "1501.1234v1",
        "１６０８.05343v2", "1608.05343v2 ", " 1608.05343v2", "1608.05343v2\n", "1608.05343v2x",
        "hep-th/9913001v1", "hep-th/990100v1", "hep-th/9901000v1", "HEP-TH/9901001v1", "x" * 10_000, "",
        "arXiv: 1608.05343v2",
    ],
)  # fmt: skip
def test_near_misses_are_refused(text):
    with pytest.raises(IdentifierError, match=r"got|version"):
        parse_arxiv(text)


def test_a_message_says_what_to_do():
    with pytest.raises(VersionlessIdError, match=r"1706\.06197v1.*say which version"):
        parse_arxiv("1706.06197")


@examples(max_examples=100)
@given(st.integers(1000, 2999), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=26, max_size=26))
def test_pith_numbers_round_trip(year, code):
    assert pith_code(f"pith:{year}:{code}") == code


@pytest.mark.parametrize(
    "text",
    [
        "pith:2017:" + "A" * 25,
        "pith:2017:" + "A" * 27,
        "pith:2017:" + "a" * 26,
        "pith:2017:" + "1" * 26,
        "",
        "2017",
    ],
)
def test_other_pith_numbers_are_refused(text):
    with pytest.raises(IdentifierError, match="pith number"):
        pith_code(text)
