"""The exhibits: a folder each, `<paper>/<exhibit>/`, and that is the index. Importable without torch.

The id of `dni/rnn_control` is `dni/rnn-control`: a package has no dash.

`get` puts an exhibit together from its folder's `spec` and `claims`; only who trains or draws it imports its
`work` or its `figure`.
"""

from __future__ import annotations

import importlib
import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from repro.errors import BadValueError, ExhibitError, ReproError, UnknownNameError, first_line, lacking
from repro.spec import Exhibit

PAPERS = ("dni", "sg", "meprop")
"""In the order in which exhibits are listed."""
EXTRA: dict[str, str | Exhibit] = {}
"""Exhibits that lie elsewhere, by id: their package, or themselves. Empty but in tests."""
_SHARED = ("params", "arms", "profiles", "group_by", "jointly", "alone")
"""What an exhibit that shows another's runs has from there; metrics too, if it names none of them itself."""


def ids() -> list[str]:
    """The id of every exhibit: by paper, then by name in natural order (`fig4` before `fig16`)."""
    return [*_folders(), *(i for i in EXTRA if i not in _folders())]


def get(exhibit_id: str) -> Exhibit:
    """The exhibit called `exhibit_id` ("dni/table2"); `UnknownNameError` with the nearest name otherwise."""
    found = _known(exhibit_id)
    return read(found) if isinstance(found, str) else found


def package_of(exhibit_id: str) -> str:
    """Where the modules of an exhibit lie, whether they import or not."""
    found = _known(exhibit_id)
    return found if isinstance(found, str) else found.package


def _known(exhibit_id: str) -> str | Exhibit:
    known: Mapping[str, str | Exhibit] = {**_folders(), **EXTRA}
    if exhibit_id not in known:
        raise UnknownNameError("exhibit", exhibit_id, known)
    return known[exhibit_id]


def all_exhibits() -> list[Exhibit]:
    """Every exhibit, in the order of `ids`."""
    return [get(i) for i in ids()]


def sound() -> tuple[list[Exhibit], dict[str, str]]:
    """Every exhibit that can be read, and by id what is wrong with another: a half-written one hides none."""
    found, broken = list[Exhibit](), dict[str, str]()
    for i in ids():
        try:
            found.append(get(i))
        except ReproError as e:
            broken[i] = str(e)
    return found, broken


@cache
def read(package: str) -> Exhibit:
    """The exhibit whose modules lie in `package` ("repro.exhibits.dni.table2"), with what the spec leaves open.

    With `runs_of`, what makes the runs is filled in from the exhibit named there; `BadValueError` if the spec
    states any of it as well, `ExhibitError` if one of its modules does not import.
    """
    own: Exhibit = _read(f"{package}.spec", "EXHIBIT", Exhibit)
    registered = _read(f"{package}.claims", "claims", Sequence)
    claims = tuple(replace(c, aside=own.asides.get(c.id, "")) for c in registered)
    shared: dict[str, Any] = {"trained_by": package}
    if own.runs_of is not None:
        for name in _SHARED:
            if getattr(own, name):
                raise BadValueError(f"{own.id} shows the runs of {own.runs_of}; leave out its own {name}")
        theirs = get(own.runs_of)
        shared = {name: getattr(theirs, name) for name in (*_SHARED, "trained_by")}
        shared["metrics"] = own.metrics or theirs.metrics
    return replace(own, claims=claims, package=package, **shared)


def _read(module: str, name: str, kind: type) -> Any:
    """`name` of a module; half-written, it is named, with the place: it may be another than the one asked for."""
    try:
        there = importlib.import_module(module)
    except Exception as e:
        if isinstance(e, ModuleNotFoundError) and e.name == module:
            raise ExhibitError(f"there is no {module}: an exhibit has a spec and claims") from None
        raise ExhibitError(f"{module} does not import: {_where(e)}") from e
    if not hasattr(there, name):
        raise ExhibitError(f"{module} has no {name}")
    found = getattr(there, name)
    if not isinstance(found, kind):
        raise ExhibitError(f"{name} of {module} is {found!r}; expected {kind.__name__}")
    return found


def _where(e: Exception) -> str:
    """An error in words, with the last place in an exhibit's folder that it is from."""
    said = lacking(e) or first_line(e)
    places = [(Path(f.filename), f.lineno) for f in traceback.extract_tb(e.__traceback__)]
    if isinstance(e, SyntaxError) and e.filename:
        said, places = f"{type(e).__name__}: {e.msg}", [(Path(e.filename), e.lineno)]
    here = Path(__file__).parent
    inside = [
        (p.relative_to(here), line) for p, line in places if p.is_relative_to(here) and p.parent != here
    ]
    return f"{said} ({inside[-1][0]}, line {inside[-1][1]})" if inside else said


@cache
def _folders() -> dict[str, str]:
    """Id → package of every folder here that holds a spec."""
    here = Path(__file__).parent
    found = [p.parent for paper in PAPERS for p in here.glob(f"{paper}/*/spec.py")]
    order = sorted(found, key=lambda p: (PAPERS.index(p.parent.name), _natural(p.name)))
    return {
        f"{p.parent.name}/{p.name.replace('_', '-')}": f"{__name__}.{p.parent.name}.{p.name}" for p in order
    }


def _natural(name: str) -> list[tuple[str, int]]:
    """Numbers in a name count as numbers: "fig16" as [("fig", 16)]."""
    return [(word, int(number or 0)) for word, number in re.findall(r"(\D*)(\d*)", name)]
