"""A notebook's cells: which are generated, the skeleton that `repro new` makes, what a render brings up to date.

A notebook is authored: its prose, equations and live cells are written in its file by hand, and a render keeps them
byte for byte. The generated cells, known by their ids, call the package: nothing generated stands in their source.
"""

from __future__ import annotations

from typing import Any

from repro.errors import BadValueError
from repro.notebook.arguments import parameters_source
from repro.spec import Exhibit

HEADINGS = (
    "In short",
    "Parameters",
    "The idea",
    "The method, live",
    "What happened",
    "Claims",
    "Deviations",
    "Specification",
    "Provenance and how to cite",
    "Your turn",
)
"""Of every notebook, in this order."""
TODO = "TODO"
"""What marks a cell of the skeleton that nobody has written yet."""


def generated(exhibit: Exhibit) -> dict[str, str]:
    """Cell id → source of every generated cell, in order."""
    opening = "from repro.notebook import show"
    return {
        "in-short": f'{opening}\n\nrecorded = show.recorded("{exhibit.id}")\nrecorded.in_short()',
        "picture": "recorded.figure()",
        "parameters": parameters_source(exhibit),
        "open": f'shown = show.open("{exhibit.id}", globals())\nshown',
        "record": "shown.record()",
        "claims": "shown.claims()",
        "deviations": "shown.deviations()",
        "specification": "shown.specification()",
        "provenance": "shown.provenance()",
        "cite": "shown.cite()",
    }


def skeleton(exhibit: Exhibit) -> list[dict[str, Any]]:
    """The cells of a new notebook: the headings, the generated cells, and what to write where."""
    made = [text("title", f"# {exhibit.id} · {exhibit.title}\n\n{_place(exhibit)} {TODO}: {_TITLE}")]
    for heading in HEADINGS:
        words = _HINTS.get(heading, "")
        made.append(text(slug(heading), f"## {heading}" + (f"\n\n{words}" if words else "")))
        made += [code(name, generated(exhibit)[name]) for name in _BELOW.get(heading, ())]
        made += _live(exhibit) if heading == "The method, live" else []
        made += [code("turn", 'shown.frame().groupby(["arm", "metric"]).value.describe()')] * (
            heading == "Your turn"
        )
    return made


def refreshed(exhibit: Exhibit, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An authored notebook's cells with the generated ones as they are today; the others' words are left alone.

    `BadValueError` names a generated cell that is not there.
    """
    sources = generated(exhibit)
    there = [c.get("id") for c in cells]
    missing = [name for name in sources if name not in there]
    if missing:
        raise BadValueError(
            f"the notebook of {exhibit.id} has no cell with the id {missing[0]!r}; `repro new` shows where it stands"
        )
    return [_fresh(c, sources[c["id"]]) if c["id"] in sources else _folded(c) for c in cells]


def _folded(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell that says a paragraph, its source hidden: that holds the words for every verdict, the wrong ones too."""
    if cell["cell_type"] != "code" or "show.say(" not in cell["source"]:
        return cell
    jupyter = {**cell["metadata"].get("jupyter", {}), "source_hidden": True}
    return {**cell, "metadata": {**cell["metadata"], "jupyter": jupyter}}


def slug(heading: str) -> str:
    """The id of the cell with a heading."""
    return "about-" + "".join(c if c.isalnum() else "-" for c in heading.lower())


def text(name: str, source: str) -> dict[str, Any]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code(name: str, source: str) -> dict[str, Any]:
    """A code cell, not executed."""
    metadata = {"tags": ["parameters"]} if name == "parameters" else {}
    fresh: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "id": name, "metadata": metadata, "source": source, **fresh}


def _fresh(cell: dict[str, Any], source: str) -> dict[str, Any]:
    return {
        **code(cell["id"], source),
        "metadata": {**cell["metadata"], **code(cell["id"], source)["metadata"]},
    }


def _live(exhibit: Exhibit) -> list[dict[str, Any]]:
    made = []
    for i, (equation, path) in enumerate(exhibit.algorithms, 1):
        made.append(text(f"equation-{i}", f"{TODO}: in LaTeX: `{equation}`"))
        made.append(code(f"source-{i}", f'show.code("{path}")'))
    return made


def _place(exhibit: Exhibit) -> str:
    from metadata import pin

    paper = pin(exhibit.paper)
    return f"{exhibit.place} of *{paper.title}* ([arXiv:{paper.arxiv}](https://arxiv.org/abs/{paper.arxiv}))."


_BELOW = {
    "In short": ("in-short", "picture"),
    "Parameters": ("parameters", "open"),
    "What happened": ("record",),
    "Claims": ("claims",),
    "Deviations": ("deviations",),
    "Specification": ("specification",),
    "Provenance and how to cite": ("provenance", "cite"),
}
_TITLE = "two or three sentences: what the paper asks, for a reader who has never heard of it."
PARAMETERS_TEXT = (
    "As it stands, this notebook draws the committed record, in seconds. To train, set `source` to `run` and choose "
    "a `profile`; every hyper-parameter of the paper can be changed by its own name (`None`: as the profile has it)."
)
ANSWERS_TEXT = (
    "Some of the cells hold sentences for several outcomes; the text below such a cell, which begins in bold, is "
    "this record's answer."
)
"""GitHub shows the hidden source of `show.say`, too."""
_HINTS = {
    "Parameters": PARAMETERS_TEXT,
    "The idea": f"{TODO}: half a page. The problem, the equation with each symbol said once, why it should work.",
    "The method, live": f"{TODO}: a naive version in ten lines of plain autograd on a toy, then "
    "`show.agree(naive, fast)`, which compares its numbers with the package's.",
    "What happened": f"{ANSWERS_TEXT} {TODO}: what the numbers show; surprises. Numbers come from the record: "
    '`show.say(f"… {shown.mean(\'arm\', \'metric\'):.1f} %")`, `shown.either("claim", "if it holds", "if not")`.',
    "Claims": "✅ reproduced · 🟡 direction only: the size is another · ❌ not reproduced · ⚪ open: this record "
    "cannot decide, and says why. Computed here, from the record's rows.",
    "Deviations": "Where we differ from the paper, why, and what it does.",
    "Specification": "Each hyper-parameter with the value used here, the paper's, and the place where it stands.",
    "Provenance and how to cite": "Enough to find, check and cite these numbers.",
    "Your turn": f"{TODO}: one cell to change, one question.",
}
