"""Documents of one mebibyte that aim at a parser's time or memory."""

from __future__ import annotations

import json

from metadata_samples import LISTING, PAGE, atom, rehash_state, state

from metadata.parse.strict_json import MAX_BYTES

TEXT, SITE = PAGE.read_text(encoding="utf-8"), LISTING.read_text(encoding="utf-8")
LABELS = "Title:x\nAuthors:A B\nAbstract:y\nSubjects:\n"
TITLE = "Decoupled Neural Interfaces using Synthetic Gradients"
HEAD, TAIL = f"{TITLE}\n", "\nAbstract\nx"


def fill(unit: str, head: str = "", tail: str = "") -> bytes:
    return (head + unit * ((MAX_BYTES - len((head + tail).encode())) // len(unit.encode())) + tail).encode()


def record(**changes: object) -> bytes:
    document = state()
    for place, value in changes.items():
        (document["current"] if place in document["current"] else document)[place] = value
    return json.dumps(rehash_state(document), separators=(",", ":")).encode()


def many(place: str, count: int) -> list[object]:
    return [state()["current"][place][0]] * count


def pages() -> dict[str, bytes]:
    before, after = TEXT.split("Abstract:")
    return {
        "page, blank lines under a label": fill("\n", LABELS + "Title:\n"),
        "page, empty titles": fill("Title:\n", LABELS),
        "page, titles": fill("Title:a\n", LABELS),
        "page, abstracts": fill("Abstract:a\n", LABELS),
        "page, blank lines before": fill("\n", "", TEXT),
        "page, blank lines after": fill("\n", TEXT),
        "page, long abstract": fill("word ", before + "Abstract:", "x\n" + after),
        "page, authors": fill("A B, ", LABELS + "Authors:"),
        "page, history": fill("[v1] Wed, 1 Mar 2017 21:41:09 UTC\n", TEXT),
    }


def texts() -> dict[str, bytes]:
    return {
        "text, blank lines": fill("\n", "T\nA\nAbstract\n"),
        "text, long abstract": fill(
            SITE.splitlines()[12] + " ", SITE[: SITE.index("Abstract")] + "Abstract\n"
        ),
        "text, combining marks": fill("\u0315\u0316", "# Decoupled", "\n\nA B\n\n## Abstract\nx"),
        "text, marks in words": fill("\u0315\u0316 ", "# Decoupled\n\nA B\n\n## Abstract\n"),
        "text, letters that grow": fill("\ufdfa ", f"# {TITLE}\n\nA B\n\n## Abstract\n"),
        "text, references": fill("- [1] Adam a method\n", f"# {TITLE}\n\nA B\n\n## References\n"),
        "text, headings": fill("# a\n"),
        "text, abstract headings": fill("Abstract: x\n", "T\nA\n"),
        "text, ids": fill("arXiv:1608.05343v1 ", "T\nA\nAbstract\n"),
        "text, many ids": "".join(
            ["T\nA\nAbstract\n", *(f"arXiv:1608.{i:05}v1\n" for i in range(1, 50_000))]
        ).encode(),
        "text, names, a line each": fill("Max Jaderberg\n", HEAD, TAIL),
        **{
            f"text, a line of {unit!r}": fill(unit, HEAD, TAIL)
            for unit in ("Max Jaderberg, ", "a", "(", "@", "{", "\\'")
        },
        "text, review": fill("review ", "T\nA\nAbstract\n"),
        "text, long title": fill("Decoupled ", "# "),
    }


def structures() -> dict[str, bytes]:
    return {
        **{
            f"JSON of {unit}": fill(unit, '{"state_type":[', unit.strip(",") + "]}")
            for unit in ("[],", "{},", '{"":0},', "[[[[[[]]]]]],", '{"a":{"b":[]}},', "1.5,", '"a",')
        },
        "JSON of keys": ('{"state_type":1,' + ",".join(f'"{i}":0' for i in range(90_000)) + "}").encode(),
        "JSON of escapes": fill("\\u00e9", '{"state_type":"', '"}'),
        "XML of elements": fill("<a/>", '<feed xmlns="http://www.w3.org/2005/Atom">', "</feed>"),
        "XML, deep": fill("<a>"),
        "XML of references": fill(
            "&lt;", '<feed xmlns="http://www.w3.org/2005/Atom"><title>', "</title></feed>"
        ),
        "XML of attributes": ("<feed " + " ".join(f'a{i}="1"' for i in range(80_000)) + "/>").encode(),
        "XML of authors": fill(
            "<author><name>A B</name></author>", atom().decode().split("<author>")[0], "</entry></feed>"
        ),
        "XML or a page": fill("\n", '<?xml version="1.0"?>\nTitle:'),
        "record, aliases": record(source_aliases=many("source_aliases", 9_000)),
        "record, snapshots": record(graph_snapshots=many("graph_snapshots", 350)),
        "record, corrections": record(corrections=[{"target": "x"}] * 40_000),
        "record, event ids": record(applied_event_ids=[f"sha256:{i:064x}" for i in range(13_000)]),
        "record, unknown fields": record(**{str(i): 0 for i in range(80_000)}),
    }


def megabytes() -> dict[str, bytes]:
    found = pages() | texts() | structures()
    assert all(len(data) <= MAX_BYTES for data in found.values())
    return found
