"""Which lines of a page a light recogniser may not have read alone: docs/adr/0043."""

import re
from collections.abc import Callable, Container
from math import hypot

from postprocess.chrome import is_clock, status_bar
from postprocess.claims import AVAILABLE
from postprocess.labels import Role, role_of
from postprocess.normalize import has_traditional
from postprocess.numbers import Number
from postprocess.segments import segments
from postprocess.types import Extraction, Line, Page, Reason

SURE = 0.9
"""Probability of each character of a line that the light recogniser may read alone. Of its lines
that are so sure hardly one is read otherwise by the other recogniser."""

_OF_SHARES = frozenset(
    {
        *(Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.LATER, Role.DOUBTFUL),
        *(Role.HELD, Role.HELD_IF_SHARES, Role.FROZEN),
    }
)
_OF_NUMBERS = frozenset(
    {
        *(Reason.MANY_SHARES, Reason.AMBIGUOUS_NUMBER, Reason.CHECK_DISAGREES),
        *(Reason.CODE_NOT_LISTED, Reason.CODE_NAME_DISAGREE, Reason.LOW_CONFIDENCE),
    }
)
"""Reasons that one misread number may be the cause of."""
_DIGITS = 5
"""Of a line that may hold a code, one of whose digits was taken for something else."""
_LIKE_A_DIGIT = frozenset("OoQDIl|SBZ")
_AS_WIDE_AS_HIGH = 1.5
_QUESTIONS = frozenset("?？")
_MARKS = _QUESTIONS | frozenset(" ()（）[]【】<>《》:：")
"""Signs that take nothing from an answer, narrow or wide, there or not. Two texts that were read as
one for want of a space may be why a page would be refused."""
_NO_SHARE = re.compile(
    r"[+-]?[0-9.,]*[0-9][0-9.,]*%|[+-][0-9.,]*[0-9][0-9.,]*"
    r"|20[0-9]{2}-[01][0-9]-[0-3][0-9](?: ?[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?)?"
)
"""A rate, a change or a day: whatever its digits are, it is no share and no code."""
_OF_NO_SHARE = _MARKS | frozenset("0123456789.,")
"""What may be unsure of it; its sign may not."""


def doubtful_lines(page: Page, rules: Callable[[Page], Extraction]) -> list[Line]:
    """What must be read once more before the page is answered, or refused.

    Each line that is not read surely, but for rates, days and a phone's status bar, whose digits
    decide nothing, and all that may be labels of shares. Where the page would be
    answered: the lines of code and share, and where that share is only held all that may be numbers
    of shares. Where a misread number may be why it would be refused: all numbers, or all that may
    be a code. Of a page in traditional characters, many of which a light recogniser does not know:
    all lines.
    """
    if any(has_traditional(line.text) for line in page.lines):
        return list(page.lines)
    found = rules(page)
    deciding = {
        line for one in (found.fund_code, found.hold_share) if one is not None for line in one.lines
    }
    of_shares = {line for line in page.lines if _is_of_shares(line)}
    no_part = {line for line in status_bar(page, list(page.lines)) if not is_clock(line)}
    but_for = _MARKS if found.reason is None else _QUESTIONS
    is_without_code = found.reason is Reason.NO_CODE and bool(of_shares)
    has_doubt = _number_in_doubt(found, has_label=bool(of_shares))

    def may_be_wrong(line: Line) -> bool:
        if is_without_code and sum(map(str.isdigit, line.text)) >= _DIGITS:
            return True
        return any(has_doubt(part.number) for part in segments(line.text) if part.number)

    return [
        line
        for line in page.lines
        if line in deciding
        or line in of_shares
        or (line not in no_part and _is_unsure(line, but_for))
        or (may_be_wrong(line) and not _NO_SHARE.fullmatch(line.text))
    ]


def _number_in_doubt(found: Extraction, *, has_label: bool) -> Callable[[Number], bool]:
    """Which numbers of the page are in doubt. has_label: whether it has a label of shares."""
    if found.hold_share is not None:
        # Of what is called available no other number can be more of it; what is held may be.
        is_available = role_of(found.hold_share.label or "") in AVAILABLE
        return lambda number: number.share and not is_available
    is_lost = found.reason is Reason.NO_SHARE and has_label and bool(found.fund_codes)
    return lambda _: is_lost or found.reason in _OF_NUMBERS


def _is_unsure(line: Line, but_for: Container[str]) -> bool:
    """but_for: characters that may be unsure."""
    if len(line.characters) != len(line.text):
        return True
    if _is_icon(line):
        return False
    if _NO_SHARE.fullmatch(line.text):
        but_for = _OF_NO_SHARE
    pairs = zip(line.text, line.characters, strict=True)
    return any(sure < SURE for character, sure in pairs if character not in but_for)


def _is_icon(line: Line) -> bool:
    """A chevron, a tick or an arrow, which no two recognisers take for the same."""
    if len(line.text) != 1 or line.text.isdigit() or line.text in _LIKE_A_DIGIT:
        return False
    (x0, y0), (x1, y1), _, (x3, y3) = line.quad
    return hypot(x1 - x0, y1 - y0) <= _AS_WIDE_AS_HIGH * hypot(x3 - x0, y3 - y0)


def _is_of_shares(line: Line) -> bool:
    return any(part.role in _OF_SHARES for part in segments(line.text))
