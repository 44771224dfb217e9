"""LaTeX as MathML, which browsers draw by themselves: formulas need neither a network nor a script."""

from __future__ import annotations

import html
import re

_FENCES = {r"\lVert": "‖", r"\rVert": "‖", r"\lvert": "|", r"\rvert": "|", r"\langle": "⟨", r"\rangle": "⟩"}
"""What the converter does not know behind \\bigl: it takes the signs themselves."""
_FENCE = re.compile(r"\\(?:[lr][vV]ert|[lr]angle)\b")
_LEFT_OVER = re.compile(r">\s*\\[^<]")


def mathml(latex: str, display: bool = False) -> str:
    """A formula as a <math> element, beginning on a line of its own if `display`.

    One that the converter cannot read, or of which it leaves a command as it is, stays LaTeX:
    <code class="latex">.
    """
    from latex2mathml.converter import convert

    try:
        plain = _FENCE.sub(lambda m: _FENCES[m[0]], latex.strip())
        made = str(convert(plain, display="block" if display else "inline"))
    except Exception:  # the converter's errors have no base of their own
        made = ""
    if not made or _LEFT_OVER.search(made):
        return f'<code class="latex">{html.escape(latex.strip())}</code>'
    return made
