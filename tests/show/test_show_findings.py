"""docs/findings.md and the README: what they say is what the committed records say."""

import re
from pathlib import Path

from repro.exhibits import get
from repro.exhibits.dni.rnn_length.spec import SHARES
from repro.record.standing import standing
from repro.record.stats import paired
from repro.record.store import load
from repro.show import results
from repro.show.claims import SIGNS, judged_late

ROOT = Path(__file__).resolve().parents[2]
FOUND = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8").replace("−", "-")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def said(begin, end="\n## "):
    """What stands between two places, on one line, with one kind of minus."""
    return " ".join(FOUND.partition(begin)[2].partition(end)[0].split())


def of(exhibit, profile="cpu"):
    """The record of an exhibit, and its verdicts."""
    record = load(ROOT / "results", exhibit, profile)
    return record, record.facts["verdicts"]


def short(gain):
    """ "1.3 [0.5, 2.1]"."""
    return "{:.1f} [{:.1f}, {:.1f}]".format(gain.mean, *gain.interval())


def test_what_it_says_of_the_control_is_the_records():
    table = FOUND.partition("| what reaches the end of a window |")[2].partition("\n\n")[0]
    told = [line.split("|")[2] for line in table.splitlines()[2:]]
    view = of("dni/rnn-control")[0].view(get("dni/rnn-control"))
    guesses = ("synthetic", "negative", "mean-lane", "other-lane")
    kinds = ("nothing", *guesses, "untrained", "untrained-weak", "fixed", "fixed-weak", "noise", "oracle")
    levels = [f"{view.mean(f'copy-2-32-{kind}', 'levels'):.1f}" for kind in kinds]
    assert re.findall(r"\d+\.\d+", " ".join(told)) == levels
    assert len(view.final("copy-2-32-synthetic", "levels")) == 10
    r2 = [r[5] for r in view.select("copy-2-32-synthetic", "future_r2")]
    assert abs(sum(r2) / len(r2)) < 0.005 and "R² on the true one 0.00" in table
    length = of("dni/rnn-length")[0].view(get("dni/rnn-length"))
    noise = sorted(length.mean(f"copy-32-noise-{share}", "levels") for share in SHARES)
    assert f"{noise[0]:.1f} to {noise[-1]:.1f} at each of three lengths" in table and len(noise) == 3


def test_what_it_says_of_some_content_is_the_records():
    view, told = (
        of("dni/rnn-length")[0].view(get("dni/rnn-length")),
        said("What follows, and what does not:", "Its sign counts"),
    )
    tasks = ("copy", "repeat-copy")
    fixed = [paired(view.paired(f"{t}-32-fixed-3", f"{t}-32-noise-3", "levels")).mean for t in tasks]
    assert "{:.1f} levels (Copy) and {:.1f} (Repeat Copy) more than noise".format(*fixed) in told
    other = [paired(view.paired(f"{t}-32-synthetic-100", f"{t}-32-other-100", "levels")) for t in tasks]
    assert "sequence costs {} and {}".format(*map(short, other)) in told


def test_what_it_says_of_text_is_the_records():
    told, verdicts = said("On text (", "\n\n"), of("dni/table1")[1]
    assert {verdicts[i]["verdict"] for i in ("T1-9", "T1-10")} == {"open"} and "all of it is `open`" in told
    number = r"([-+]\d\.\d+) \[([-+]\d\.\d+), ([-+]\d\.\d+)\]"
    (dni, negative, fixed), (minus, noise) = (
        [[float(v) for v in found] for found in re.findall(number, verdicts[i]["ours"])]
        for i in ("T1-9", "T1-10")
    )
    assert "DNI has {:.3f} [{:.3f}, {:.3f}] bits fewer than BPTT".format(*dni) in told
    assert "noise {:.3f} [{:.3f}, {:.3f}] more than DNI".format(*noise) in told
    more = (-fixed[i] for i in (0, 2, 1))
    assert "{:.3f} [{:.3f}, {:.3f}] more than BPTT".format(*more) in told
    assert minus[1] < 0 < minus[2] and "δ̂ and -δ̂ are not told apart" in told and negative[1] < 0 < negative[2]


def test_where_it_says_that_the_sign_counts_it_is_the_records():
    view = of("dni/rnn-control")[0].view(get("dni/rnn-control"))

    def gain(arm, base):
        return paired(view.paired(arm, base, "levels"))

    own = [gain(f"copy-2-32-{k}-4bits", "copy-2-32-nothing-4bits").mean for k in ("synthetic", "negative")]
    told = said("Its sign counts", "Wider nets")
    assert "δ̂ gains {:.1f} levels over nothing and -δ̂ {:.1f}".format(*own) in told
    ahead = gain("repeat-copy-4-32-synthetic", "repeat-copy-4-32-negative")
    assert f"it is {short(ahead)} levels of Repeat Copy ahead of -δ̂" in told
    assert f"here ({short(gain('copy-2-32-synthetic', 'copy-2-32-negative'))} levels)" in told
    assert gain("copy-3-32-negative", "copy-3-32-nothing").interval()[1] < 0 and "where -δ̂ does harm" in told
    left = gain("repeat-copy-4-32-synthetic", "repeat-copy-4-32-nothing").mean
    assert f"BPTT leaves {left:.1f} to gain" in told
    weak = {arm for arm in view.arms() if arm.endswith("fixed-weak")}
    assert weak == {"copy-2-32-fixed-weak", "repeat-copy-2-32-fixed-weak"}, "elsewhere at full length alone"
    assert gain("copy-2-32-synthetic", "copy-2-32-fixed").above(), "as in the table, at T = 2"


def test_what_it_says_of_meprops_speed_is_the_records():
    told, (_, found) = said("## meProp's speed"), of("meprop/table2", "paper")
    first = {k: re.findall(r"(\d+\.\d+) \[", found[k]["ours"]) for k in ("M2-3", "M2-4", "M2-7", "M2-9")}
    whole = [f"{float(v):.1f}x" for v in (*first["M2-3"], first["M2-7"][0])]
    assert "gains {} (MNIST), {} (Parsing) and {} (POS-Tag)".format(*whole) in told
    both, step = ([f"{float(v):.1f}x" for v in values] for values in (first["M2-4"], first["M2-9"][1:]))
    assert "together {} and {}, a step with its update {} and {}".format(*both, *step) in told
    gpu = of("meprop/table8", "paper")[1]
    assert re.findall(r"(\d\.\d)x", gpu["T8-1"]["ours"]) == ["1.6", "1.6"]
    assert "1.6 times as fast at any k in float32" in told
    graph = [re.findall(r"(\d\.\d)x", part) for part in gpu["T8-3"]["ours"].split("tf32")]
    assert (
        "in a graph {} to {} times in float32 and {} to {} times in TF32".format(*graph[0], *graph[1]) in told
    )


def test_what_it_says_of_meprops_cost_is_the_records():
    rows = dict(line.split("|")[1:3] for line in said_rows())
    (few,) = (v for k, v in rows.items() if "k = 20" in k)
    fig4 = of("meprop/fig4", "paper")[0].view(get("meprop/fig4"))
    low, *more = (paired(fig4.paired(f"top-{k}", "dense", "test_accuracy")) for k in (4, 8, 16, 32))
    assert few.strip() == "{:.2f} [{:.2f}, {:.2f}]".format(low.mean, *low.interval()) and low.n == 20
    assert all(abs(gain.mean) < 0.1 for gain in more)
    table5, table6, table1 = of("meprop/table5"), of("meprop/table6", "paper"), of("meprop/table1")
    seeds = [len(table5[0].view(get("meprop/table5")).final(f"top-{n}", "test_accuracy")) for n in (2, 5)]
    assert seeds == [5, 5] and table5[1]["T5-2"]["verdict"] == "open"
    adagrad, adam = re.findall(r"[+-]\d\S+ \[.*?\]", table1[1]["M1-1"]["ours"])
    told = {"k = 25": table5[1]["T5-2"], "one pattern": table6[1]["T6-2"]}
    wanted = {k: v["ours"].partition(" points")[0] for k, v in told.items()} | {
        "AdaGrad, three": adagrad,
        "k = 5, Adam": adam,
    }
    for part, number in wanted.items():
        assert [v.strip() for k, v in rows.items() if part in k] == [number.removesuffix(" points")], part
    table4 = of("meprop/table4")[1]
    more = [
        table4[k]["ours"].removeprefix("POS-Tag ").partition(" points")[0] for k in ("T4-1", "T4-3", "T4-2")
    ]
    gaps = [re.search(r"[+-]\d\S+ \[.*?\]", ours)[0] for ours in more]
    assert "{} in tagging, {} on MNIST with 2 layers, and {} on Parsing".format(*gaps) in said(
        "| what | points |"
    )
    dense = table1[0].view(get("meprop/table1"))
    weak = dense.mean("pos-dense-adam", "test_accuracy") - dense.mean("pos-dense-adagrad", "test_accuracy")
    assert any(f"{weak:.2f} behind the one with Adam" in k for k in rows)
    assert {table1[1][k]["verdict"] for k in ("M1-2", "M1-3")} == {"open"}
    ours = re.search(r"MNIST Adam (-\S+ \[.*?\])", table1[1]["M1-3"]["ours"])[1]
    assert f"(MNIST with Adam, ten seeds: {ours})" in said("| what | points |")


def said_rows():
    """The lines of the table of what meProp costs."""
    return FOUND.partition("| what | points |")[2].strip().partition("\n\n")[0].splitlines()[1:]


def test_every_verdict_that_the_readme_names_is_the_records():
    """With its size and whether it was judged late, as docs/results.md has them."""
    told = README.partition("## What came out")[2].partition("<!-- exhibits:begin -->")[0].replace("\n ", "")
    named, exhibit = [], ""
    for word in re.findall(r"(?:dni|sg|meprop)/[\w-]+|\b[A-Z]+\d?-\d+ [^,;)]+", told):
        if "/" in word:
            exhibit = get(word)
            continue
        claim = word.split()[0]
        (found,) = (s for s in standing(exhibit) if s.judgement.claim.id == claim)
        late = " †" * (claim in judged_late(exhibit, found.record))
        size = results.at_size(exhibit, found).strip(" at`")
        assert word == f"{claim} {SIGNS[found.judgement.verdict]}{late} {size}".strip(), word
        named.append((exhibit.id, claim))
    assert len(named) == len(set(named)) > 20


def test_the_readmes_own_numbers_are_the_records():
    told = " ".join(README.partition("## What came out")[2].split())
    closes = [int(v) for v in re.findall(r"(\d+)%", of("dni/table2")[1]["D2-1"]["ours"].split("; ")[1])]
    assert f"make up for {min(closes)} to {max(closes)} % of that" in told
    speed = of("meprop/table2", "paper")[1]
    gains = [
        float(v)
        for k in ("M2-3", "M2-7")
        for v in re.findall(r"(\d\.\d+) \[[^]]*\]x(?! linear)", speed[k]["ours"])
    ]
    assert f"gets {min(gains):.1f} to {max(gains):.1f} times faster" in told
