"""Code counts as far as a work reaches it, by whatever way; wording and what is not used do not."""

import os
import sys
import time

import pytest

from repro.errors import UnknownNameError
from repro.runner import code, source
from repro.runner.keys import code_of, work_of

SOURCE = '''"""Work."""
import math

def work(given, ctx):
    """Do it."""
    return math.pi * 2
'''
LAYERS = """
def linear(x):
    return x + 1

def norm(x):
    return x + 2
"""


@pytest.fixture
def digest(mine):
    """`digest(source, layers=…)`: of all that the work with this source reaches."""
    mine.write(
        "net", "from mine.layers import norm\n\nclass Net:\n    def go(self, x):\n        return norm(x)\n"
    )
    mine.write("passed", "from mine.layers import norm\n")
    mine.write("__init__", "from mine.passed import norm\n")

    def make(text=SOURCE, **others):
        for name, content in {"layers": LAYERS, **others}.items():
            mine.write(name, content)
        mine.write("work", text)
        return code.digests("mine.work:work")

    return make


def using(line, use):
    return SOURCE.replace("math.pi * 2", use).replace("import math\n", f"import math\n{line}\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Do it."""', '"""Do it well."""'),
        ('"""Work."""', '"""Other words."""'),
        ("math.pi * 2", "math.pi * 2  # twice"),
        ("math.pi * 2", "(math.pi\n            * 2)"),
        ("\ndef work", "\n\n\n# a note\ndef work"),
    ],
)
def test_wording_and_layout_do_not_count(digest, old, new):
    changed = SOURCE.replace(old, new)
    assert changed != SOURCE and digest(changed) == digest()


@pytest.mark.parametrize(
    ("old", "new"), [("* 2", "* 3"), ("math.pi", "math.e"), ("ctx):", "ctx=None):"), ("return", "yield")]
)
def test_code_counts(digest, old, new):
    assert digest(SOURCE.replace(old, new)) != digest()


@pytest.mark.parametrize(
    ("line", "use"),
    [
        ("from mine import layers", "layers.norm(1)"),
        ("from mine import layers as L", "L.norm(1)"),
        ("from mine.layers import norm as n", "n(1)"),
        ("from .layers import norm", "norm(1)"),
        ("from . import layers", "layers.norm(1)"),
        ("import mine.layers as whole", "str(whole)"),
        ("import mine.layers\nimport mine.net", "mine.layers.norm(1)"),
        ("import mine", "mine.layers.norm(1)"),
        ("from mine.layers import *", "norm(1)"),
        ("try:\n    from mine.layers import norm\nexcept ImportError:\n    norm = abs", "norm(1)"),
        ("", "__import__('math'); from mine.layers import norm"),
        ("", "__import__('math'); import mine.layers as inner"),
        ("from mine.net import Net", "Net().go(1)"),  # through another module
        ("from mine import norm", "norm(1)"),  # passed on, and again
        ("import mine", "mine.norm(1)"),
        ("from mine import passed", "passed.norm(1)"),
        ("from mine import passed", "str(passed)"),
        ("from mine.layers import norm\ntable = {}\ntable['n'] = norm", "table['n'](1)"),
    ],
)
def test_what_is_used_counts_wherever_it_comes_from(digest, line, use):
    text = using(line, use)
    assert digest(text) != digest(text, layers=LAYERS.replace("x + 2", "x + 3"))


@pytest.mark.parametrize(
    "line", ["from mine import layers", "import mine.layers as layers", "from mine import layers, net"]
)
def test_of_a_module_only_the_definitions_that_are_used_count(digest, line):
    text = using(line, "layers.norm(1)")
    assert digest(text) == digest(text, layers=LAYERS.replace("x + 1", "x + 7"))
    whole = using(line, "str(layers)")
    assert digest(whole) != digest(whole, layers=LAYERS.replace("x + 1", "x + 7"))


def test_unused_definitions_and_imports_do_not_count(digest):
    more = SOURCE + "\nfrom mine import layers\n\ndef other():\n    return layers.linear\n"
    assert digest(more) == digest()
    used = more.replace("math.pi * 2", "other()")
    assert digest(used) != digest(used.replace("layers.linear", "layers.norm"))


@pytest.mark.parametrize(
    ("more", "old", "new"),
    [
        ("print()", "print()", "print(1)"),
        ("K = 3", "K = 3", "K = 4"),
        ("K = 3\nK = K * 2", "K = 3", "K = 4"),
        ("K = [1]\nK[0] = 5", "= 5", "= 6"),
        ("K = 3\nmath.tau = 1", "tau = 1", "tau = 2"),
    ],
)
def test_loose_statements_and_used_variables_count(digest, more, old, new):
    text = SOURCE.replace("* 2", "* K" if "K" in more else "* 2") + f"\n{more}\n"
    assert digest(text) != digest(text.replace(old, new))


@pytest.mark.parametrize("where", ["__init__", "flags", "beyond"])
def test_what_runs_on_being_imported_counts(digest, where):
    """Though no name is used: of the package, of a module that is imported, of one that this one imports."""
    others = {"__init__": "", "flags": "from mine import beyond\n", "beyond": ""}
    text = using("from mine import flags", "1")
    changed = {**others, where: others[where] + "print('set a flag')\n"}
    assert digest(text, **others) != digest(text, **changed)


def test_all_of_the_package_counts_but_what_is_apart(mine, monkeypatch):
    """Nothing is listed that counts: a new module of the package does by itself."""
    monkeypatch.setattr(source, "PACKAGE", "mine")
    monkeypatch.setattr(source, "APART", ("mine.files",))
    monkeypatch.syspath_prepend(mine.folder.parent / "other")
    (mine.folder.parent / "other").mkdir()
    work = "from mine.new import f\nfrom mine.files import g\n\ndef work(given, ctx):\n    return f() + g()\n"
    (mine.folder.parent / "other" / "others_work.py").write_text(work)
    seen = set()
    for new, files in (("1", "1"), ("2", "1"), ("2", "2")):
        mine.write("new", f"def f():\n    return {new}\n")
        mine.write("files", f"def g():\n    return {files}\n")
        found = code.digests("others_work:work")
        assert "mine.new" in found and "mine.files" not in found
        seen.add(found["mine.new"])
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("source_name", "counts"),
    [("layers.cpp", True), ("layers.cu", True), ("shared.h", True), ("net.cpp", False), ("notes.txt", False)],
)
def test_compiled_sources_count_by_their_bytes(digest, mine, source_name, counts):
    """A module's own, and those that are no module's; not those of another module."""
    text = using("from mine.layers import norm", "norm(1)")
    before = digest(text)
    (mine.folder / source_name).write_text("int f() { return 1; }")
    there = digest(text)
    assert (there != before) == counts
    (mine.folder / source_name).write_text("int f() { return 2; }")
    assert (digest(text) != there) == counts


@pytest.mark.parametrize("suffix", [".py", ".c"])
def test_what_was_edited_while_a_process_ran_is_seen_in_its_compiled_sources_too(mine, suffix):
    mine.write("fast", "x = 1\n")
    mine.write("fast", "int x;\n", ".c")
    mine.write("work", "from mine.fast import x\ndef work(given, ctx):\n    return x\n")
    work, when = "mine.work:work", time.time() + 100
    assert code.edited_since(work, when) == []
    os.utime((mine.folder / "fast").with_suffix(suffix), (when + 1, when + 1))
    assert code.edited_since(work, when) == ["mine.fast"]


def test_every_compiled_source_of_ours_is_some_modules():
    top = source.locate("repro").parent
    lost = [p for s in source.NATIVE for p in top.rglob(f"*{s}") if not list(p.parent.glob("*.py"))]
    assert lost == [], "in a folder without modules nothing would count them"


def test_two_packages_may_have_one_work(mine):
    mine.write("work", "from mine.family import work\n")
    mine.write("second/__init__", "")
    mine.write("second/work", "from mine.family import work as work\n")
    mine.write("family", "def work(given, ctx):\n    return 1\n")
    assert work_of("mine") == work_of("mine.second") == "mine.family:work"
    assert code_of("mine") == code_of("mine.second")
    mine.write("second/work", "")
    with pytest.raises(UnknownNameError, match=r"definition in mine.second.work 'work'"):
        work_of("mine.second")


def test_changed_modules_are_named():
    now = code.digests("tiny.work:work")
    assert code.changed_since("tiny.work:work", now) == []
    then = {**now, "repro.train.loop": "0" * 64, "repro.train.gone": "1" * 64}
    assert code.changed_since("tiny.work:work", then) == ["repro.train.gone", "repro.train.loop"]


def test_what_sets_the_arithmetic_counts_and_what_moves_files_does_not(digest):
    found = code.digests("tiny.work:work")
    assert {"tiny.work", "repro.train.loop", "repro.train.given", "repro.device"} <= found.keys()
    assert not [m for m in found if m.startswith(("repro.record", "repro.runner", "repro.errors"))]
    assert not {"repro.train.rows", "repro.train.checkpoint"} & found.keys()
    assert digest().keys() == {"mine.work", "repro.device"}
    stats = using("from repro.record.stats import median", "median([1.0])")
    assert "repro.record.stats" in digest(stats), "it computes, wherever it lies"


def test_reading_code_imports_nothing(mine):
    mine.write("work", "import mine.loud\n\ndef work(given, ctx):\n    return mine.loud\n")
    mine.write("loud", "raise RuntimeError('imported')\n")
    assert "mine.loud" in code.digests("mine.work:work")
    assert "mine.loud" not in sys.modules


def test_digests_are_computed_once_and_not_shared(monkeypatch):
    first = code.digests("tiny.work:work")
    monkeypatch.setattr(code, "_reached", None)
    first.clear()
    assert code.digests("tiny.work:work")
