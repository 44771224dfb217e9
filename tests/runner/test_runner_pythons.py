"""The digest of code does not hang on the Python that reads it: another machine has another."""

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from repro.runner import code, source

ROOT = Path(__file__).resolve().parents[2]


def test_digests_are_the_same_under_every_python():
    """`ast.dump` changed in 3.12 and in 3.13; records must not look changed because of it."""
    tree = code.ast.parse("def f(a, *, b=None) -> int:\n    return [x for x in a if f'{x!r:>{b}}']\n")
    assert source.dump(tree.body[0].args) == (
        "arguments(posonlyargs=[], args=[arg(arg='a')], kwonlyargs=[arg(arg='b')], "
        "kw_defaults=[Constant(value=None)], defaults=[])"
    )
    assert "type_params" not in source.dump(tree) and "decorator_list=[]" in source.dump(tree)
    if sys.version_info[:2] == (3, 11):
        assert source.dump(tree) == code.ast.dump(tree)


SYNTAX = r"""
import a.b as c
async def f(x, /, y: int = 1, *z, w=None, **k) -> "str":
    async with g() as h, i: yield await h
    s = f"{x!r:>{y}} {{}} {z=}" "joined" f'{w:.3f}' rf"\d{x}" "" f"" ; t = b"y", u"ü", 1_000, 0x1F, 1e-3, 2j, ...
    match s:
        case {"a": 1, **rest} | [1, *_] if (n := 2): pass
        case C(q=None): return {**k, "b": [*z]}
    try: lambda *, p=0: p
    except* E as e: raise e from None
    global G; del s[1:2, ::3]; x @= y; not x < y <= 3 is not None
@d(1)
class K(B, metaclass=M): a: int; b: "x" = -1
"""


def test_a_rich_text_has_the_digest_it_always_had():
    """Under whatever Python the tests run: f-strings, for one, are parsed by other code from 3.12 on."""
    text = source.dump(code.ast.parse(SYNTAX))
    assert (
        sha256(text.encode()).hexdigest()
        == "6c878dadf36355c09cfcf79548355a2be9bb77eca490f6249caef37cfa6e368a"
    )


DIGESTS = """
import json
from repro.runner import code
works = ("fcn:run", "sequences:run", "episodes:run", "artificial:run", "meprop_mlp:run", "backward_time:run")
print(json.dumps({w: code.digests(f"repro.train.{w}") for w in works}, sort_keys=True))
"""


def _pythons():
    """Other interpreters that are here, by version: those on the path, and pyenv's."""
    there = {f"3.{n}": shutil.which(f"python3.{n}") for n in (11, 12, 13, 14)}
    there |= {p.parts[-3][:4]: str(p) for p in Path.home().glob(".pyenv/versions/3.1[1-9].*/bin/python")}
    return {v: p for v, p in there.items() if p and v != f"{sys.version_info[0]}.{sys.version_info[1]}"}


def test_other_pythons_without_torch_give_the_same_digests():
    """A GPU machine has another Python than this one, and Triton: neither is part of what a run is kept under."""
    others = {}
    for version, python in _pythons().items():
        words = [python, "-E", "-s", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{DIGESTS}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode == 0:
            others[version] = done.stdout
        else:  # a shim of pyenv for a version that is not chosen
            assert "command not found" in done.stderr, done.stderr
    if not others:
        pytest.skip("no other Python is here")
    here = subprocess.run([sys.executable, "-c", DIGESTS], capture_output=True, text=True, check=True).stdout
    assert set(others.values()) == {here}, sorted(others)
