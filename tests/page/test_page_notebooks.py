"""What of a notebook stands on its page."""

import html
import json
import re
from pathlib import Path

from repro.page.notebooks import body

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "sg" / "fig6.ipynb"


def test_a_hidden_source_is_left_out_and_what_it_says_is_not():
    """Else a reader meets the words for every verdict before those that hold."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = html.unescape(re.sub(r"<[^>]*>", "", body(NOTEBOOK)))
    said = [c["outputs"][0]["data"]["text/plain"] for c in cells if "show.say(" in "".join(c["source"])]
    assert said and "show.say(" not in text and "shown.claims()" in text
    assert all("".join(s).split("**")[1] in text for s in said)
