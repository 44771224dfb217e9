"""Citations: complete, well formed in each format, and equal to the pins."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
import yaml

from metadata import cite, load_pins, pin
from metadata import cite as cff
from metadata.errors import MetadataError
from metadata.parse import names as latex

PINS = list(load_pins().values())
REPOSITORY = cff.repository(commit="71fe42b")
DIGEST = "0123456789abcdef" * 4


def read_bibtex(text):
    """A small BibTeX reader of its own: kind, key and fields of each entry, braces balanced."""
    entries = re.findall(r"@(\w+)\{([^,]+),\n((?:  \w+ *= \{.*\},\n)+)\}", text)
    assert "".join(text.split()).count("@") == len(entries)
    assert text.count("{") == text.count("}")
    return [(kind, key, dict(re.findall(r"  (\w+) *= \{(.*)\},\n", body))) for kind, key, body in entries]


@pytest.mark.parametrize("p", PINS, ids=lambda p: p.short)
def test_bibtex_round_trips(p):
    [(kind, key, fields)] = read_bibtex(cite.bibtex(p))
    assert (kind, key) == ("inproceedings", cite.bibtex_key(p))
    names = [" ".join(reversed(n.split(", "))) for n in fields["author"].split(" and ")]
    assert tuple(latex.decode(n) for n in names) == p.authors
    assert latex.decode(fields["title"]).strip("{}") == p.title
    assert fields["eprint"] == p.arxiv
    assert fields["doi"] == p.doi
    assert fields["pages"].replace("--", "-") == p.proceedings.pages
    assert (p.pith or "not compared") in fields["note"]
    assert p.version in fields["note"]
    assert fields["url"] == p.proceedings.url
    assert cite.bibtex(p).count(p.arxiv.partition("v")[0]) == 2  # as eprint and in the DOI, nowhere else
    assert cite.bibtex(p).isascii()


def test_bibtex_keys_differ():
    keys = [cite.bibtex_key(p) for p in PINS]
    assert keys == ["jaderberg2017decoupled", "czarnecki2017understanding", "sun2017meprop"]


@pytest.mark.parametrize("p", PINS, ids=lambda p: p.short)
def test_text_names_all(p):
    text = cite.text(p)
    assert "\n" not in text
    for part in (*p.authors, p.title, p.venue, p.proceedings.url, f"arXiv:{p.arxiv}", p.doi):
        assert part in text


@pytest.mark.parametrize("p", PINS, ids=lambda p: p.short)
def test_codemeta_is_json_ld_of_the_pin(p):
    article = json.loads(json.dumps(cite.codemeta(p)))
    assert article["@type"] == "ScholarlyArticle"
    assert [f"{a['givenName']} {a['familyName']}" for a in article["author"]] == list(p.authors)
    assert article["@id"] == p.proceedings.url  # the article of the proceedings, and apart from it:
    version = article["workExample"]
    assert (version["@id"], version["version"]) == (p.url, p.version)
    assert f"https://doi.org/{p.doi}" in version["identifier"]
    assert ("license" in version) == (p.license is not None)


# Terms that CodeMeta's context defines in another way than as schema.org's property of that name.
CODEMETA = {"referencePublication"}


def terms(value):
    """The terms of a JSON-LD document that its context must define."""
    if isinstance(value, list):
        return {t for v in value for t in terms(v)}
    if not isinstance(value, dict):
        return set()
    own = {k for k in value if not k.startswith("@")} | {v for k, v in value.items() if k == "@type"}
    return own | {t for k, v in value.items() if k != "@context" for t in terms(v)}


def test_the_contexts_define_every_term():
    """Expanded by a small rule of JSON-LD: a term is an IRI by its definition, else by the vocabulary."""
    software = cite.codemeta_software(REPOSITORY, PINS)
    for document in (software, *software["referencePublication"]):
        local = document.get("@context", cite.CONTEXT)[1]
        expanded = {t: local["@vocab"] + t for t in terms(document) - CODEMETA}
        assert {"pageStart", "volumeNumber", "ScholarlyArticle", "PublicationVolume"} <= expanded.keys()
        assert all(iri.startswith("http://schema.org/") for iri in expanded.values())


def test_codemeta_of_the_repository_refers_to_the_pins():
    software = cite.codemeta_software(REPOSITORY, PINS)
    assert software["@type"] == "SoftwareSourceCode"
    assert software["version"] == REPOSITORY["version"]
    assert [a["name"] for a in software["referencePublication"]] == [p.title for p in PINS]
    assert "identifier" not in software
    assert cite.codemeta_software(REPOSITORY | {"doi": "10.5281/x"}, PINS)["identifier"].endswith("10.5281/x")


def test_citation_cff_equals_the_pins():
    text = cff.CFF_FILE.read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    assert document["references"] == [cite.cff_reference(p) for p in PINS]
    assert cff.render(cff.CFF_FILE, PINS) == text
    head = {k: REPOSITORY[k] for k in ("title", "version", "license", "date-released")}
    assert {k: str(document[k]) for k in head} == head
    assert tuple(a["name"] for a in document["authors"]) == REPOSITORY["authors"] == ("The repro authors",)
    assert not {"repository-code", "url"} & set(document)


def test_the_version_is_that_of_the_package():
    project = (cff.CFF_FILE.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{REPOSITORY["version"]}"' in project


@pytest.mark.skipif(
    importlib.util.find_spec("cffconvert") is None,
    reason="the CFF schema is inside cffconvert: pip install --no-deps cffconvert==2.0.0",
)
def test_citation_cff_is_valid_against_the_schema():
    import jsonschema

    # Found without importing the package, whose own dependencies are not installed.
    [folder] = importlib.util.find_spec("cffconvert").submodule_search_locations
    schema = json.loads((Path(folder) / "schemas/1.2.0/schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    document = yaml.safe_load(cff.CFF_FILE.read_text(encoding="utf-8"))
    assert [e.message for e in validator.iter_errors(document)] == []
    broken = document | {"references": [{"type": "conference-paper"}]}
    assert list(validator.iter_errors(broken))  # the schema does look at the references


def test_a_verified_number_as_text():
    text = cite.verified(pin("dni"), REPOSITORY, "dni/table1", "paper", DIGEST, "text")
    assert "\n" not in text
    for part in (
        REPOSITORY["title"],
        "0.1.0",
        "71fe42b",
        "dni/table1",
        "profile paper",
        DIGEST,
        cite.text(pin("dni")),
    ):
        assert part in text
    assert "doi.org/10.5281/x." in cite.verified(
        pin("dni"), REPOSITORY | {"doi": "10.5281/x"}, "dni/table1", "paper", DIGEST, "text"
    )
    dirty = cff.repository(commit="71fe42b", dirty=True)
    assert "with uncommitted changes" in cite.verified(pin("dni"), dirty, "dni/fig4", "cpu", DIGEST, "text")


@pytest.mark.parametrize("style", cite.STYLES)
def test_a_commit_that_nobody_knows_is_cited_as_such(style):
    """Files from an archive, or a machine without git: training there must not end in an error."""
    unknown = cff.repository(commit="unknown", dirty=True)
    told = cite.verified(pin("dni"), unknown, "dni/fig4", "cpu", DIGEST, style)
    assert "commit unknown, record of dni/fig4" in told


def test_a_verified_number_as_bibtex():
    record, paper = read_bibtex(cite.verified(pin("sg"), REPOSITORY, "sg/fig_3", "cpu", DIGEST, "bibtex"))
    assert record[:2] == ("misc", "repro-sg-fig-3-cpu")
    assert record[2]["year"] == "2026"
    for part in ("71fe42b", r"sg/fig\_3", "profile cpu", DIGEST, "arXiv:1703.00522v1"):
        assert part in record[2]["note"]
    assert paper[1] == cite.bibtex_key(pin("sg"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exhibit": "sg/fig3"}, "one of 1608.05343v2"),
        ({"exhibit": "dni/../x"}, "exhibit"),
        ({"exhibit": "dni"}, "exhibit"),
        ({"profile": "pa per"}, "profile"),
        ({"record_sha256": "abc"}, "64 hex digits"),
        ({"style": "html"}, "text or bibtex"),
        ({"repository": {}}, "no title, version, commit"),
        ({"repository": REPOSITORY | {"commit": "HEAD"}}, "commit"),
    ],
)
def test_what_cannot_be_checked_is_not_cited(change, message):
    values = {"repository": REPOSITORY, "exhibit": "dni/table1", "profile": "paper"}
    values |= {"record_sha256": DIGEST, "style": "text"} | change
    with pytest.raises(MetadataError, match=message):
        cite.verified(pin("dni"), **values)


def test_a_missing_or_thin_citation_file_is_an_error(tmp_path):
    with pytest.raises(MetadataError, match="cannot read"):
        cff.repository(tmp_path / "CITATION.cff")
    (tmp_path / "CITATION.cff").write_text('title: "x"\n')
    with pytest.raises(MetadataError, match="no version, license"):
        cff.repository(tmp_path / "CITATION.cff")


@pytest.mark.parametrize("style", cite.STYLES)
def test_what_it_is_to_the_paper_and_what_it_lacks_are_said(style):
    values = ("dni/fig4", "cpu", DIGEST, style)
    told = cite.verified(pin("dni"), REPOSITORY, *values, "beside", "3 runs missing")
    plain = cite.verified(pin("dni"), REPOSITORY, *values)
    assert "3 runs missing" in told and "eside" in told and "eruns" in plain and "missing" not in plain
