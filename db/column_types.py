"""Column types that keep a value exactly, on every database."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import JSON, DateTime, Dialect, Numeric, Text, TypeDecorator
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

DIGITS_BEFORE_POINT = 16
DIGITS_AFTER_POINT = 4

_STEP = Decimal(1).scaleb(-DIGITS_AFTER_POINT)
_LIMIT = Decimal(10) ** DIGITS_BEFORE_POINT

# None is the database's NULL, not the JSON word null.
JsonText = JSON(none_as_null=True)


def dump_json(value: object) -> str:
    """Compact, characters as they are; ValueError for NaN and infinity, which JSON has not."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def text_sha256(text: str) -> bytes:
    """By which a secret is found: how long that takes tells nothing of it. For any text."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


class ExactDecimal(TypeDecorator[Decimal]):
    """DECIMAL(20,4); on SQLite text with four places, because its numbers are floats.

    ValueError for what would have to be rounded: MySQL rounds silently, in strict mode too.
    """

    impl = Numeric(DIGITS_BEFORE_POINT + DIGITS_AFTER_POINT, DIGITS_AFTER_POINT)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(self.impl_instance)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        if value is None:
            return None
        if not -_LIMIT < value < _LIMIT or value != value.quantize(_STEP):
            raise ValueError("a number with too many digits for DECIMAL(20,4)")
        return f"{value:.{DIGITS_AFTER_POINT}f}" if dialect.name == "sqlite" else value

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC with microseconds, stored without its zone."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(DateTime())
        return dialect.type_descriptor(mysql.DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# From the texts of a reading or of a person to the values of typed columns.

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
