"""An executed notebook as a page: nbconvert's cells in our layout, formulas as MathML, nothing from a network."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from repro.page.content import VERDICTS
from repro.page.maths import mathml
from repro.show import claims

_SIGNS = str.maketrans(
    {claims.SIGNS[v]: f'<span class="{kind}">{mark}</span>' for v, (kind, mark) in VERDICTS.items()}
)
"""Coloured signs that need no font of their own."""


def body(notebook: Path) -> str:
    """The HTML of an executed notebook's cells, hidden sources left out; ids of headings are nbconvert's."""
    import nbformat

    read = nbformat.read(notebook, 4)  # type: ignore[no-untyped-call]
    for cell in read["cells"]:
        if cell["metadata"].get("jupyter", {}).get("source_hidden"):
            cell["metadata"]["transient"] = {"remove_source": True}  # how nbconvert's templates are told
    made: str = _exporter().from_notebook_node(read)[0]
    return made


@cache
def _exporter() -> Any:
    from nbconvert.exporters import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """Markdown whose formulas are MathML, and whose tables scroll by themselves where they are too wide."""

        def inline_math(self, body: str) -> str:
            return mathml(body)

        def block_math(self, body: str) -> str:
            return f'<span class="formula">{mathml(body, display=True)}</span>'

        def multiline_math(self, text: str) -> str:
            return self.block_math(text)

        def table(self, text: str) -> str:
            return f'<div class="wide"><table>{text}</table></div>'

    class Exporter(HTMLExporter):
        """With these formulas and tables."""

        def default_filters(self) -> Any:
            yield from super().default_filters()  # type: ignore[no-untyped-call]
            yield "markdown2html", _markdown

    def _markdown(source: str) -> str:
        made = MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render(source)
        return str(made).translate(_SIGNS)

    return Exporter(  # type: ignore[no-untyped-call]
        template_name="basic",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
