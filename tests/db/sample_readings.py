"""Readings and rows to test with."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import text

from db.engine import open_engine
from db.rows import NewReading, Row

T = TypeVar("T")

PICTURE = bytes(range(32))


def reading(identity: str = "https://pictures.example.com/a.png", **changes: Any) -> NewReading:
    values: dict[str, Any] = {
        "identity": identity,
        "url_type": "oss",
        "image_sha256": PICTURE,
        "ocr_fund_code": "011608",
        "ocr_hold_share": "1234.56",
        "flag": True,
        "reason": None,
        "confidence": 0.9951234567,
        "label": "可用份额",
        "evidence": {"width": 1080, "lines": [{"text": "可用份额 1,234.56", "box": [0.5, 12.25]}]},
        "model_version": "PP-OCRv6_small@0123456789ab",
        "rules_version": "seed@1",
    }
    return NewReading(**(values | changes))


def refused(identity: str = "https://pictures.example.com/a.png", **changes: Any) -> NewReading:
    """A reading without a sure answer."""
    silent: dict[str, Any] = {
        "ocr_fund_code": "",
        "ocr_hold_share": "",
        "flag": False,
        "reason": "NO_CODE",
        "confidence": None,
        "label": None,
    }
    return reading(identity, **(silent | changes))


def as_row(stored: object) -> Row:
    """What `save` gave, which must be a row."""
    assert isinstance(stored, Row), stored
    return stored


def rows_of(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """What any other client of the database sees, by a connection of its own."""
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()


def all_at_once(work: Callable[[int], T], count: int) -> Sequence[T]:
    """Run work(0) … work(count - 1), each in a thread of its own, begun together."""
    start = Barrier(count)

    def run(number: int) -> T:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
