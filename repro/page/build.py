"""Write the page of a reproduction, `index.html` in its output folder, and each executed notebook as HTML beside it.

Every file stands by itself: style inside, pictures beside it, formulas as MathML, no script, no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from repro import __version__, tree
from repro.files import write_text
from repro.page import notebooks
from repro.page.content import KINDS, MARKS, VERDICTS, Part

TEMPLATES = Path(__file__).parent / "templates"
NAME = "index.html"
_CONVERTING = Lock()
"""Notebooks end in several threads; nbconvert does not say that it may be called in them."""


def write(out: Path, parts: Sequence[Part], closing: str, recorded: bool, seconds: float) -> Path:
    """The page of these exhibits in the folder `out`, whose notebooks have been written; returns its path.

    `closing`: what they show, in a sentence or two; `recorded`: from committed records, not a run of one's own;
    `seconds`: how long all of it took.
    """
    commit, dirty = tree.git_state()
    changed = " with uncommitted changes" if dirty and commit != tree.UNKNOWN else ""
    facts = {
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": __version__,
        "commit": commit[:12] + changed,
        "seconds": seconds,
        "recorded": recorded,
        "closing": closing,
        "marks": MARKS,
        "kinds": KINDS,
        "verdicts": VERDICTS,
    }
    write_text(out / NAME, _text("index.html.j2", parts=parts, **facts))
    return out / NAME


def write_notebook(out: Path, part: Part) -> None:
    """Write an executed notebook as HTML beside it, and note in `part` that it is there.

    One that was killed may be torn: the page says so, and shows the others.
    """
    if "ipynb" in part.files:
        with suppress(Exception), _CONVERTING:
            part.files["html"] = _notebook(out, part)


def _notebook(out: Path, part: Part) -> str:
    place = Path(part.files["ipynb"]).with_suffix(".html")
    body = notebooks.body(out / part.files["ipynb"])
    up = "../" * (len(place.parts) - 1)
    write_text(out / place, _text("notebook.html.j2", part=part, body=body, index=up + NAME, name=place.stem))
    return place.as_posix()


def _text(template: str, **values: Any) -> str:
    made: str = _environment().get_template(template).render(**values)
    return made


@cache
def _environment() -> Any:
    import jinja2
    from markupsafe import Markup
    from pygments.formatters import HtmlFormatter

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rules = {s: HtmlFormatter(style=s).get_style_defs(".highlight") for s in ("xcode", "github-dark")}
    made.globals["css"] = Markup((TEMPLATES / "page.css").read_text(encoding="utf-8"))
    made.globals["light"], made.globals["dark"] = (Markup(r) for r in rules.values())
    return made
