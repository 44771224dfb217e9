"""The page that a reproduction ends with, read as text and in a browser: links, pictures, ids, words, no network.

In one file: making it takes half a minute, once a process.
"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from record_fakes import STAND_IN, fake_record, rows_of

from repro.exhibits import all_exhibits, get, ids
from repro.page import build, content
from repro.page.maths import mathml
from repro.show import indications

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FAILED = "meprop/table8"
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
VOID = {"meta", "link", "img", "br", "hr", "input", "mspace", "col"}


class Seen(HTMLParser):
    """Elements, ids and text of a page; elements that are not closed in order."""

    def __init__(self, path):
        super().__init__()
        self.path, self.elements, self.open, self.wrong, self.text = path, [], [], [], ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text += data if not {"style", "math"} & set(self.open) else ""

    def all(self, tag):
        return [a for t, a in self.elements if t == tag]

    def ids(self):
        return [a["id"] for _, a in self.elements if "id" in a]


@pytest.fixture(scope="module")
def pages(made):
    return [Seen(p) for p in sorted(made.rglob("*.html"))]


@pytest.fixture(scope="module")
def index(made):
    return Seen(made / build.NAME)


def test_there_is_a_page_and_one_a_notebook(pages, made):
    notebooks = {i for i in ids() if (NOTEBOOKS / f"{i}.ipynb").exists()}
    found = {p.path.relative_to(made).as_posix() for p in pages}
    assert found == {build.NAME, *(f"{n}/quick.html" for n in notebooks)}


def test_elements_are_closed_and_ids_are_single(pages):
    for page in pages:
        assert not page.wrong and not page.open, page.path
        assert len(page.ids()) == len(set(page.ids())), page.path


def test_every_link_leads_somewhere(pages):
    for page in pages:
        for a in page.all("a"):
            address, _, anchor = a["href"].partition("#")
            if address.startswith("https://"):
                continue
            target = page.path.parent / address if address else page.path
            assert target.is_file(), f"{page.path.name}: {a['href']}"
            assert not anchor or anchor in Seen(target).ids(), f"{page.path.name}: {a['href']}"


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(pages):
    for page in pages:
        assert not page.all("script")
        for tag, name in LOADS.items():
            for element in page.all(tag):
                source = element[name]
                there = source.startswith("data:") or (page.path.parent / source).is_file()
                assert there, f"{page.path.name}: {source[:80]}"
        assert not re.search(r"@import|url\((?!data:|%23)", page.path.read_text(encoding="utf-8"))


def test_every_picture_says_what_came_out(index, pages):
    told = {i["alt"] for i in index.all("img")}
    assert len(told) == len(index.all("img")) > 3
    for said in told:
        assert re.search(r"\d+ of \d+ claims hold here, \d+ do not, \d+ stay open\.", said)
    numbers = [said for said in told if "Ours: " in said and "the paper's: " in said]
    assert len(numbers) > 3 and all(" 0 do not, " in said for said in told - {*numbers}), "nothing to quote"
    assert all(len(i["alt"]) > 20 for page in pages for i in page.all("img"))


def test_each_claim_stands_with_what_the_run_says_and_the_committed_verdict(index):
    for exhibit in (get("sg/fig6"), get("meprop/fig4")):
        record = fake_record(exhibit, "quick", rows_of(exhibit, "quick"), STAND_IN)
        known = indications.committed(exhibit)
        for j in record.judgements(exhibit):
            own = index.text.index(
                exhibit.shows
            )  # ids are those of its paper: another exhibit may have the same
            start = index.text.index(j.claim.id.replace("-", "\N{NON-BREAKING HYPHEN}") + " ", own)
            before, after = index.text[start - 200 : start], index.text[start : start + 2500]
            assert f"{content.MARKS[content.KINDS[indications.here(j)]]} {indications.here(j)}" in before
            assert f"committed: {known.get(j.claim.id, 'none yet')}" in before
            assert j.claim.text in after and j.ours in after and j.claim.paper in after
            assert f"accepted: {j.claim.tolerance}" in after, "of an open one too: what would settle it"


def test_stand_in_deviations_citation_and_failure_are_said(index):
    assert f"Stand-in data ({STAND_IN['note']}): indications, no verdicts." in index.text
    exhibit = get("meprop/fig4")
    assert all(d.what in index.text and d.effect in index.text for d in exhibit.deviations)
    assert "@misc{repro-meprop-fig4-quick," in index.text
    assert "This notebook failed: ValueError: broken on <purpose>" in index.text
    assert any(a["href"] == f"{FAILED}/quick.html" for a in index.all("a"))


def test_of_findings_alone_is_said_what_they_say(index):
    """Where the paper claims nothing there are claims of ours, counted as such: not none yet."""
    ours = [e for e in all_exhibits() if e.claims and all(c.finding for c in e.claims)]
    assert len(ours) >= 2 and "No claims yet" not in index.text
    assert index.text.count("The paper claims nothing here.") == len(ours)
    for exhibit in ours:
        row = index.text.partition(exhibit.title)[2][:80]
        assert re.match(r" *ours: ([✓✗?] \d+ *)+ours: ([✓~✗?] \d+ *)+", " ".join(row.split())), row


@pytest.mark.parametrize("torn", ["", "{", '{"cells": 3}', "no JSON"])
def test_a_torn_notebook_costs_its_own_page_alone(tmp_path, torn):
    """One that was killed while it was being written."""
    path = tmp_path / FAILED / "quick.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(torn, encoding="utf-8")
    part = content.failed(get(FAILED), "quick", tmp_path, 1.0, "stopped after its time limit of 960 s")
    build.write_notebook(tmp_path, part)
    told = Seen(build.write(tmp_path, [part], "Nothing ran.", recorded=False, seconds=1.0)).text
    assert "stopped after its time limit of 960 s" in told and "Its notebook, .ipynb, cannot be read." in told
    assert not list(tmp_path.rglob("quick.html"))


def test_formulas_of_all_notebooks_are_mathml(pages):
    for page in (p for p in pages if p.path.name != build.NAME):
        assert page.all("math"), page.path
        raw = page.path.read_text(encoding="utf-8")
        assert 'class="latex"' not in raw and "\\frac" not in raw and "$$" not in raw


@pytest.mark.parametrize("latex", [r"\nosuch{x}", "x^", r"\left( a"])
def test_a_formula_that_cannot_be_read_stays_latex(latex):
    assert mathml(latex) == f'<code class="latex">{latex}</code>'


def test_the_templates_travel_with_the_package():
    """As data files named in pyproject.toml: none of them is Python."""
    project = (NOTEBOOKS.parent / "pyproject.toml").read_text(encoding="utf-8")
    for path in build.TEMPLATES.rglob("*.*"):
        assert path.suffix in (".j2", ".css", ".json")
        assert f"templates/*{path.suffix}" in project


def test_a_code_cell_keeps_its_lines(made):
    cells = json.loads((NOTEBOOKS / "sg/fig6.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "".join(next(c for c in cells if c["id"] == "parameters")["source"])
    assert " ".join(code.split()) in " ".join(Seen(Path(made) / "sg/fig6/quick.html").text.split())


# in a browser -------------------------------------------------------------------------------------------------------

in_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: `apt-get install chromium` on Debian"
)
WIDTHS = (400, 900, 1440)
PAGES = (build.NAME, "meprop/table8/quick.html", "dni/table2/quick.html")
BROKEN = "[...document.images].filter(i => !i.naturalWidth).map(i => i.src.slice(0, 80))"
WIDE = "document.documentElement.scrollWidth"
CONTRAST = """
(() => {
  const rgb = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255);
  const light = c => rgb(c).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const below = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c)) return c; } return "rgb(255, 255, 255)"; };
  const all = [...document.querySelectorAll("p, a, dd, dt, li, h1, h2, h3, td, th, .word, .quiet, pre span")];
  return all.filter(e => e.textContent.trim()).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(below(e))].sort((x, y) => y - x);
    return [(a + .05) / (b + .05), e.className + ": " + e.textContent.slice(0, 40)];
  }).sort((x, y) => x[0] - y[0])[0];
})()
"""


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


@in_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_it_opens_without_trouble(browser, made, page, width, dark):
    browser.open(made / page, width, dark)
    assert browser.trouble == []
    assert [a for a in browser.asked if not a.startswith(("file:", "data:"))] == []
    assert browser.ask(BROKEN) == []
    assert browser.ask("document.images.length") > 0
    assert browser.ask(WIDE) <= width
    ratio, what = browser.ask(CONTRAST)
    assert ratio >= 4.5, f"{what}: contrast {ratio:.2f}"


@in_chromium
def test_in_print_what_is_folded_is_open(browser, made):
    browser.open(made / build.NAME)
    seen = "document.querySelector('.deviations li').checkVisibility()"
    assert not browser.ask(seen)
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.ask(seen)
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


@in_chromium
def test_trouble_is_seen(browser, tmp_path):
    """The test of the test: a missing picture and a script that throws."""
    (tmp_path / "x.html").write_text("<img src='gone.png' alt=''><script>nothing()</script>")
    browser.open(tmp_path / "x.html")
    assert any("not loaded" in t for t in browser.trouble) and any("nothing" in t for t in browser.trouble)
    browser.trouble.clear()
