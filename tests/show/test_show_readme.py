"""The README: its generated parts are fresh, its commands parse, its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
from record_fakes import DATA, STAND_IN, fake_record, rows_of, save_all

from repro.cli.app import COMMANDS, PASSED_ON, _parser
from repro.errors import RecordError, StaleRecordError
from repro.exhibits import all_exhibits, get, ids
from repro.record.record import Record
from repro.record.run import digest
from repro.record.standing import standing
from repro.record.store import load, path_of, save
from repro.show import readme
from repro.show.claims import SIGNS, in_short

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "docs/findings.md", "docs/reading.md", "docs/running.md")
TOLD = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in PAGES)
CODE = [code for language, code in re.findall(r"^```(\w*)\n(.*?)^```", TOLD, re.M | re.S) if not language]
WHOLE = [line for block in CODE for line in block.replace("\\\n", "").splitlines()]
LINES = [line.split("  #")[0].strip().removeprefix("python3 -m ") for line in WHOLE]
INLINE = [c for c in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", TOLD, flags=re.M | re.S))]
OURS = sorted({c for c in [*LINES, *INLINE] if c.startswith("repro ") and "…" not in c})


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    save_all(tmp_path, "quick", stand_in=True)
    save_all(tmp_path, "cpu")
    return tmp_path


def test_the_generated_parts_are_up_to_date():
    assert readme.update_readme(check=True), "repro report --write"


@pytest.mark.parametrize(("late", "said"), [("F6-4", ""), ("F6-1", " (1 †)")])
def test_only_of_what_is_counted_is_counted_what_is_late(late, said):
    """Of a finding that changed after its record its own line says so, not the count of the paper's claims."""
    exhibit = get("sg/fig6")
    record = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    record.facts["claims"][late] = "0" * 64
    assert in_short(exhibit, record) == f"4 of 4 reproduced{said}"


def test_a_line_an_exhibit_from_its_best_record(recorded):
    lines = readme.readme_block().splitlines()[2:]
    assert len(lines) == len(ids())
    for exhibit_id, line in zip(ids(), lines, strict=True):
        exhibit = get(exhibit_id)
        assert exhibit_id in line and (
            " at cpu" in line or exhibit.kind == "analytic" or "⚪ nothing" in line
        )
        judged = load(recorded, exhibit_id, "cpu").judgements(exhibit)
        holds = sum(j.verdict == "reproduced" and not j.claim.finding for j in judged)
        assert f"{SIGNS['reproduced']} {holds}" in line or not holds


def test_the_headline_is_the_first_claim_that_can_be_computed(recorded):
    exhibit = get("sg/fig6")
    record = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    ours, paper = readme.headline(exhibit, record)
    assert ours == exhibit.claims[0].test(record.view(exhibit)).ours
    assert paper == exhibit.claims[0].paper


def test_without_any_number_the_headline_is_empty():
    exhibit = get("sg/fig6")
    assert readme.headline(exhibit, fake_record(exhibit, "cpu", [])) == ("–", "–")


def test_of_many_values_a_run_none_is_the_headline():
    exhibit = get("meprop/table7")
    rows = [r for r in rows_of(exhibit, "cpu") if r[0] == "k-16"]  # of which no claim says anything by itself
    assert readme.headline(exhibit, fake_record(exhibit, "cpu", rows)) == ("–", "–")


def test_a_stand_in_is_marked():
    exhibit = get("meprop/fig4")
    rows = rows_of(exhibit, "quick")
    assert readme.data_text(fake_record(exhibit, "quick", rows, STAND_IN)) == "digits (STAND-IN)"
    assert readme.data_text(fake_record(exhibit, "quick", rows, DATA)) == "mnist"


def test_a_stale_record_is_no_result(recorded):
    exhibit = get("sg/fig6")
    good = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    spec = {**good.facts["spec"], "params": {**good.facts["spec"]["params"], "steps": 7}}
    save(Record({**good.facts, "spec": spec, "spec_sha256": digest(spec)}, good.rows), recorded)
    with pytest.raises(StaleRecordError, match="steps was 7, is 400"):
        readme.readme_block()


def test_a_claim_that_changed_after_the_record_is_marked(recorded):
    assert "†" not in readme.readme_block()
    exhibit = get("sg/fig6")
    good = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    save(Record({**good.facts, "claims": {**good.facts["claims"], "F6-1": "0" * 64}}, good.rows), recorded)
    lines = readme.readme_block().splitlines()
    assert [("1 †" in line) for line in lines[2:-1]].count(True) == 1
    assert lines[-1].startswith("† judged after the fact")


def test_the_gallery_shows_the_first_five_that_have_a_picture(recorded):
    assert "Pictures appear" in readme.gallery_block()
    for exhibit_id in (*readme.GALLERY[1:], "sg/fig5"):
        path_of(recorded, exhibit_id, "cpu").with_suffix(".svg").write_text("<svg/>", encoding="utf-8")
    shown = re.findall(r'<img src="results/([^"]+)/cpu.svg" alt="([^"]+)">', readme.gallery_block())
    assert [s for s, _ in shown] == list(readme.GALLERY[1:6])
    assert all("reproduced" in alt for _, alt in shown), "what came out"


def test_a_thumbnail_says_what_is_decided_first_and_what_fails_first(recorded):
    for exhibit in all_exhibits():
        record = load(recorded, exhibit.id, "cpu")
        judged = [j for j in record.judgements(exhibit) if not j.claim.finding]
        told = readme.findings(exhibit, standing(exhibit))
        at = "" if exhibit.kind == "analytic" else " at cpu"
        first = next((j for j in judged if j.verdict != "open"), None)
        assert first is None or told[0] == f"{SIGNS[first.verdict]} {first.claim.sentence}{at}"
        failed = [j.claim.text for j in judged if j.verdict == "not reproduced"]
        assert bool(failed) == any(
            x.startswith(f"{SIGNS['not reproduced']} {failed[0]}") and x.endswith(at) for x in told if failed
        )


def test_update_writes_once_and_check_never(recorded, tmp_path):
    path = tmp_path / "README.md"
    text = (
        "a\n<!-- gallery:begin -->\n<!-- gallery:end -->\n<!-- exhibits:begin -->x<!-- exhibits:end -->\nb\n"
    )
    path.write_text(text, encoding="utf-8")
    assert not readme.update_readme(check=True, path=path)
    assert path.read_text(encoding="utf-8") == text
    assert not readme.update_readme(check=False, path=path)
    assert readme.update_readme(check=True, path=path)
    written = path.read_text(encoding="utf-8")
    assert written.startswith("a\n") and written.endswith("\nb\n") and "dni/table2" in written


def test_a_readme_without_the_marks_is_refused(recorded, tmp_path):
    (tmp_path / "README.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(RecordError, match="exhibits:begin"):
        readme.update_readme(check=False, path=tmp_path / "README.md")


@pytest.mark.parametrize("command", OURS)
def test_every_command_of_the_readme_parses(command):
    name, *rest = shlex.split(command)[1:]
    assert name in COMMANDS
    if name not in PASSED_ON and rest != ["--help"]:
        _parser(name).parse_args([name, *rest])


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"\bmake ([a-z-]+)\b", "\n".join([*LINES, *INLINE])))
    assert {"reproduce", "test"} <= named <= targets


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/running.md"])
def test_code_fits_where_it_is_read(name):
    """GitHub cuts longer lines, and the comments at their ends with them."""
    found = re.findall(r"^```\w*\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.M | re.S)
    assert found and max(len(line) for block in found for line in block.splitlines()) < 80


@pytest.mark.parametrize("name", [*PAGES, "docs/results.md", "CONTRIBUTING.md"])
def test_every_relative_link_leads_somewhere(name):
    found = re.findall(r'\]\(([^)\s]+)\)|(?:href|src)="([^"]+)"', (ROOT / name).read_text(encoding="utf-8"))
    links = [a or b for a, b in found if not (a or b).startswith("http")]
    assert links or name not in PAGES[:3]
    assert [x for x in links if not ((ROOT / name).parent / x.partition("#")[0]).exists()] == []


def test_each_tally_leads_to_its_claims():
    anchors = re.findall(r'<a id="([\w-]+)"></a>', (ROOT / "docs" / "results.md").read_text(encoding="utf-8"))
    assert re.findall(r"\(docs/results\.md#([\w-]+)\)", README) == anchors and len(anchors) == len(ids())


def test_every_page_is_named_in_the_readme():
    pages = {p.name for p in (ROOT / "docs").glob("*.md")}
    assert pages == set(re.findall(r"\(docs/(\w+\.md)\)", README))


def test_the_badge_is_named_once():
    assert README.count("Results Replicated") == 1


def test_the_first_screen_holds_what_a_newcomer_asks_for():
    """Name, sentence, pictures, installing, code, the two commands, citing: before the first rule, in that order."""
    first = README.split("\n---\n")[0]
    wanted = (
        "# repro",
        "gallery:begin",
        "**Install**",
        "```python",
        "make reproduce",
        "make test",
        "repro cite",
    )
    places = [first.index(w) for w in wanted]
    assert places == sorted(places)
    assert first.count("<img ") == 5
    assert len(first.splitlines()) <= 70
