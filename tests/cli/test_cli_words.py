"""What the command line answers at once: fast, helpful, in one sentence, with an exit code to trust."""

import json
import subprocess
import sys
import time

import pytest
from record_fakes import fake_record

from repro.cli import main
from repro.cli.app import COMMANDS, PASSED_ON
from repro.cli.parser import names, seconds, seeds
from repro.errors import BadValueError
from repro.exhibits import get, ids
from repro.record.record import Record
from repro.record.store import save


def test_list_names_every_exhibit(capsys, places):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(i in out for i in ids())
    assert main(["list", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [f["id"] for f in facts] == ids() and facts[0]["records"] == []


def test_list_answers_at_once_and_without_torch(places):
    """≤ 0.3 s of computing; the best of a few, because other tests run beside this one."""
    code = (
        "import sys, time; from repro.cli import main; main(['list']); "
        "print(sorted({'torch', 'numpy', 'matplotlib', 'jsonschema', 'urllib3'} & set(sys.modules))); "
        "print(time.process_time())"
    )
    times = []
    for _ in range(3):
        began = time.monotonic()
        lines = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        times.append(min(float(lines[-1]), time.monotonic() - began))
        assert lines[-2] == "[]"
    assert min(times) <= 0.3


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit) if command not in PASSED_ON else nothing() as end:
        main([command, "--help"])
    assert command in PASSED_ON or end.value.code == 0
    out = capsys.readouterr().out
    assert f"usage: repro {command}" in out and "examples:" in out


class nothing:
    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


def test_help_of_all_names_every_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(f"    {c}" in out for c in COMMANDS) and "exit codes" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("lits", "unknown command 'lits': did you mean 'list'?"),
        ("", "required: COMMAND"),
        ("run", "which exhibits? Give one or more of dni/"),
        ("run dni/tabl2", "unknown exhibit 'dni/tabl2': did you mean 'dni/table2'?"),
        ("run dni/table2 meprop/fig5", "did you mean 'meprop/fig4'?"),
        ("run dni/table2 --all", "exhibits or --all, not both"),
        ("run sg/fig6 --profile quik", "unknown profile 'quik': did you mean 'quick'?"),
        ("run sg/fig6 --prfile quick", "unknown option '--prfile': did you mean '--profile'?"),
        ("run sg/table2 --set stepps=3", "unknown parameter of sg/table2 'stepps': did you mean 'steps'?"),
        ("run sg/table2 --set steps=many", "parameter steps is 'many' (str); expected a value like"),
        ("run sg/table2 --set steps", "--set 'steps': expected name=value"),
        ("run sg/table2 --set steps=1 --set steps=2", "--set gives a parameter twice"),
        ("run sg/table2 --seeds one", "seeds 'one': expected whole numbers"),
        ("run sg/table2 --seeds 1,1", "expected each of them once"),
        ("run sg/table2 --seeds 3-1", "seeds '3-1': expected"),
        ("run sg/table2 --device gpu", "unknown device 'gpu': did you mean 'cpu'?"),
        ("run sg/table2 --workers 0", "workers is 0; expected 1 or more"),
        ("run sg/table2 --checkpoint-s nan", "checkpoint_s is nan; expected 0 or more"),
        ("run sg/table2 --arms bpropp", "unknown arm of sg/table2 at quick 'bpropp'"),
        ("run sg/table2 --arms ,", "',' names nothing; expected names with commas between"),
        ("run sg/table2 --budget soon", "'soon' is no time; expected one like 90s, 40m or 2h"),
        ("run sg/table2 --budget 0s", "'0s' is no time"),
        ("run sg/table2 --workers two", "invalid int value: 'two'"),
        ("run sg/table2 --data-dir nowhere", "'nowhere' is not a folder"),
        ("commit sg/table2", "which profile?"),
        ("check sg/table3", "unknown exhibit 'sg/table3': did you mean 'sg/table2'?"),
        ("status sg/table2", "unexpected argument 'sg/table2'"),
        ("cite sg/table2 --style bibtx", "unknown style 'bibtx': did you mean 'bibtex'?"),
        ("data", "are required: ACTION (see"),
        ("notebooks copy", "are required: DIR (see"),
        ("reproduce sg/fig6 --out /proc/nowhere", "cannot write in /proc/nowhere"),
        ("data fetch", "which data sets?"),
        ("data fetch mnits", "unknown data set 'mnits': did you mean 'mnist'?"),
        ("data lst", "unknown action 'lst': did you mean 'list'?"),
        ("render sg/table", "unknown exhibit 'sg/table': did you mean 'sg/table2'?"),
        ("reproduce sg/table2 --profile big", "unknown profile 'big'"),
    ],
)
def test_what_cannot_be_meant_is_one_helpful_sentence(arguments, words, capsys, places):
    assert main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert words in err and err.count("\n") == 1 and not out


def test_an_absent_cuda_device_is_said(capsys, places):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert main(["run", "sg/fig6", "--device", "cuda"]) == 2
    assert "torch sees no CUDA device" in capsys.readouterr().err


def test_a_record_that_is_not_there(capsys, places, monkeypatch):
    assert main(["cite", "sg/table2"]) == 1
    assert "repro run sg/table2" in capsys.readouterr().err
    assert main(["render", "sg/table2", "--profile", "cpu"]) == 1
    assert "no record" in capsys.readouterr().err
    monkeypatch.delenv("REPRO_RESULTS")
    assert main(["cite", "sg/table2", "--profile", "smoke"]) == 1
    assert "(there are those at quick, cpu, paper): make one with" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "report", "check sg/fig6", "cite sg/fig6", "render sg/fig6"])
def test_a_malformed_record_is_one_sentence_in_every_command(places, capsys, command):
    record = fake_record(get("sg/fig6"), "cpu", [])
    path = save(
        Record({**record.facts, "code": {**record.facts["code"], "modules": None}}, ()), places / "results"
    )
    assert main(command.split()) == (command != "status") and path.exists()
    assert "code/modules: None is not of type 'object'" in "".join(capsys.readouterr())


def test_options_may_stand_between_exhibits(capsys, places):
    assert main(["run", "sg/fig6", "--profile", "smoke", "sg/tabel2"]) == 2
    assert "did you mean 'sg/table2'" in capsys.readouterr().err


def test_seeds_as_list_and_range():
    assert seeds("0,1,2") == (0, 1, 2) and seeds("3") == (3,) and seeds("0-2,7") == (0, 1, 2, 7)
    with pytest.raises(BadValueError):
        seeds("-1")


def test_data_list_and_check(capsys, places):
    assert main(["data", "list", "--json"]) == 0
    facts = {f["name"]: f for f in json.loads(capsys.readouterr().out)}
    assert facts["mnist"]["status"].startswith("missing") and len(facts["mnist"]["files"]) == 4
    assert main(["data", "check"]) == 0
    assert "absent  mnist" in capsys.readouterr().out
    assert main(["data", "check", "mnist"]) == 1
    assert "BROKEN" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90), ("40m", 2400), ("1.5h", 5400), ("12", 12), ("0.5", 0.5)]
)
def test_times_as_people_write_them(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "m", "-3s", "nan", "inf", "1e400h", "3 weeks"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(BadValueError, match="is no time"):
        seconds(text)


def test_names_with_commas_between():
    assert names("dni-3, cdni-3,") == ("dni-3", "cdni-3")


def test_render_all_executes_the_notebooks_of_no_exhibit_in_their_place(clone, capsys, monkeypatch):
    for name in ("start/first", "start/.backup", "sg/fig3"):
        path = clone / f"notebooks/{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr("repro.notebook.build.render_again", lambda path: path)
    assert main(["render", "--all"]) == 0
    assert capsys.readouterr().out == f"{clone / 'notebooks/start/first.ipynb'}\n"
    assert main(["render", "--all", "--out", str(clone / "look")]) == 0 and not capsys.readouterr().out
