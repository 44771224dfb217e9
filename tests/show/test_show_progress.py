"""Progress: named lines, one that is rewritten on a terminal, a few that stay elsewhere; the time that is left."""

import pytest

from repro.show.progress import ProgressLines


class Terminal:
    def __init__(self, live):
        self.live, self.text = live, ""

    def isatty(self):
        return self.live

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("live", [True, False])
def test_progress_lines_count_groups_by_name(live):
    stream = Terminal(live)
    tell = ProgressLines(2, stream)
    for name, fraction in (("a/0", 0.5), ("a/0", 1.0), ("a/0", 1.0), ("a/1", 0.2), ("a/1", 1.0)):
        tell(name, fraction)
    lines = stream.text.splitlines()
    assert len([x for x in lines if "done" in x]) == 2
    assert "   2/2  a/1  done" in lines[-1]
    assert ("\r\x1b[K" in stream.text) == live and ("50%" in stream.text) == live


def test_the_time_left_is_no_less_than_a_running_group_needs(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("repro.show.progress.time.monotonic", lambda: now[0])
    tell = ProgressLines(10, Terminal(True))
    for n in range(9):  # kept from an earlier run: there at once
        tell(f"short/{n}", 1.0)
    for now[0], fraction in ((1.0, 0.0), (101.0, 0.1)):
        tell("long/0", fraction)
    assert tell._left(now[0]) == pytest.approx(900)
    assert tell.stream.text.endswith("   9/10  long/0   10%, 1:41 elapsed, about 15:00 left")
    now[0] = 1001.0
    tell("long/0", 1.0)
    assert tell._left(now[0]) == 0
