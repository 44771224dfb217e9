"""Execute notebooks through papermill, strictly: a parameter that the notebook does not have is an error.

`python -m repro.notebook.execute NOTEBOOK OUT JSON SECONDS` executes one in a process of its own; `execute_all`
starts one such process a notebook, because papermill keeps state (working folder, event loop) a whole process long.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from repro.errors import EXTRAS, BadValueError, ReproError, UnknownNameError, lacking
from repro.notebook.batch import execute_all
from repro.record.store import checker

__all__ = ["check_parameters", "execute", "execute_all", "parameters_of"]


def parameters_of(notebook: Path) -> dict[str, Any]:
    """Name → default of the notebook's parameters; they must be plain literals in one tagged cell."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError:
        raise BadValueError(f"no notebook {notebook.name}: make it with `repro render`") from None
    except (ValueError, KeyError) as e:
        raise BadValueError(f"{notebook.name} is not a notebook: {e}") from None
    tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise BadValueError(f"{notebook.name} has {len(tagged)} cells tagged 'parameters', expected one")
    found = {}
    for node in ast.parse("".join(tagged[0]["source"])).body:
        target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
        if not isinstance(target, ast.Name) or getattr(node, "value", None) is None:
            raise BadValueError(
                f"{notebook.name}: line {node.lineno} of its parameters is not name = literal"
            )
        found[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    return found


def check_parameters(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Refuse names that the notebook does not have, and values of another type than its defaults."""
    known = parameters_of(notebook)
    for name, value in parameters.items():
        if name not in known:
            raise UnknownNameError(f"parameter of {notebook.name}", name, known)
        if None not in (value, known[name]) and type(value) is not type(known[name]):
            expected = type(known[name]).__name__
            raise BadValueError(
                f"parameter {name} of {notebook.name} is {value!r} ({type(value).__name__}); expected {expected}, "
                f"like {known[name]!r}"
            )


def execute(notebook: Path, out: Path, parameters: Mapping[str, Any], limit_s: float | None = None) -> Path:
    """Execute `notebook` into the file `out`; when a cell fails, `out` keeps the traceback and the error is raised.

    A cell that takes longer than `limit_s` is such a failure. What the cells print goes to our standard output as
    it comes.
    """
    check_parameters(notebook, parameters)
    checker()  # before papermill, which imports jsonschema in full
    import papermill

    out.parent.mkdir(parents=True, exist_ok=True)
    papermill.execute_notebook(
        *(
            str(path).replace("{", "{{").replace("}", "}}") for path in (notebook, out)
        ),  # not papermill's fields
        dict(parameters),
        kernel_name="python3",
        progress_bar=False,
        autosave_cell_every=5,  # a notebook that is killed keeps what it had
        execution_timeout=limit_s,
        stdout_file=sys.stdout,
    )
    return out


def main(argv: list[str]) -> int:
    """One notebook in this process; the error in one line on standard error."""
    notebook, out, parameters, limit_s = argv
    try:
        execute(Path(notebook), Path(out), json.loads(parameters), float(limit_s))
    except ReproError as e:
        print(e, file=sys.stderr)
        return e.exit_code
    except Exception as e:  # papermill's, the kernel's: the notebook holds the traceback
        name, value = getattr(e, "ename", type(e).__name__), getattr(e, "evalue", str(e))
        slow = name == "CellTimeoutError"
        absent = re.search("^No module named '(.+)'$", value)
        if name == "ModuleNotFoundError" and absent and absent[1] in EXTRAS:
            value = lacking(ModuleNotFoundError(name=absent[1]))
        print(f"a cell took more than {limit_s} s" if slow else f"{name}: {value}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
