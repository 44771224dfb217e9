"""Which commit a record names: git's, or in a copy without git that of the stamp, if the files are its own."""

import json

import pytest
from checkout import git

from repro.errors import DirtyTreeError
from repro.tree import git_state, refuse_dirty_tree, write_stamp


@pytest.fixture
def top(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_ROOT", str(tmp_path))
    monkeypatch.delenv("REPRO_COMMIT", raising=False)
    (tmp_path / "repro").mkdir()
    (tmp_path / "repro" / "a.py").write_text("a = 1\n")
    (tmp_path / ".gitignore").write_text(".stamp\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "start")
    return tmp_path


def travel(top):
    (top / ".git").rename(top.parent / f"{top.name}-git")


def test_a_stamp_stands_for_git_and_git_stands_above_it(top):
    commit, dirty = git_state()
    path, said = write_stamp()
    assert len(commit) == 40 and not dirty and said["commit"] == commit
    assert git_state() == (commit, False), "git ignores the stamp"
    path.write_text(json.dumps({**said, "commit": "other"}))
    assert git_state() == (commit, False)
    write_stamp()
    travel(top)
    assert git_state() == (commit, False)
    with pytest.raises(
        DirtyTreeError, match="is not a git checkout: make the stamp where the commit is known"
    ):
        write_stamp()


def test_reading_a_notebook_or_making_a_record_leaves_the_tree_clean(top):
    for folder in ("notebooks", "results"):
        (top / folder).mkdir()
        (top / folder / "a.ipynb").write_text("{}")
    assert git_state()[1] is False
    (top / "repro" / "a.py").write_text("a = 2\n")
    assert git_state()[1] is True


@pytest.mark.parametrize(
    ("name", "value"), [("PATH", "/nonexistent"), ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")]
)
def test_without_git_or_its_trust_the_commit_is_unknown(top, monkeypatch, name, value):
    """No program of that name; a checkout of another user's, as in a container."""
    monkeypatch.setenv(name, value)
    assert git_state() == ("unknown", True)
    with pytest.raises(DirtyTreeError, match="is not a git checkout"):
        refuse_dirty_tree()


@pytest.mark.parametrize("edit", [("a.py", "a = 2\n"), ("b.py", ""), ("k.cpp", "int a;")], ids=lambda e: e[0])
def test_files_that_are_not_those_of_the_stamp_are_dirty(top, edit):
    commit, _ = git_state()
    write_stamp()
    travel(top)
    (top / "repro" / edit[0]).write_text(edit[1])
    assert git_state() == (commit, True)


def test_what_is_no_source_does_not_count(top):
    write_stamp()
    travel(top)
    (top / "repro" / "__pycache__").mkdir()
    (top / "repro" / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert not git_state()[1]


def test_a_stamp_of_a_dirty_tree_stays_dirty(top):
    (top / "repro" / "a.py").write_text("a = 3\n")
    commit, dirty = git_state()
    write_stamp()
    travel(top)
    assert dirty and git_state() == (commit, True)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"commit": 3}', '{"commit": ""}'])
def test_without_a_stamp_that_can_be_read_the_commit_is_unknown(top, text):
    travel(top)
    if text is not None:
        (top / ".stamp").write_text(text)
    assert git_state() == ("unknown", True)


def test_the_environment_may_tell(top, monkeypatch):
    _, said = write_stamp()
    travel(top)
    (top / ".stamp").unlink()
    monkeypatch.setenv("REPRO_COMMIT", f"{said['commit']}:{said['files']}")
    assert git_state() == (said["commit"], False)
    monkeypatch.setenv("REPRO_COMMIT", said["commit"])
    assert git_state() == (said["commit"], True), "nothing shows that these are its files"


def test_files_copied_over_an_older_checkout_are_those_of_their_stamp(top):
    old, _ = git_state()
    (top / "repro" / "a.py").write_text("a = 2\n")
    git(top, "commit", "--quiet", "-am", "newer")
    new, _ = git_state()
    write_stamp()
    git(top, "reset", "--quiet", "--soft", old)
    git(top, "reset", "--quiet")
    assert git_state() == (new, False)
    (top / "repro" / "a.py").write_text("a = 3\n")
    assert git_state() == (old, True), "an edit on the way: neither knows these files"


def test_the_commit_of_a_repository_around_it_or_that_git_dir_names_is_not_ours(
    top, tmp_path_factory, monkeypatch
):
    """A copy unpacked in somebody's repository; a command that a git hook runs."""
    own, _ = git_state()
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    git(other, "commit", "--quiet", "--allow-empty", "-m", "foreign")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert git_state() == (own, False)
    inside = other / "vendor"
    (inside / "repro").mkdir(parents=True)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.setenv("REPRO_ROOT", str(inside))
    assert git_state() == ("unknown", True)
    with pytest.raises(DirtyTreeError, match="is not a git checkout"):
        refuse_dirty_tree()
