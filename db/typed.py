"""From the text that rules or a person gave to the value of a typed column: exact, or None."""

import re
from decimal import Decimal

from db.column_types import DIGITS_AFTER_POINT, DIGITS_BEFORE_POINT

_FUND_CODE = re.compile(r"[0-9]{6}")
_HOLD_SHARE = re.compile(rf"[0-9]{{1,{DIGITS_BEFORE_POINT}}}(?:\.[0-9]{{1,{DIGITS_AFTER_POINT}}})?")


def fund_code(text: str) -> str | None:
    """The code if it is six ASCII digits; None for anything else, full-width digits too."""
    return text if _FUND_CODE.fullmatch(text) else None


def hold_share(text: str) -> Decimal | None:
    """The number if it is a plain decimal without sign, separators or exponent, of at most 16
    digits before the point and 4 after it; None for anything else. Never rounded.
    """
    return Decimal(text) if _HOLD_SHARE.fullmatch(text) else None
