"""What the command line refuses it refuses first: no folder that it would have made is left behind."""

import pytest

from repro.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        "reproduce --workers 0 --out NEW",
        "reproduce sg/fig6 --workers 0 --out NEW/below",
        "run dni/table2 --profile cpu --out NEW --runs-dir NEW/runs",  # its data are not there
        "run sg/table2 --arms bpropp --out NEW --runs-dir NEW/runs",
        "run sg/fig6 --device any --out NEW --runs-dir NEW/runs",
        "search dni/table2 --over nosuch=1,2 --metric validation_error --out NEW/found.csv --runs-dir NEW",
        "search dni/table2 --over steps=1,2 --metric x --workers 0 --out NEW/found.csv --runs-dir NEW",
        "render sg/fig6 sg/nosuch --out NEW",
        "notebooks copy NEW sg/fig6 sg/nosuch",
        "pack NEW --runs-dir NEW",
        "data fetch mnist nosuch --data-dir NEW",
    ],
)
def test_what_is_refused_leaves_no_folder_behind(arguments, places, capsys):
    assert main(arguments.replace("NEW", str(places / "new")).split()) in (1, 2)
    assert "repro: " in capsys.readouterr().err and not (places / "new").exists()
