"""What a row keeps of a page: enough to decide again, little that is personal.

Kept whole: lines with a digit, a label word or a fund's name, words that tell what kind of page it
is or that a code is another fund's, and what stands in a number's place (`****`, `--`). Of all
others only quad and length.
Numbers of cards and their tails, of phones and orders, and names are masked. Should the rules
decide otherwise on what is kept than on what was read, the lines that make the difference are kept
as read: the same rules applied to stored evidence give the stored answer again, for every row.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from postprocess.fund_code import NO_CODE_WORDS
from postprocess.kinds import WORDS as KIND_WORDS
from postprocess.labels import LABEL_WORDS, Role
from postprocess.masking import mask
from postprocess.others import OTHERS_WORDS
from postprocess.segments import segments
from postprocess.types import Extraction, Line, Page, Quad

_FUND_WORDS = (
    *("基金", "混合", "股票", "债券", "债", "指数", "联接", "货币", "增强", "量化", "优选", "精选"),
    *("成长", "价值", "灵活", "配置", "ETF", "LOF", "QDII", "FOF", "REIT"),
)
_TELLING = re.compile(
    "[0-9]|" + "|".join((*LABEL_WORDS, *_FUND_WORDS, *KIND_WORDS, *OTHERS_WORDS, *NO_CODE_WORDS))
)
HIDDEN = "□"
"""What stands for each character of a line whose text is not kept."""
VERSION = 2
"""Of what is kept. 1, which says so by having none, kept no words that only tell what kind of page
it is, or that a code is another fund's: rules that go by them may refuse on it, but not answer."""
_MOST_ALONE = 2
"""How many lines that are shown alone are looked for before all from one of them on are shown."""


def redact(page: Page, rules: Callable[[Page], Extraction]) -> tuple[Page, Extraction]:
    """The page as it is kept, and what `rules` say of just that page.

    The rules run twice where masking changes nothing, which is nearly always; else at most twice
    for each doubling of the number of lines, and once or twice more.
    """
    page = rounded(page)
    as_read = rules(page)
    wanted = _decision(as_read)
    kept = [_kept(line) for line in page.lines]
    changed = [index for index, line in enumerate(page.lines) if kept[index] != line]

    def with_shown(shown: list[int]) -> Page:
        lines = list(kept)
        for index in shown:
            lines[index] = page.lines[index]
        return replace(page, lines=tuple(lines))

    if len(changed) == 0:
        return page, as_read
    settled = with_shown([])
    if _decision(extraction := rules(settled)) == wanted:
        return settled, extraction
    alone: list[int] = []
    for _ in range(_MOST_ALONE):
        # As few lines from the page's end as give the decision: the topmost makes the difference.
        few, many = 0, len(changed)
        settled, extraction = page, as_read
        while few < many:
            middle = (few + many) // 2
            tried = with_shown([*alone, *changed[len(changed) - middle :]])
            if _decision(found := rules(tried)) == wanted:
                many, settled, extraction = middle, tried, found
            else:
                few = middle + 1
        alone.append(changed[len(changed) - many])
        # Those below it perhaps make none.
        tried = with_shown(alone)
        if _decision(found := rules(tried)) == wanted:
            return tried, found
    return settled, extraction


def rounded(page: Page) -> Page:
    """The page with places and confidences as they are kept."""
    return replace(page, lines=tuple(_rounded(line) for line in page.lines))


def page_to_json(page: Page) -> dict[str, Any]:
    """A settled page as the `evidence` column holds it."""
    kept = {
        "version": VERSION,
        "width": page.width,
        "height": page.height,
        "lines": [_line_to_json(line) for line in page.lines],
    }
    if page.turned:
        kept["turned"] = page.turned
    if page.on_its_side:
        kept["on_its_side"] = True
    return kept


def page_from_json(evidence: dict[str, Any], model_version: str = "") -> Page:
    """The settled page again; hidden lines come back as a row of boxes of their length."""
    return Page(
        lines=tuple(_line_from_json(line) for line in evidence["lines"]),
        width=evidence["width"],
        height=evidence["height"],
        model_version=model_version,
        turned=evidence.get("turned", 0),
        on_its_side=evidence.get("on_its_side", False),
    )


def _decision(found: Extraction) -> tuple[object, ...]:
    """What must stay equal: everything but the surrounding text of a line."""
    return (
        found.reason,
        [(code.value, code.quad) for code in found.fund_codes],
        [(share.value, share.label, share.quad) for share in found.hold_shares],
        found.holdings,
        found.kind,
        found.checks,
    )


def _kept(line: Line) -> Line:
    if not _matters(line.text):
        return replace(
            line, text=HIDDEN * len(line.text), confidence=0.0, characters=(), second=None
        )
    second = None if line.second is None else mask(line.second)
    return replace(line, text=mask(line.text), second=second)


def _matters(text: str) -> bool:
    return (
        _TELLING.search(text) is not None
        or any(character.isdigit() for character in text)  # １ and ① as well
        or any(part.number or part.role is not Role.TEXT for part in segments(text))
    )


def _rounded(line: Line) -> Line:
    a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in line.quad)
    quad: Quad = (a, b, c, d)
    characters = tuple(round(float(one), 2) for one in line.characters)
    return replace(
        line, confidence=round(float(line.confidence), 4), quad=quad, characters=characters
    )


def _line_to_json(line: Line) -> dict[str, Any]:
    quad = [list(point) for point in line.quad]
    if line.text and not line.text.strip(HIDDEN):
        return {"length": len(line.text), "quad": quad}
    kept = {"text": line.text, "confidence": line.confidence, "quad": quad}
    if line.characters:
        kept["characters"] = list(line.characters)
    if line.second is not None:
        kept["second"] = line.second
    if line.covered:
        kept["covered"] = True
    return kept


def _line_from_json(line: dict[str, Any]) -> Line:
    a, b, c, d = ((x, y) for x, y in line["quad"])
    quad: Quad = (a, b, c, d)
    if "length" in line:
        return Line(text=HIDDEN * line["length"], confidence=0.0, quad=quad)
    return Line(
        text=line["text"],
        confidence=line["confidence"],
        quad=quad,
        characters=tuple(line.get("characters", ())),
        second=line.get("second"),
        covered=line.get("covered", False),
    )
