"""Interprets one line of a list of corrections: new values, or nothing new. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from cli.correction_list import BadCell, Line
from db.rows import HistoryLine, ReviewState, Row
from pipeline.errors import ServiceError, WrongType
from pipeline.parse import plain_share

_JUDGED = (ReviewState.CORRECTED, ReviewState.CONFIRMED)
# What history keeps of a row in the form that the row has it in.
_KEPT = (
    *("review_state", "dismissal", "update_fund_code", "update_hold_share", "ocr_fund_code"),
    *("ocr_hold_share", "flag", "reason", "label", "model_version", "rules_version"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Both empty: no answer."""

    fund_code: str
    hold_share: str

    def is_same(self, other: "Values") -> bool:
        """Whether both say the same, however a spreadsheet has written it down again."""
        return is_same_code(self.fund_code, other.fund_code) and is_same_share(
            self.hold_share, other.hold_share
        )


def answer_of(row: Row) -> Values:
    """What an export tells of the row in `fund_code` and `hold_share`."""
    if not row.answer_flag:
        return Values(fund_code="", hold_share="")
    return Values(fund_code=row.answer_fund_code, hold_share=row.answer_hold_share)


def version_of(line: Line) -> int | None:
    """The version of the row that the line was written from; None where it does not tell.
    WrongType, BadCell."""
    text = line.text("row_version")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise WrongType("row_version must be a whole number from 1.")
    return int(text)


def says_nothing_new(line: Line, values: Values, version: int | None, row: Row) -> bool:
    """Whether nobody has touched the line since it was exported, or a person has said the same of
    the row before. (In a list without versions each value was typed by a person.) A note is new.

    version: that of the row, or None.
    """
    if line.text("note") or not values.is_same(answer_of(row)):
        return False
    given = Values(
        fund_code=line.text("update_fund_code"), hold_share=line.text("update_hold_share")
    )
    is_untouched = version is not None and given.is_same(_persons(row))
    return is_untouched or row.review_state in _JUDGED


def as_it_was(row: Row, history: Iterable[HistoryLine], version: int) -> Row | None:
    """The row as an export of an earlier version of it told of it; None where its history does not
    know that version."""
    for line in history:
        for kept in (line.before, line.after):
            if kept is not None and kept.get("row_version") == version:
                values = {name: kept[name] for name in _KEPT if name in kept}
                return replace(row, row_version=version, **values)
    return None


def is_untouched(line: Line, was: Row) -> bool:
    """Whether the line says nothing but what an export of this version of its row said."""
    try:
        return says_nothing_new(line, values_of(line, was), was.row_version, was)
    except BadCell:
        return False


def says_what_a_person_said(line: Line, row: Row) -> bool:
    """The same of a line that was written from another version of the row."""
    codes, shares = (
        (line.text(name), line.text(f"update_{name}")) for name in ("fund_code", "hold_share")
    )
    # Whichever pair of columns somebody has mended.
    shown = Values(fund_code=codes[0] or codes[1], hold_share=shares[0] or shares[1])
    persons = Values(fund_code=codes[1] or codes[0], hold_share=shares[1] or shares[0])
    return row.review_state in _JUDGED and any(
        values.is_same(answer_of(row)) for values in (shown, persons)
    )


def values_of(line: Line, row: Row | None) -> Values:
    """The values that the line gives.

    An export has them twice, as the row's answer (`fund_code`) and as the person's
    (`update_fund_code`): the ones that were changed count. row: as the line was exported, None
    where that is not known. BadCell where both are given, and differ.
    """
    if row is None:
        shown = Values(fund_code="", hold_share="")
        persons = shown
    else:
        shown = answer_of(row)
        persons = _persons(row)
    return Values(
        fund_code=_value(line, "fund_code", shown.fund_code, persons.fund_code),
        hold_share=_value(line, "hold_share", shown.hold_share, persons.hold_share),
    )


def _persons(row: Row) -> Values:
    """What an export tells in `update_fund_code` and `update_hold_share`."""
    return Values(fund_code=row.update_fund_code, hold_share=row.update_hold_share)


def _value(line: Line, name: str, shown: str, persons: str) -> str:
    is_same = is_same_code if name == "fund_code" else is_same_share
    answer, update = line.text(name), line.text(f"update_{name}")
    if name not in line.cells:
        return update
    if not update or is_same(update, persons) or is_same(update, answer):
        return answer
    if answer and not is_same(answer, shown):
        raise BadCell(f"{name} and update_{name} say different things.")
    return update


def is_same_code(code: str, other: str) -> bool:
    """Whether a cell says the code that `other` is."""
    # Spreadsheets take the zeros from codes that they take for numbers.
    return code == other or (code.isdecimal() and code.zfill(6) == other)


def is_same_share(share: str, other: str) -> bool:
    """Whether both are the same number, or the same text where one is none."""
    if share == other:
        return True
    try:
        return Decimal(plain_share(share)) == Decimal(plain_share(other))
    except ServiceError:
        return False
