"""A number as it was read, and what it can mean. Never more than one meaning is answered."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["sure", "ambiguous", "other"]

_SURE = re.compile(
    r"(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]{1,2}|\.[0-9]{4})?"
    # Nothing stands before a thousands separator but 1–999, so this point is one.
    r"|0\.[0-9]{3}"
    # A comma was lost: each that is left stands where one belongs, counted from the point.
    r"|[1-9][0-9]*(?:,(?:[0-9]{3})+)+\.[0-9]{1,2}"
)
_COMMAS_AS_POINTS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+\.[0-9]{2}")
"""1.234.56: two digits end it, so only the last point can be one. Where a comma stands among them
these may be two numbers that were read as one: 1,234.56 and 7.89 as 1,234.567.89.
"""
_DOUBLED = re.compile(r"([.,])\1(?=[0-9])")
_SEVERAL = re.compile(r"[.,]{2,}")
_DIGITS_AND_SEPARATORS = re.compile(r"[0-9.,]*[0-9][0-9.,]*")
_LONGEST = 24
LIKE_DIGITS = str.maketrans("OoQDlI|SBZ", "0000111582")
"""Letters that a recogniser takes digits for."""
_OTHER_POINTS = str.maketrans("。·、'’` ", ".......")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A run of digits on the screen.

    raw: what was read. kind: `sure`, value is the only thing it can mean · `ambiguous`, it was
        cut, misread or can mean several numbers · `other`, no plain number (+1.23%, ¥5, 1/2).
    value: without separators, zeros kept; empty unless sure. candidates: what an ambiguous one
        may mean. unit: 份, 元, %, … as it stands behind it. money: ¥ or 元.
    digits: six digits and nothing else: it could be a code. touched: a letter touches it.
    """

    raw: str
    kind: Kind
    value: str = ""
    candidates: tuple[str, ...] = ()
    unit: str = ""
    money: bool = False
    digits: bool = False
    touched: bool = False

    @property
    def places(self) -> int:
        """Digits behind the point."""
        return len(self.value.partition(".")[2])

    @property
    def share(self) -> bool:
        """True where this can stand for shares: no sign, no currency, no other unit."""
        return self.kind != "other" and not self.money and self.unit in ("", "份", "股")


def parse(raw: str) -> tuple[str, tuple[str, ...]]:
    """The value of a run of digits and separators, or nothing and all that it may mean.

    >>> parse("1,234.50")
    ('1234.50', ())
    >>> parse("1.234")
    ('', ('1.234', '1234'))
    """
    once = _DOUBLED.sub(r"\1", raw)
    if _SURE.fullmatch(once):
        return once.replace(",", ""), ()
    if _COMMAS_AS_POINTS.fullmatch(once):
        return _last_is_point(once), ()
    return "", _meanings(once)


def _meanings(raw: str) -> tuple[str, ...]:
    """Each well-formed number that a doubtful reading may stand for."""
    text = raw.translate(LIKE_DIGITS).translate(_OTHER_POINTS)
    text = _SEVERAL.sub(".", text)
    if not _DIGITS_AND_SEPARATORS.fullmatch(text) or len(text) > _LONGEST:
        return ()
    if text != raw and (_SURE.fullmatch(text) or _COMMAS_AS_POINTS.fullmatch(text)):
        return (_last_is_point(text) if "." in text else text.replace(",", ""),)
    whole = text.replace(".", "").replace(",", "")
    pointed = _last_is_point(text.rstrip(".,"))
    return tuple(dict.fromkeys(form for form in (pointed, whole) if form))


def _last_is_point(text: str) -> str:
    at = max(text.rfind("."), text.rfind(","))
    if at < 0:
        return text
    return f"{text[:at].replace('.', '').replace(',', '') or '0'}.{text[at + 1 :]}"
