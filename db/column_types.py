"""Column types that keep a value exactly, on every database."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

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
