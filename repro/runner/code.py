"""Which code a run's numbers come from: a digest of the definitions that its work reaches.

The work's module and every module that it reaches are read as syntax trees; only definitions that are used (by name,
from the work function on) count, so a new function in a shared module, a comment or a docstring changes nothing, and
a changed line in a used one does. What runs when a module is imported counts too. All of `repro` counts but what is
`APART`, so nothing new can be left out by being forgotten; compiled kernels count by the bytes of their sources.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from repro.errors import UnknownNameError
from repro.runner.source import EVERYTHING, Place, Source, counts, dump, imports, locate, native, read

ALWAYS = ("repro.device", "prepare")
"""What the runner itself calls before every group: flushed denormals, full fp32 products."""


def _used(node: ast.AST, module: str) -> Iterator[Place]:
    """What a syntax tree of `module` refers to."""
    here = read(module)
    above = {id(n.value): n for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom | ast.Import):  # inside a function
            yield from (place for _, place in imports(inner, module))
        elif isinstance(inner, ast.Name):
            if inner.id in here.definitions:
                yield module, inner.id
            for place in here.imported.get(inner.id, ()):
                yield from _through(place, _attributes(inner, above), module)


def _attributes(name: ast.Name, above: Mapping[int, ast.Attribute]) -> list[str]:
    """The attributes that follow a name: of `layers.linear.weight`, linear and weight."""
    found: list[str] = []
    node: ast.AST = name
    while id(node) in above:
        node = above[id(node)]
        found.append(node.attr)
    return found


def _through(place: Place, attributes: list[str], importer: str) -> Iterator[Place]:
    """What attributes of an imported name lead to: `layers.linear` is that definition alone."""
    module, what = place
    if what != EVERYTHING or not attributes:
        yield place
        return
    target, (first, *rest) = read(module), attributes
    below = f"{module}.{first}"
    if first in target.definitions:
        yield module, first
    elif first in target.imported:
        for passed_on in target.imported[first]:
            yield from _through(passed_on, rest, module)
        yield module, ""
    elif counts(below, importer) and locate(below):
        yield from _through((below, EVERYTHING), rest, importer)
    else:
        yield place


@cache
def _reached(*starts: Place) -> dict[str, frozenset[str]]:
    """Module → names of its definitions that are reached from these places."""
    todo, seen = list(starts), set[Place]()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        module, name = place
        source = read(module)
        if name:
            todo.append((module, ""))
            todo += _named(source, module, name)
        else:
            todo += _imported_with(source, module)
    modules = {m for m, _ in seen}
    return {m: frozenset(d for at, d in seen if at == m) for m in sorted(modules)}


def _named(source: Source, module: str, name: str) -> Iterator[Place]:
    """Where a name leads: to what its definition uses, or to where it is passed on from."""
    if name == EVERYTHING:
        yield from ((module, d) for d in (*source.definitions, *source.imported))
    yield from source.imported.get(name, ())
    for node in source.definitions.get(name, ()):
        yield from _used(node, module)


def _imported_with(source: Source, module: str) -> Iterator[Place]:
    """What runs when the module is imported: its loose statements, its packages, and what it imports."""
    for node in source.loose:
        yield from _used(node, module)
    imported = {m for places in source.imported.values() for m, _ in places}
    above = module.rpartition(".")[0]
    for other in {*imported, above} - {""}:
        if counts(other, module):
            yield other, ""


def origin(module: str, name: str) -> str:
    """ "module:name" of where `name` of `module` is defined, through as many imports as it is passed on."""
    known = read(module)
    if name in known.definitions:
        return f"{module}:{name}"
    if name in known.imported:
        return origin(*known.imported[name][-1])
    raise UnknownNameError(f"definition in {module}", name, known.definitions)


def digests(work: str) -> dict[str, str]:
    """Module → digest of its definitions that `work` ("module:function") reaches, for all modules that count.

    Computed once a process, of the sources as they were then.
    """
    module, _, function = work.partition(":")
    return dict(_digests((module, function), ALWAYS))


def test_of(function: Callable[..., Any]) -> str:
    """Digest of all that a claim's test reaches, but for what reads records."""
    name = function.__qualname__.partition(".")[0]
    known = name in read(function.__module__).definitions  # a lambda is not: then all of its module counts
    return hashlib.sha256(
        repr(_digests((function.__module__, name if known else EVERYTHING))).encode()
    ).hexdigest()


@cache
def _digests(*starts: Place) -> dict[str, str]:
    found = {}
    for module, names in _reached(*starts).items():
        source = read(module)
        texts = [f"{n}:{dump(source.definitions[n])}" for n in sorted(names & source.definitions.keys())]
        texts += map(dump, source.loose)
        texts += (
            f"{p.name}:{hashlib.sha256(p.read_bytes()).hexdigest()}"
            for p in native(source.path)
            if names - {""}
        )
        if texts:  # a module that only passes names on has no code of its own
            found[module] = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return found


def changed_since(work: str, then: Mapping[str, str]) -> list[str]:
    """Modules whose code differs from the digests that a record keeps: a note, since code may be tidied."""
    now = digests(work)
    return sorted(m for m in {*now, *then} if now.get(m) != then.get(m))


def edited_since(work: str, when: float) -> list[str]:
    """Modules that `work` reaches whose files are newer than `when`: an older process may have others in memory."""
    sources = {m: (read(m).path, *native(read(m).path)) for m in digests(work)}
    return sorted(m for m, of in sources.items() if max(p.stat().st_mtime for p in of) > when)
