"""Tables: text and Markdown, our numbers beside the paper's, verdicts, and what is not there."""

from dataclasses import replace

import pytest
from record_fakes import DATA, fake_record, rows_of

from repro.exhibits import get
from repro.record.judge import Judgement
from repro.show import claims
from repro.show.kinds import numbers
from repro.show.numbers import spread_of
from repro.show.tables import Table, aligned, markdown, readable
from repro.show.words import spans


def test_a_table_is_aligned_text_and_escaped_markdown():
    table = Table(("a", "claim"), [("1", "Σ|x| < 2*y")], "caption")
    assert repr(table) == "a  claim\n─  ──────────\n1  Σ|x| < 2*y\ncaption"
    assert table._repr_markdown_() == "| a | claim |\n|---|---|\n| 1 | Σ\\|x\\| \\< 2\\*y |\n\ncaption"


def test_where_a_terminal_is_too_narrow_wide_cells_stand_below_their_row():
    header, rows = ("id", "said", "n"), [("a-1", "word " * 20, "7"), ("b", "x" * 200, ""), ("c", "", "9")]
    assert readable(header, rows, None) == readable(header, rows, 220) == aligned(header, rows)
    told = readable(header, rows, 60)
    assert max(map(len, told.splitlines())) <= 60 and told.count("word") == 20 and told.count("x") == 200
    assert told.startswith("a-1  7\n    said: word word") and told.endswith("\nc    9")


def test_cells_with_markdown_of_their_own_keep_it():
    assert markdown(("", "b"), [("[x](y)", "*z* | w")], raw=True) == (
        "|  | b |\n|---|---|\n| [x](y) | *z* \\| w |"
    )


def test_a_spread_is_not_parted_from_its_sign_in_a_narrow_column():
    table = Table(("a",), [("9.1 ± 2.8 (30.5)",)], "mean ± sd")
    assert "9.1 ±\N{NO-BREAK SPACE}2.8 (30.5)" in table._repr_markdown_()
    assert repr(table).endswith("9.1 ± 2.8 (30.5)\nmean ± sd"), "text that is searched stays as it is"


def test_our_numbers_stand_beside_the_papers():
    exhibit = get("dni/table2")
    table = numbers(exhibit, fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"), DATA))
    rows = {r[0]: r for r in table.rows}
    assert rows["mnist fcn 3"][1].endswith("(9.3)") and "±" in rows["mnist fcn 3"][1]
    assert rows["cifar10 cnn 4"][1] == "not run (38.1)"
    assert table.header[1:] == ("No Bprop", "Bprop", "DNI", "cDNI", "stale gradients")


def test_where_arms_have_unlike_many_seeds_each_cell_says_how_many():
    exhibit = get("dni/table2")
    made = rows_of(exhibit, "cpu")
    same = numbers(exhibit, fake_record(exhibit, "cpu", made, DATA))
    few = [r for r in made if r[0] != "dni-3" or r[1] == made[0][1]]
    table = numbers(exhibit, fake_record(exhibit, "cpu", few, DATA))
    assert ", n = " not in repr(same) and " over n = 3 seeds;" in same.caption
    row = {r[0]: r for r in table.rows}["mnist fcn 3"]
    assert (
        row[3].endswith(", n = 1") and row[1].endswith("(9.3), n = 3") and " over n seeds;" in table.caption
    )


def test_one_value_has_no_spread():
    assert spread_of([2.0]) == (2.0, 0.0, 1) and spread_of([1.0, 3.0])[1] > 1
    exhibit = get("meprop/fig4")
    rows = [r for r in rows_of(exhibit, "cpu") if r[1] == 0]
    cells = [c for row in numbers(exhibit, fake_record(exhibit, "cpu", rows)).rows for c in row]
    assert "±" not in "".join(cells) and "nan" not in "".join(cells)


@pytest.mark.parametrize("untold", ["dense", "k-8"])
def test_a_time_that_the_paper_leaves_out_is_a_dash(untold):
    exhibit = get("meprop/table7")
    arms = tuple(replace(a, reported={}) if a.id == untold else a for a in exhibit.arms)
    exhibit = replace(exhibit, arms=arms)
    rows = {r[0]: r for r in numbers(exhibit, fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))).rows}
    assert rows["k = 8"][4] == "–" and rows[exhibit.arm(untold).label][3] == "–"
    assert rows["k = 8"][2] != "–", "ours is there all the same"


@pytest.mark.parametrize(("factor", "said"), [(700, "2,010 (1,940 to 2,050)"), (1, "2.87 (2.77 to 2.93)")])
def test_times_are_told_to_three_digits_without_powers_of_ten(factor, said):
    exhibit = get("meprop/table7")
    rows = [(*r[:5], factor * r[5]) for r in rows_of(exhibit, "cpu")]
    assert said in [r[1] for r in numbers(exhibit, fake_record(exhibit, "cpu", rows)).rows]


def test_without_the_first_arm_there_is_no_gain():
    exhibit = get("meprop/table7")
    left = [r for r in rows_of(exhibit, "cpu") if not r[0].endswith("dense")]
    assert {r[2] for r in numbers(exhibit, fake_record(exhibit, "cpu", left)).rows} == {"–"}
    own = [r for r in rows_of(exhibit, "cpu") if r[0] != "dense"]
    gains = {r[0]: r[2] for r in numbers(exhibit, fake_record(exhibit, "cpu", own)).rows}
    assert gains["k = 8"] == "–" != gains["k = 8, in × out"], "each layout has its own dense products"


def test_verdicts_say_what_is_ours_what_is_late_and_what_an_open_one_indicates():
    first, second, third = get("sg/fig6").claims[:3]
    judged = [
        Judgement(replace(first, finding=True), "reproduced", "1", "exact"),
        Judgement(second, "open", "2", "stand-in: digits", "holds here"),
        Judgement(replace(third, given="on a CPU"), "direction only", "3", "exact"),
    ]
    table = claims.table(judged, {"F6-3"})
    assert [r[0] for r in table.rows] == ["F6-2", "F6-3", "F6-1 (ours)"]
    assert [r[4] for r in table.rows] == ["open (holds here)", "direction only †", "holds"]
    assert table.rows[1][5] == "exact; on a CPU"
    assert table.rows[0][5] == f"stand-in: digits; accepted: {second.tolerance}", "what would settle it"
    assert table.caption.startswith("0 of 2 reproduced") and "† judged after the fact" in table.caption
    assert "~ direction only" in claims.lines(get("sg/fig6"), judged)
    failed = claims.table([replace(judged[0], verdict="not reproduced")])
    assert repr(failed).startswith("❌ F6-1 (ours) · does not hold · ")
    assert failed._repr_markdown_().startswith("❌ **F6\N{NON-BREAKING HYPHEN}1 (ours) · does not hold** · ")


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((), ""),
        ((0,), "0"),
        ((0, 1, 2), "0, 1, 2"),
        ((0, 1, 2, 3), "0 to 3"),
        ((0, 2, 4, 6, 7, 8, 9, 20), "0, 2, 4, 6 to 9, 20"),
    ],
)
def test_many_seeds_in_a_row_are_told_by_the_first_and_the_last(numbers, told):
    assert spans(numbers) == told
