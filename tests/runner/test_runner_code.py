"""A piece's key changes with all that moves its numbers, and with nothing else."""

import importlib
import sys
from dataclasses import replace
from types import MappingProxyType

import pytest
from tiny_exhibit import EXHIBIT

from repro.data import DataInfo
from repro.piece import pieces
from repro.runner import code
from repro.runner.pieces import key_of

SOURCE = '''"""Work."""
import math

def run(piece, ctx):
    """Do it."""
    return math.pi * 2
'''
DATA = DataInfo("mnist", "mnist", False, MappingProxyType({"a.gz": "0" * 64}), "MNIST")


def forget():
    """Sources change under the test's feet: drop what was read."""
    code._read.cache_clear()
    code._reached.cache_clear()
    code._digests.cache_clear()


@pytest.fixture
def key(tmp_path, monkeypatch):
    """`key(source, …)`: the key of a piece whose work has this source."""
    monkeypatch.syspath_prepend(tmp_path)
    piece = replace(pieces(EXHIBIT, EXHIBIT.profile("smoke"))[0], work="some_work:run")

    def make(source=SOURCE, piece_changes=(), data=DATA, device="cpu"):
        (tmp_path / "some_work.py").write_text(source, encoding="utf-8")
        forget()
        importlib.invalidate_caches()
        return key_of(replace(piece, **dict(piece_changes)), data, device)

    yield make
    forget()
    sys.modules.pop("some_work", None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Do it."""', '"""Do it well."""'),
        ('"""Work."""', '"""Other words."""'),
        ("math.pi * 2", "math.pi * 2  # twice"),
        ("math.pi * 2", "(math.pi\n            * 2)"),
        ("\ndef run", "\n\n\n# a note\ndef run"),
    ],
)
def test_wording_and_layout_do_not_count(key, old, new):
    changed = SOURCE.replace(old, new)
    assert changed != SOURCE and key(changed) == key()


@pytest.mark.parametrize(
    ("old", "new"), [("* 2", "* 3"), ("math.pi", "math.e"), ("ctx):", "ctx=None):"), ("return", "yield")]
)
def test_code_counts(key, old, new):
    assert key(SOURCE.replace(old, new)) != key()


@pytest.mark.parametrize(
    ("line", "use"),
    [
        ("from repro.models import layers", "layers.bn_relu"),
        ("from repro.models import layers as L", "L.bn_relu"),
        ("from repro.models.layers import bn_relu", "bn_relu"),
        ("import repro.models.layers as whole", "str(whole)"),
        ("", "__import__('math'); from repro.models.layers import bn_relu"),
        ("from repro.models.fcn import FCN", "FCN"),  # through other modules
    ],
)
def test_used_definitions_count_wherever_they_come_from(key, line, use):
    found = digests_of(key, line, use)
    assert "repro.models.layers" in found
    assert (
        found["repro.models.layers"]
        != digests_of(key, "from repro.models import layers", "layers.linear")["repro.models.layers"]
    )


def test_unused_definitions_and_imports_do_not_count(key):
    more = SOURCE + "\nfrom repro.models import layers\n\ndef other():\n    return layers.linear\n"
    assert key(more) == key()
    used = more.replace("math.pi * 2", "other()")
    assert key(used) != key(used.replace("layers.linear", "layers.bn_relu"))


def test_loose_statements_and_used_constants_count(key):
    assert key(SOURCE + "\nprint()\n") != key()
    constant = SOURCE.replace("math.pi * 2", "math.pi * K") + "\nK = 3\n"
    assert key(constant) != key(constant.replace("K = 3", "K = 4"))


def digests_of(key, line, use):
    key(SOURCE.replace("    return math.pi * 2", f"    {use}").replace("import math", f"import math\n{line}"))
    return code.digests("some_work:run")


@pytest.mark.parametrize(
    "changes",
    [
        {"data": replace(DATA, files={"a.gz": "1" * 64})},
        {"data": replace(DATA, name="digits")},
        {"data": None},
        {"device": "cuda"},
        {"piece_changes": {"params": {"steps": 21}}},
        {"piece_changes": {"seeds": (1,)}},
        {"piece_changes": {"arms": ({"id": "arm-4", "settings": {"factor": 5}},)}},
    ],
    ids=str,
)
def test_spec_data_and_device_count(key, changes):
    assert key(**changes) != key()


def test_the_note_on_the_data_does_not_count(key):
    assert key(data=replace(DATA, note="MNIST, differently said")) == key()


def test_digests_are_the_same_under_every_python():
    """`ast.dump` changed in 3.12 and in 3.13; records must not look changed because of it."""
    tree = code.ast.parse("def f(a, *, b=None) -> int:\n    return [x for x in a if f'{x!r:>{b}}']\n")
    assert code.dump(tree.body[0].args) == (
        "arguments(posonlyargs=[], args=[arg(arg='a')], kwonlyargs=[arg(arg='b')], "
        "kw_defaults=[Constant(value=None)], defaults=[])"
    )
    assert "type_params" not in code.dump(tree) and "decorator_list=[]" in code.dump(tree)
    if sys.version_info[:2] == (3, 11):
        assert code.dump(tree) == code.ast.dump(tree)


def test_changed_modules_are_named():
    now = code.digests("repro.train.images:load")
    assert code.changed_since("repro.train.images:load", now) == []
    then = {**now, "repro.train.images": "0" * 64, "repro.train.gone": "1" * 64}
    assert code.changed_since("repro.train.images:load", then) == ["repro.train.gone", "repro.train.images"]


def test_what_makes_tensors_of_data_and_sets_the_arithmetic_counts(key, monkeypatch):
    found = digests_of(key, "from repro.train.images import load", "load")
    makers = {f"repro.data.{name}" for name in ("loading", "images", "mnist5k", "digits", "idx", "cifar")}
    assert makers | {"repro.device"} <= found.keys()
    finders = {"repro.data", "repro.data.settle", "repro.data.fetch.files", "repro.data.fetch.obtain"}
    assert not finders & found.keys(), "these only find files"
    plain = digests_of(key, "", "math.pi")
    assert plain.keys() == {"some_work", "repro.device"}


def test_digests_are_computed_once_and_not_shared(monkeypatch):
    first = code.digests("repro.train.images:load")
    monkeypatch.setattr(code, "_reached", None)
    first.clear()
    assert code.digests("repro.train.images:load")
