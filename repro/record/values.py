"""Values of parameters as people write them, checked before anything starts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from repro.errors import BadValueError, UnknownNameError
from repro.spec import Param


def parse_value(param: Param, text: Any) -> Any:
    """`text` (from `--set` or a notebook) as a value of the type of the parameter's own.

    `BadValueError` for another type or a number without sense, `UnknownNameError` for none of its choices.
    """
    value, like = _read(text), param.value
    if isinstance(like, tuple) and isinstance(value, list):
        value = _tuples(value)
    _refuse_senseless(param.name, value, like)
    number = isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool)
    if like is not None and not number and type(value) is not type(like):
        raise BadValueError(
            f"parameter {param.name} is {value!r} ({type(value).__name__}); expected a value like {like!r} "
            f"({type(like).__name__})"
        )
    value = float(value) if number else value
    if param.choices and value not in param.choices:
        raise UnknownNameError(param.name, str(value), [str(c) for c in param.choices])
    return value


def _read(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _refuse_senseless(name: str, value: Any, like: Any) -> None:
    """`BadValueError` for a number that is not finite, or not positive where the default is (0 may stay 0).

    Of a tuple each number counts, and its kinds and lengths are those of the default.
    """
    numbers = [v for v in _flat(value) if isinstance(v, int | float) and not isinstance(v, bool)]
    if not all(math.isfinite(v) for v in numbers):
        raise BadValueError(f"parameter {name} is {value!r}; expected finite numbers")
    least = min((v for v in _flat(like) if isinstance(v, int | float)), default=-1)
    if numbers and least >= 0 and (min(numbers) < 0 or (least > 0 and 0 in numbers)):
        raise BadValueError(
            f"parameter {name} is {value!r}; expected {'more than 0' if least > 0 else '0 or more'}"
        )
    if isinstance(like, tuple) and isinstance(value, tuple) and not _alike(value, like):
        raise BadValueError(f"parameter {name} is {value!r}; expected values like those of {like!r}")


def _alike(value: tuple[Any, ...], like: tuple[Any, ...]) -> bool:
    """Whether what is in `value` is of the kinds in `like`: numbers where these are, tuples as long as these."""
    kinds = {type(v) for v in like} | ({int} if any(isinstance(v, float) for v in like) else set())
    lengths = {len(v) for v in like if isinstance(v, tuple)}
    inner = [v for v in value if isinstance(v, tuple)]
    same = not like or all(type(v) in kinds for v in value)
    return same and all(len(v) in lengths and _alike(v, like[0]) for v in inner)


def _flat(value: Any) -> Iterator[Any]:
    """The values in a value: of nested lists, the innermost ones."""
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _flat(inner)
    else:
        yield value
