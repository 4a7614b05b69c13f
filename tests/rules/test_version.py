"""An answer that changes needs a new version of the rules; a move of code does not."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from evals.accuracy.pages import HANDED, page_from
from postprocess import labels
from postprocess.grammar import WORDS
from postprocess.layout import VERSION, extract
from postprocess.types import Page
from tests.rules.drawn_screens import screens
from tests.rules.layout_pages import cases, page_of

DESCRIBED = ("pages", "pages_of_another_hand", "pages_of_a_third_hand", "code_notations")
RECORDED = Path(__file__).with_name("answers_of_versions.json")
"""Version → digest of what it says of all pages of tests/rules.

`python -m tests.rules.test_version` adds the version of today and changes no line that is there.
"""
RECORDED_WORDS = RECORDED.with_name("words_of_versions.json")
LISTS = (
    "NAV",
    "COST",
    "AMOUNT",
    "AMOUNT_WITH_UNIT",
    "CODE",
    "FIELD_ENDINGS",
    "CASH",
    "CASH_LABELS",
)


def pages() -> Iterator[Page]:
    for name in ("layout_cases", "code_cases", "share_cases"):
        for case in cases(f"{name}.jsonl"):
            if "lines" in case:
                yield page_of(case["lines"])
    for name in DESCRIBED:
        for text in (HANDED / f"{name}.jsonl").read_text("utf-8").splitlines():
            yield page_from(json.loads(text))
    for screen in screens():
        yield screen.page()


def digest() -> str:
    told = hashlib.sha256()
    for page in pages():
        found = extract(page)
        code, share = found.fund_code, found.hold_share
        said = (found.reason, code and code.value, share and share.value, found.checks)
        told.update(repr(said).encode())
    return told.hexdigest()


def words() -> str:
    """A digest of the words that labels are made of: a new one changes answers on pages that nobody
    here has drawn."""
    lists = {part.name: sorted(text.split()) for part, text in WORDS.items()}
    lists |= {name: sorted(getattr(labels, name)) for name in LISTS}
    return hashlib.sha256(json.dumps(lists, ensure_ascii=False).encode()).hexdigest()


def test_answers_are_those_of_the_version() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))
    assert recorded.get(VERSION) == digest(), "other answers: give the rules a new version"


def test_words_of_labels_are_those_of_the_version() -> None:
    recorded = json.loads(RECORDED_WORDS.read_text("utf-8"))
    assert recorded.get(VERSION) == words(), "other words: give the rules a new version"


def record(file: Path, told: str) -> None:
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    known.setdefault(VERSION, told)
    file.write_text(json.dumps(known, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    record(RECORDED, digest())
    record(RECORDED_WORDS, words())
