"""What a document claims to be, in one form for all kinds, and how each part of it compares with a pin."""

import difflib
import re
from typing import Literal

from metadata.kinds import ArxivPaper, Corpus, Document, PaperText, PithRecord
from metadata.parse.ids import parse_arxiv
from metadata.parse.names import NEUTRAL, Byline
from metadata.parse.strict_json import text_sha256
from metadata.parse.text import LOOKALIKES, collapse, common, fold, squash
from metadata.pins import Pin

NEAR_TITLE = 0.85  # similarity (0 to 1) from which a title is near; that of unrelated papers is below 0.75
MIN_WORDS, MIN_LETTERS = 30, 150  # of an abstract; a shorter quotation shows nothing
ALTERED = 0.2  # share of four-word sequences from which a text is an altered copy; unrelated ones have 0
_LONGEST = 6000  # characters of an abstract that are compared; no true one has half
_NAME = re.compile(r"[^\W\d_][\w'’.-]*")
# Words of lines that name no author: what a document is, where it stands, who published it, and places.
_NO_NAMES = NEUTRAL | frozenset(
    "anonymous under review published publication conference workshop paper papers preprint draft proceedings "
    "supplementary supplement material materials information appendix note notes reading group club journal "
    "article original accepted manuscript submitted submission version final camera ready full text short "
    "long extended abstract summary digest report reports technical tech memo poster oral presentation "
    "session talk invited keynote speech lecture course seminar student master bachelor doctoral thesis "
    "dissertation book chapter series volume track main challenge reproducibility implementation source code "
    "open access internal use only do not distribute all rights reserved copyright notice creative commons "
    "license press editorial letter communications transactions magazine library archive repository dataset "
    "benchmark tutorial homework assignment project exam slides page list table figure contents index "
    "introduction related translation translated annotated copy team committee society association foundation "
    "academy academia polytechnic hospital company corporation meeting deep learning machine neural networks "
    "network computation vision language natural processing statistics mathematics physics biology theory "
    "methods systems data robotics nature optimization gradients icml iclr nips neurips cvpr acl aaai ijcai "
    "jmlr pmlr arxiv acm springer elsevier wiley mit eth cmu epfl stanford princeton harvard oxford cambridge "
    "yale berkeley carnegie mellon georgia imperial max planck inria cnrs facebook microsoft openai amazon "
    "apple ibm nvidia baidu tencent alibaba huawei meta brain alphabet mila vector hugging face semantic "
    "scholar wikipedia github hacker news blog post weekly daily monthly week day monday tuesday wednesday "
    "thursday friday saturday sunday morning january february march april may june july august september "
    "october november december spring summer autumn fall winter from with about after new york san francisco "
    "los angeles mountain view hong kong states city north south east west europe america asia africa canada "
    "france germany italy spain japan korea india russia brazil australia switzerland netherlands sweden "
    "israel singapore paris berlin munich zurich tokyo seoul shanghai shenzhen montreal toronto sydney boston "
    "seattle california quebec ontario".split()
)

Title = Literal["same", "imitated", "contains", "near", "other"]
Text = Literal["same", "short", "extended", "altered", "other"]


def claim_of(document: Document) -> PaperText:
    """Return what `document` claims about itself."""
    content = document.content
    if isinstance(content, PaperText):
        return content
    own = (str(content.arxiv),)
    if isinstance(content, ArxivPaper):
        return PaperText((content.title, "; ".join(content.authors)), own, content.abstract, formal=True)
    papers = [snapshot["paper"] for snapshot in content.snapshots[-1:]]
    head = tuple(text for p in papers for text in (collapse(p["title"]), p["authors_text"]))
    return PaperText(head, own, papers[0]["abstract_excerpt"] if papers else "", formal=True)


def compare_title(claim: PaperText, title: str) -> tuple[Title, str]:
    """Return how the title compares with `title`, and one sentence on it."""
    if claim.after(title)[0]:
        return "same", f"the title is {title!r}"
    got = claim.head[0][:600] if claim.head else ""
    ours, true = fold(got), fold(title)
    if ours.translate(LOOKALIKES) == true:
        return "imitated", f"the title imitates {title!r} with letters of other alphabets"
    if f" {true} " in f" {ours} ":
        return "contains", f"the title speaks of {title!r}, but says more: {got!r}"
    near = difflib.SequenceMatcher(None, ours, true, autojunk=False).ratio()
    return "near" if near >= NEAR_TITLE else "other", f"the title is {near:.0%} like {title!r}: {got!r}"


def compare_abstract(
    abstract: str, signed: str | None, texts: list[tuple[str, str, bool]]
) -> tuple[Text, str]:
    """Return how `abstract` compares with the signed hash and known `texts` (source, text, all of it?), and why."""
    if signed and text_sha256(abstract) == signed:
        return "same", "the abstract has the hash that the registry signed"
    abstract = abstract[:_LONGEST]
    count, ours = len(fold(abstract).split()), squash(abstract)
    if count < MIN_WORDS or len(ours) < MIN_LETTERS or not texts:
        why = "too few to tell" if texts else "and no text of it is at hand"
        return "short", f"the document shows {count} words of an abstract, {why}"
    for name, text, whole in texts:
        true = squash(text)
        if true.startswith(ours):
            part = "the abstract" if whole and ours == true else "a beginning"
            return "same", f"its {count} words are {part} as in {name}"
        if ours.startswith(true):
            why = "and then says more" if whole else "; the rest cannot be compared"
            return "extended", f"the abstract begins as in {name} {why}"
    share = max(common(abstract, text) for _, text, _ in texts)
    if share >= ALTERED:
        return "altered", f"{share:.0%} of the abstract's word sequences are the paper's, the rest is not"
    return "other", "another text, a paraphrase or a translation: no word sequences are the paper's"


def known_texts(corpus: Corpus, pin: Pin, document: Document) -> list[tuple[str, str, bool]]:
    """Return the texts of the pinned version's abstract that `corpus` shows: source, text, whether it is all."""
    arxiv = parse_arxiv(pin.arxiv)
    texts = [(d, paper.abstract, True) for d, paper in corpus.of(ArxivPaper, arxiv)]
    for d, record in corpus.of(PithRecord, arxiv):
        texts += [(d, s["paper"]["abstract_excerpt"], False) for s in record.snapshots]
    texts += [(d, page.abstract, False) for d, page in corpus.texts(pin.title, pin.authors)]
    names = {document.sha256: "this very document, which is committed"}
    return [(names.get(d.sha256, d.name), text, whole) for d, text, whole in texts if text]


def other_people(byline: str, line: Byline) -> list[str]:
    """Return the people in a byline; none at all if one may be an author, or if a part of it may be no name."""
    names = {word for author in line.authors for word in fold(author).split() if len(word) > 2}
    damaged = (difflib.get_close_matches(fold(word), names, 1, 0.75) for word in line.foreign[:200])
    if line.found or line.open or any(damaged):  # the letters, perhaps
        return []
    plain = re.sub(r"\S{0,99}@\S{1,99}|[\d*†‡§¶∗]", " ", byline[:2000])
    parts = [part.split() for part in re.split(r"[,;&\n]| and ", plain) if part.strip()]
    return [" ".join(part) for part in parts] if all(map(_is_name, parts)) else []


def _is_name(words: list[str]) -> bool:
    spelled = all(_NAME.fullmatch(w) and w[0].isupper() and fold(w).isascii() for w in words)
    fits = spelled and 2 <= len(words) <= 4 and any(len(w) > 2 for w in words)
    return fits and not _NO_NAMES & set(map(fold, words))
