"""Texts about the pinned papers, true and false, in many forms: what `identify` is asked about in the tests."""

from __future__ import annotations

from metadata_samples import LISTING, PAGE, SG, state

from metadata import load_pins
from metadata.kinds import arxiv, paper
from metadata.parse.names import family_and_given

PINS = {p.short: p for p in load_pins().values()}
_MEPROP = SG.parent / "pith-1706.06197v5.state.json"
_GRAPH = state(_MEPROP)["current"]["graph_snapshots"][0]["payload"]["graph_snapshot"]
ABSTRACTS = {
    "dni": paper.parse(LISTING.read_bytes()).abstract,
    "sg": arxiv.parse_page(PAGE.read_bytes()).abstract,
    "meprop": _GRAPH["paper"]["abstract_excerpt"].rpartition(" ")[0],
}
GERMAN = (
    "Das Training gerichteter neuronaler Netze verlangt in der Regel, Daten vorwärts durch einen "
    "Rechengraphen zu leiten und danach ein Fehlersignal zurück, um die Gewichte anzupassen. Alle "
    "Schichten sind daher in dem Sinne gesperrt, dass sie auf den Rest des Netzes warten müssen. In "
    "dieser Arbeit wird diese Beschränkung aufgehoben, indem Module durch Modelle des künftigen Verlaufs "
    "voneinander entkoppelt werden."
)
PARAPHRASE = (
    "Weights in a net are usually changed only once a signal has travelled all the way to the loss and "
    "back again. This makes every part wait for every other one. We remove the wait: small learned "
    "predictors guess what the returning signal will be, from nothing but what is at hand locally, so "
    "that each part can be trained whenever it likes."
)


def bylines(short: str) -> dict[str, tuple[str, bool]]:
    """True bylines of a paper by what is done to them; whether they name all authors, and nobody else."""
    names = list(PINS[short].authors)
    split = [family_and_given(n) for n in names]
    initials = [f"{'. '.join(w[0] for w in g.split())}. {f}" for f, g in split]
    return {
        "as it is": (", ".join(names), True),
        "and": (" and ".join(names), True),
        "initials": (", ".join(initials), True),
        "tight initials": (", ".join(i.replace(". ", ".", i.count(". ") - 1) for i in initials), True),
        "BibTeX": (" and ".join(f"{f}, {g}" for f, g in split), True),
        "family first": ("; ".join(f"{f}, {g}" for f, g in split), True),
        "family first, no comma": (", ".join(f"{f} {g}" for f, g in split), True),
        "Vancouver": (", ".join(f"{f} {''.join(w[0] for w in g.split())}" for f, g in split), True),
        "families": (", ".join(f for f, _ in split), True),
        "ideographic comma": ("、".join(names), True),
        "middle dots": (" · ".join(names), True),
        "capitals": (", ".join(names).upper(), True),
        "one a line": ("\n".join(names), True),
        "numbers": (" ".join(f"{n} 1 2" for n in names), True),
        "superscripts": (", ".join(f"{n}¹*" for n in names), True),
        "affiliations": (", ".join(f"{n} (Some Lab, 1 and 2)" for n in names), True),
        "at work": ("\n".join([", ".join(names), "Google DeepMind, London, UK"]), True),
        "mails": ("\n".join([", ".join(names), "{a,b,c}@example.org"]), True),
        "reversed": (", ".join(reversed(names)), True),
        "no accents": (", ".join(names).replace("Ś", "S"), True),
        "LaTeX": (", ".join(names).replace("Ś", r"{\'S}"), True),
        "split by a comma": (", ".join(names).replace("Oriol Vinyals", "Oriol, Vinyals"), True),
        "et al.": (f"{names[0]} et al.", False),
        "and others": (f"{split[0][0]}, {split[0][1]} and others", False),
        "one left out": (", ".join(names[:-2] + names[-1:]), False),
        "damaged letters": (", ".join(names).replace("a", "o"), False),
        "other letters": ("马克斯 等", False),
        "anonymous": ("Anonymous Authors", False),
        "a place": ("Google DeepMind", False),
        "with a town": ("\n".join([", ".join(names), "Springfield Polytechnic, Ruritania"]), False),
    }


def manuscript(title: str, byline: str, abstract: str = "", head: str = "", rest: str = "") -> str:
    return (
        f"# {title}\n\n{byline}\n\n{head}\n\n## Abstract\n\n{abstract}\n\n## 1. Introduction\n\nNets.\n{rest}"
    )


def listing(title: str, byline: str, abstract: str = "", head: str = "", rest: str = "") -> str:
    return f"{title}\n{byline}\n{head}\nTL;DR\nIn short.\nAbstract\n{abstract}\nTaxonomy\nNets\n{rest}"


def first_page(title: str, byline: str, abstract: str = "", head: str = "", rest: str = "") -> str:
    """What a PDF's first page gives: lines broken anywhere, words hyphenated, the stamp on top."""
    words = title.split()
    broken = " ".join(words[: len(words) // 2]) + "\n" + " ".join(words[len(words) // 2 :])
    lines, text = [], abstract
    while len(text) > 60:
        cut = 57 if text[55:59].isalpha() else 60
        lines.append(text[:cut] + "-" * (cut == 57))
        text = text[cut:]
    body = "\n".join([*lines, text])
    return f"{head}\n{broken}\n{byline}\nAbstract\n{body}\n1. Introduction\nNets.\n{rest}"


FORMS = (manuscript, listing, first_page)
