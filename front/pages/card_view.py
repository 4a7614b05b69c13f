"""A row as the review card shows it: fields, candidates, outlines. Pure: a row in, values out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from db.rows import UPLOAD, ReviewState, Row
from front.pages import outlines as marks
from front.pages.outlines import Crop, Mark
from postprocess.evidence import page_from_json
from postprocess.extract import RULES
from postprocess.types import Found, Page, Quad

_NO_PAGE = Page(lines=(), width=0, height=0)
# There are nine number keys; what comes after them is picked with the mouse or typed.
KEYS = 9
# So many numbers that no rule named are offered at most.
OTHERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CardValue:
    """One of the two values. value: what stands in the input at first, empty for nothing.

    state: `sure` (answered), `person` (a person's value), `unsure` (one candidate of a refused
    page), `many` or `none`. count: how many candidates. text, confidence: the line as it was
    read, where one was; crop: its place on the picture.
    """

    name: str
    value: str
    state: str
    count: int = 0
    text: str = ""
    confidence: float | None = None
    label: str = ""
    crop: Crop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What one button puts into the fields. key: the number key, empty beyond nine.

    named: by the rules; the others are merely numbers of the page, for a field without any.
    """

    key: str
    fund_code: str = ""
    hold_share: str = ""
    name: str = ""
    named: bool = True

    @property
    def kind(self) -> str:
        """`holding` fills both fields, `code` or `share` one."""
        if self.fund_code and self.hold_share:
            return "holding"
        return "code" if self.fund_code else "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """A line as it was read; text is empty where only its length is kept."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything the card's template shows of a row. width, height: of the picture as read, 0
    where that is unknown. answer: whether there is one to confirm. doubt: what later rules say
    instead (`Row.doubt`), as long as nobody has judged the row."""

    row: Row
    width: int
    height: int
    fund_code: CardValue
    hold_share: CardValue
    answer: bool
    doubt: dict[str, Any] | None
    candidates: tuple[Candidate, ...]
    marks: tuple[Mark, ...]
    lines: tuple[EvidenceLine, ...]
    checks: dict[str, str]

    @property
    def is_upload(self) -> bool:
        """Whether the picture came with the request: it is kept nowhere."""
        return self.row.url_type == UPLOAD


def card_of(row: Row) -> Card:
    """The card of a row; rows of another origin, without evidence, have one too."""
    page = _page(row)
    answer = row.evidence.get("answer") or {}
    found = _found_again(row, page)
    candidates = answer.get("candidates") or {}
    doubt = row.doubt if row.review_state == ReviewState.OPEN else None
    codes = _with_other(candidates.get("fund_codes") or (), doubt, "fund_code")
    shares = _with_other(candidates.get("hold_shares") or (), doubt, "hold_share")
    code_quads = _quads(codes, found[0], page, answer.get("fund_code"))
    share_quads = _quads(shares, found[1], page, answer.get("hold_share"))
    return Card(
        row=row,
        width=page.width,
        height=page.height,
        fund_code=_field("fund_code", row, codes, code_quads, answer.get("fund_code"), page),
        hold_share=_field("hold_share", row, shares, share_quads, answer.get("hold_share"), page),
        answer=row.answer_flag,
        doubt=doubt,
        candidates=tuple(
            _candidates(candidates.get("holdings") or (), list(code_quads), list(share_quads), page)
        ),
        marks=tuple(_marks(row, code_quads, share_quads, page)),
        lines=tuple(
            EvidenceLine(
                text="" if marks.is_hidden(line) else line.text, confidence=line.confidence
            )
            for line in page.lines
        ),
        checks=dict(answer.get("checks") or {}),
    )


def _with_other(values: Sequence[Any], doubt: dict[str, Any] | None, name: str) -> list[str]:
    """The candidates of one field, and what later rules read in it."""
    other = [doubt[name]] if doubt and doubt[name] else []
    return list(dict.fromkeys([*map(str, values), *other]))


def _page(row: Row) -> Page:
    """The evidence as a page; an empty one where the row has none in our form."""
    try:
        return page_from_json(row.evidence, row.model_version)
    except (KeyError, TypeError, ValueError):
        return _NO_PAGE


def _found_again(row: Row, page: Page) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """Codes and shares with their places, by the rules that read the row: the row keeps the
    places of an answer only, and the same rules find the others again."""
    rules = RULES.get(row.rules_version.partition("@")[0])
    if rules is None or not page.lines:
        return (), ()
    extraction = rules(page)
    return extraction.fund_codes, extraction.hold_shares


def _quads(
    values: list[str], found: tuple[Found, ...], page: Page, single: dict[str, Any] | None
) -> dict[str, Quad | None]:
    """Each candidate value in order, with its place on the page where that is known."""
    again = {one.value: one.quad for one in reversed(found)}
    quads: dict[str, Quad | None] = {}
    for value in values:
        line = None if value in again else marks.line_of(page, value)
        quads[value] = again.get(value) or (line.quad if line else None)
    if len(values) == 1 and single and single.get("box"):
        a, b, c, d = ((float(x), float(y)) for x, y in single["box"])
        quads[values[0]] = (a, b, c, d)
    return quads


def _field(
    name: str,
    row: Row,
    values: list[str],
    quads: dict[str, Quad | None],
    single: dict[str, Any] | None,
    page: Page,
) -> CardValue:
    read = row.ocr_fund_code if name == "fund_code" else row.ocr_hold_share
    person = row.update_fund_code if name == "fund_code" else row.update_hold_share
    if row.review_state == ReviewState.CORRECTED:
        value, state = person, "person"
    elif row.flag:
        value, state = read, "sure"
    elif len(quads) == 1:
        value, state = next(iter(quads)), "unsure"
    else:
        value, state = "", "many" if quads else "none"
    quad = quads.get(value) or (next(iter(quads.values())) if len(quads) == 1 else None)
    if quad is None and value and (line := marks.line_of(page, value)):
        quad = line.quad
    return CardValue(
        name=name,
        value=value,
        state=state,
        count=len(quads),
        text=str((single or {}).get("text") or ""),
        confidence=(single or {}).get("confidence"),
        label=str((single or {}).get("label") or ""),
        crop=marks.crop(quad, page) if quad else None,
    )


def _candidates(
    holdings: Any,  # noqa: ANN401 — JSON of the row
    codes: list[str],
    shares: list[str],
    page: Page,
) -> Iterator[Candidate]:
    """Whole holdings first: one key fills both fields; last, what else the page shows."""
    whole = [
        (str(one["fund_code"]), str(one["hold_share"]), str(one.get("name") or ""))
        for one in holdings
        if one.get("fund_code") and one.get("hold_share")
    ]
    paired = {value for code, share, _ in whole for value in (code, share)}
    named = [
        *whole,
        *((code, "", "") for code in codes if code not in paired),
        *(("", share, "") for share in shares if share not in paired),
    ]
    others = {
        (mark.fund_code, mark.hold_share, ""): None
        for mark in marks.numbers(page)
        if (mark.fund_code and not codes) or (mark.hold_share and not shares)
    }
    for number, values in enumerate([*named, *list(others)[:OTHERS]], start=1):
        code, share, name = values
        yield Candidate(
            key=str(number) if number <= KEYS else "",
            fund_code=code,
            hold_share=share,
            name=name,
            named=number <= len(named),
        )


def _marks(
    row: Row, code_quads: dict[str, Quad | None], share_quads: dict[str, Quad | None], page: Page
) -> Iterator[Mark]:
    """Numbers to click lie on top of the outlines, so they come last; of equal numbers first the
    one that decided."""
    deciding = [quad for quad in (*code_quads.values(), *share_quads.values()) if quad]
    for quad in code_quads.values():
        if quad:
            yield marks.outline("code", quad)
    for quad in share_quads.values():
        if quad:
            yield marks.outline("share", quad)
            line = marks.label_line(page, row.label, quad) if row.label else None
            if line is not None and line.quad != quad:
                yield marks.outline("label", line.quad)
    yield from marks.numbers(page, first=deciding)
