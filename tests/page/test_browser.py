"""The page in headless Chromium, where there is one: nothing fails, sticks out or asks a network."""

import pytest
from browser import CHROMIUM, Browser

from repro.page.build import NAME

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: `apt-get install chromium` on Debian"),
]
WIDTHS = (400, 900, 1440)
PAGES = (NAME, "meprop/table8/quick.html", "dni/table2/quick.html")
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


def test_in_print_what_is_folded_is_open(browser, made):
    browser.open(made / NAME)
    seen = "document.querySelector('.deviations li').checkVisibility()"
    assert not browser.ask(seen)
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.ask(seen)
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_trouble_is_seen(browser, tmp_path):
    """The test of the test: a missing picture and a script that throws."""
    (tmp_path / "x.html").write_text("<img src='gone.png' alt=''><script>nothing()</script>")
    browser.open(tmp_path / "x.html")
    assert any("not loaded" in t for t in browser.trouble) and any("nothing" in t for t in browser.trouble)
    browser.trouble.clear()
