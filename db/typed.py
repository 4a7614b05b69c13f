"""From the texts of a reading or of a person to the values of typed columns."""

import re
from decimal import Decimal
from urllib.parse import urlsplit

from db.column_types import DIGITS_AFTER_POINT, DIGITS_BEFORE_POINT

_FUND_CODE = re.compile(r"[0-9]{6}")
_WITH_COMMAS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,4})?")
_HOLD_SHARE = re.compile(rf"[0-9]{{1,{DIGITS_BEFORE_POINT}}}(?:\.[0-9]{{1,{DIGITS_AFTER_POINT}}})?")


def fund_code(text: str) -> str | None:
    """The code if it is six ASCII digits; None for anything else, full-width digits too."""
    return text if _FUND_CODE.fullmatch(text) else None


def hold_share(text: str) -> Decimal | None:
    """The number if it is a plain decimal without sign, separators or exponent, of at most 16
    digits before the point and 4 after it; None for anything else. Never rounded.
    """
    return Decimal(text) if _HOLD_SHARE.fullmatch(text) else None


def without_commas(text: str) -> str:
    """`1,234.57` as `1234.57`; what has no well-formed thousands commas as it is."""
    return text.replace(",", "") if _WITH_COMMAS.fullmatch(text) else text


def host(identity: str) -> str:
    """The host of a link in lower case, without port; empty for an upload."""
    if identity.startswith("upload:"):
        return ""
    try:
        return (urlsplit(identity).hostname or "")[:255]
    except ValueError:
        return ""


MOST_URGENT = 42


def queue_rank(flag: bool, confidence: float | None, *, doubted: bool = False) -> int:
    """How urgently a person should look: 42 without a sure answer or with one that later rules do
    not give, else 0 (sure) to 41.

    In few steps, so that all ranks can be named in one condition: half a percent from 90 %
    confidence on, where most readings are, two percent below, and below 50 % none.
    """
    if doubted or not flag:
        return MOST_URGENT
    doubt = 1 - min(max(confidence or 0.0, 0.0), 1.0)
    return int(doubt * 200) if doubt < 0.1 else min(20 + int((doubt - 0.1) * 50), 41)
