"""Numbers in the README beside those of the committed records."""

import re
from pathlib import Path

from repro.exhibits import get
from repro.exhibits.dni.rnn_length.spec import SHARES
from repro.record.standing import standing
from repro.record.stats import paired
from repro.record.store import load
from repro.show import readme

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_what_it_says_of_the_control_is_the_records():
    table = README.partition("| what reaches the end of a window |")[2].partition("\n\n")[0]
    told = [line.split("|")[2] for line in table.splitlines()[2:]]
    view = load(ROOT / "results", "dni/rnn-control", "cpu").view(get("dni/rnn-control"))
    guesses = ("synthetic", "negative", "mean-lane", "other-lane")
    kinds = ("nothing", *guesses, "untrained", "untrained-weak", "fixed", "fixed-weak", "noise", "oracle")
    levels = [f"{view.mean(f'copy-2-32-{kind}', 'levels'):.1f}" for kind in kinds]
    assert re.findall(r"\d+\.\d+", " ".join(told)) == levels
    assert len(view.final("copy-2-32-synthetic", "levels")) == 10
    r2 = [r[5] for r in view.select("copy-2-32-synthetic", "future_r2")]
    assert abs(sum(r2) / len(r2)) < 0.005 and "R² on the true one 0.00" in table
    length = load(ROOT / "results", "dni/rnn-length", "cpu").view(get("dni/rnn-length"))
    noise = sorted(length.mean(f"copy-32-noise-{share}", "levels") for share in SHARES)
    assert f"{noise[0]:.1f} to {noise[-1]:.1f} at each of three lengths" in table and len(noise) == 3


def test_where_it_says_that_the_sign_counts_it_is_the_records():
    view = load(ROOT / "results", "dni/rnn-control", "cpu").view(get("dni/rnn-control"))

    def gain(arm, base):
        return paired(view.paired(arm, base, "levels"))

    own = [gain(f"copy-2-32-{k}-4bits", "copy-2-32-nothing-4bits").mean for k in ("synthetic", "negative")]
    said = README.partition("Its sign counts")[2].partition("Wider nets")[0].replace("\n", " ")
    assert "δ̂ gains {:.1f} levels over nothing and −δ̂ {:.1f}".format(*own) in said
    ahead = gain("repeat-copy-4-32-synthetic", "repeat-copy-4-32-negative")
    low, high = ahead.interval()
    assert f"it is {ahead.mean:.1f} [{low:.1f}, {high:.1f}] levels of Repeat Copy ahead of −δ̂" in said
    here = gain("copy-2-32-synthetic", "copy-2-32-negative")
    assert "here ({:.1f} [{:.1f}, {:.1f}] levels)".format(here.mean, *here.interval()) in said
    assert gain("copy-3-32-negative", "copy-3-32-nothing").interval()[1] < 0 and "where −δ̂ does harm" in said
    left = gain("repeat-copy-4-32-synthetic", "repeat-copy-4-32-nothing").mean
    assert f"BPTT leaves {left:.1f} to gain" in said
    weak = {arm for arm in view.arms() if arm.endswith("fixed-weak")}
    assert weak == {"copy-2-32-fixed-weak", "repeat-copy-2-32-fixed-weak"}, "elsewhere at full length alone"
    assert gain("copy-2-32-synthetic", "copy-2-32-fixed").above(), "as in the table, at T = 2"


def of_meprop():
    """README's paragraphs on meProp's speed and cost, with one kind of minus."""
    said = README.partition("**Before you cite meProp's speed**")[2].partition("<details>")[0]
    return said.replace("\n", " ").replace("-", "−")


def of(exhibit, profile="cpu"):
    """The record of an exhibit, and its verdicts."""
    record = load(ROOT / "results", exhibit, profile)
    return record, record.facts["verdicts"]


def test_what_it_says_of_meprops_speed_is_the_records():
    said, (_, found) = of_meprop(), of("meprop/table2", "paper")
    first = {k: re.findall(r"(\d+\.\d+) \[", found[k]["ours"]) for k in ("M2-3", "M2-4", "M2-7", "M2-9")}
    whole = [f"{float(v):.1f}x" for v in (*first["M2-3"], first["M2-7"][0])]
    assert "gains {} (MNIST), {} (Parsing) and {} (POS−Tag)".format(*whole) in said
    both, step = ([f"{float(v):.1f}x" for v in values] for values in (first["M2-4"], first["M2-9"][1:]))
    assert "together {} and {}, a step with its update {} and {}".format(*both, *step) in said
    gpu = of("meprop/table8", "paper")[1]
    assert re.findall(r"(\d\.\d)x", gpu["T8-1"]["ours"]) == ["1.6", "1.6"]
    assert "1.6 times as fast at any k in float32" in said
    tf32 = gpu["T8-3"]["ours"].partition("tf32")[2]
    assert "{1} to {0} times in TF32".format(*re.findall(r"(\d\.\d)x", tf32)) in said


def test_what_it_says_of_meprops_cost_is_the_records():
    said, (record, table5) = of_meprop(), of("meprop/table5")
    assert table5["T5-2"]["ours"].partition(" points")[0].replace("-", "−") in said
    assert table5["T5-2"]["verdict"] == "open" and "which decides nothing" in said
    view = record.view(get("meprop/table5"))
    assert {len(view.final(arm, "test_accuracy")) for arm in ("top-2", "top-5")} == {5}
    assert "five seeds" in said
    other = of("meprop/table6")[1]["T6-2"]["ours"].partition(" points")[0]
    assert f"one pattern a mini-batch {other}".replace("-", "−") in said
    table1 = of("meprop/table1")[1]
    gains = re.findall(r"[+-]\d\S+ \[.*?\]", table1["M1-1"]["ours"])
    adagrad, adam = (v.removesuffix(" points").replace("-", "−") for v in gains)
    assert f"{adagrad} with AdaGrad, {adam} with Adam" in said
    assert {table1[k]["verdict"] for k in ("M1-2", "M1-3")} == {"open"} and "decide nothing" in said
    fig4 = of("meprop/fig4", "paper")[0].view(get("meprop/fig4"))
    few, *more = (paired(fig4.paired(f"top-{k}", "dense", "test_accuracy")) for k in (4, 8, 16, 32))
    low, high = few.interval()
    assert few.n == 20 and all(abs(gain.mean) < 0.1 for gain in more)
    assert f"20 seeds, `paper`: {few.mean:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−") in said


def test_our_number_and_the_papers_are_of_one_claim():
    """Also where the first claim with numbers is open and a later one is decided: that one has the row."""
    exhibit = get("dni/table1")
    stands = [s.judgement for s in standing(exhibit)]
    first, decided = stands[0], [j for j in stands if j.verdict != "open"]
    row = readme._row(exhibit)
    assert first.verdict == "open" and "+" in first.ours, "else this shows nothing"
    assert row[3].startswith(decided[0].ours) and row[4] == decided[0].claim.paper != first.claim.paper
