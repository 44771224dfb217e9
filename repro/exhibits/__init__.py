"""The index of exhibits: id → module. Importable without torch."""

from __future__ import annotations

import importlib

from repro.errors import UnknownNameError
from repro.spec import Exhibit

INDEX = {
    "dni/table2": "repro.exhibits.dni_table2",
    "meprop/fig4": "repro.exhibits.meprop_fig4",
    "meprop/table7": "repro.exhibits.meprop_table7",
    "sg/fig6": "repro.exhibits.sg_fig6",
    "sg/table2": "repro.exhibits.sg_table2",
}


def get(exhibit_id: str) -> Exhibit:
    """The exhibit called `exhibit_id` ("dni/table2"); `UnknownNameError` with the nearest name otherwise."""
    if exhibit_id not in INDEX:
        raise UnknownNameError("exhibit", exhibit_id, INDEX)
    exhibit: Exhibit = importlib.import_module(INDEX[exhibit_id]).EXHIBIT
    return exhibit


def all_exhibits() -> list[Exhibit]:
    """Every exhibit, in the index's order."""
    return [get(i) for i in INDEX]
