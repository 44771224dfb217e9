"""The one template of all notebooks: the same headings in the same order, text from the exhibit's spec."""

from __future__ import annotations

from typing import Any

from repro.notebook.arguments import PARAMETERS
from repro.spec import Exhibit

HEADINGS = (
    "What the paper shows",
    "Parameters",
    "Specification",
    "Method",
    "Result",
    "Claims",
    "Deviations",
    "Provenance and how to cite",
)


def parameters_source() -> str:
    """The parameters cell: plain literals, each with a trailing comment."""
    return "\n".join(f'{name} = "{default}"  # {comment}' for name, default, comment in PARAMETERS)


def cells(exhibit: Exhibit) -> list[dict[str, Any]]:
    """The cells of an exhibit's notebook, not executed: (type, id, source, tags) in the notebook format."""
    return [
        _text("title", f"# {exhibit.id}: {exhibit.title}"),
        _text("shows", f"## {HEADINGS[0]}\n\n{_place(exhibit)}\n\n{exhibit.shows}"),
        _text("about-parameters", f"## {HEADINGS[1]}\n\n{_HOW}"),
        _code("parameters", parameters_source(), "parameters"),
        _code("open", _open(exhibit)),
        _text("about-specification", f"## {HEADINGS[2]}\n\n{_SPECIFICATION}"),
        _code("specification", "shown.specification()"),
        _text("about-method", f"## {HEADINGS[3]}\n\n{_METHOD}"),
        *_method(exhibit),
        _text("about-result", f"## {HEADINGS[4]}\n\n{_RESULT}"),
        _code("record", "shown.record()"),
        _code("figure", "shown.figure()"),
        _code("numbers", "shown.numbers()"),
        _text("about-claims", f"## {HEADINGS[5]}\n\n{_CLAIMS}"),
        _code("claims", "shown.claims()"),
        _text("about-deviations", f"## {HEADINGS[6]}\n\n{_DEVIATIONS}"),
        _code("deviations", "shown.deviations()"),
        _text("about-provenance", f"## {HEADINGS[7]}\n\n{_PROVENANCE}"),
        _code("provenance", "shown.provenance()"),
        _code("cite", "shown.cite()"),
    ]


_HOW = (
    "As it stands, this notebook draws the committed record, in seconds. To train, set `source` to `run` and "
    "choose a `profile`: smoke (seconds, stand-in data) · quick (≤ 30 s) · cpu (≤ 60 min) · paper (a GPU)."
)
_SPECIFICATION = (
    "Each hyper-parameter with the value used here, the paper's value and the place where it stands; "
    "`assumed` marks what the paper does not say."
)
_METHOD = (
    "The source below is today's, read from the package as this notebook is executed. A committed record was made by "
    "the commit named under *Provenance*; `repro status` says what has changed since."
)
_RESULT = "Filled marks and solid lines are ours, hollow marks and dashed lines the paper's numbers."
_CLAIMS = (
    "A verdict is `reproduced`, `not reproduced`, or `open` when this record cannot decide. It is computed "
    "here from the record's rows; each test is known to fail on records in which there is nothing to see."
)
_DEVIATIONS = "Where we differ from the paper, why, and what it does."
_PROVENANCE = "Enough to find, check and cite these numbers."


def _place(exhibit: Exhibit) -> str:
    from metadata import pin

    paper = pin(exhibit.paper)
    return f"{exhibit.place} of *{paper.title}* ([arXiv:{paper.arxiv}](https://arxiv.org/abs/{paper.arxiv}))."


def _open(exhibit: Exhibit) -> str:
    names = ", ".join(name for name, _, _ in PARAMETERS)
    return f'from repro.notebook import show\n\nshown = show.open("{exhibit.id}", {names})\nshown'


def _method(exhibit: Exhibit) -> list[dict[str, Any]]:
    made = []
    for i, (equation, path) in enumerate(exhibit.algorithms, 1):
        made.append(_text(f"equation-{i}", f"> {equation}"))
        made.append(_code(f"source-{i}", f'shown.code("{path}")'))
    return made


def _text(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name: str, source: str, *tags: str) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    fresh: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "id": name, "metadata": metadata, "source": source, **fresh}
