"""`repro notebooks copy`: what is somebody's own is kept, and the committed notebooks are left alone."""

from repro.cli import main
from repro.paths import notebooks_dir


def test_a_copy_is_the_original_and_one_that_was_changed_is_kept(places, capsys):
    copy = ["notebooks", "copy", str(places / "mine"), "sg/fig6"]
    path = places / "mine" / "sg" / "fig6.ipynb"
    for _ in range(2):
        assert main(copy) == 0
        assert path.read_bytes() == (notebooks_dir() / "sg" / "fig6.ipynb").read_bytes()
    assert [p.name for p in (places / "mine").rglob("*.ipynb")] == ["fig6.ipynb"]
    path.write_text("mine")
    capsys.readouterr()
    assert main(copy) == 1 and path.read_text() == "mine"
    assert f"kept    {path}: it is there, and another" in capsys.readouterr().out


def test_what_cannot_be_meant_copies_nothing(places, capsys):
    for asked, said in (
        ([str(places / "mine"), "sg/fig66"], "did you mean 'sg/fig6'"),
        ([str(notebooks_dir() / "mine")], "choose another folder"),
    ):
        assert main(["notebooks", "copy", *asked]) == 2
        assert said in capsys.readouterr().err
    assert not (places / "mine").exists() and not (notebooks_dir() / "mine").exists()
