"""Fills a table with rows as the service stores them, copied inside the database."""

from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any

from sqlalchemy import Engine, func, literal_column, select

from db.engine import for_writing, open_engine
from db.rows import NewReading
from db.store import Store
from db.tables import ocr_result

BASE = 1000
URL = "https://bucket.oss.example.com/c000000/{name}.png?Expires=1893456000"


def link(number: int) -> str:
    """The link of row `number` (from 0)."""
    copy, row = divmod(number, BASE)
    name = sha256(str(row).encode()).hexdigest()[:24]
    return URL.format(name=name).replace("/c000000/", f"/c{copy:06}/")


def grow(database_url: str, rows: int, say: Callable[[str], None]) -> None:
    """Let the table hold the links 0 … rows − 1 (MariaDB; rows a multiple of 1,000)."""
    engine = open_engine(database_url, statement_seconds=600)
    try:
        with engine.connect() as connection:
            ours = ocr_result.c.image_url.like("https://bucket.oss.example.com/%")
            query = select(func.count()).select_from(ocr_result).where(ours)
            there = connection.execute(query).scalar_one()
        if not there:
            Store(engine).save([_reading(number) for number in range(BASE)])
            there = BASE
        for copy in range(there // BASE, rows // BASE):
            _copy(engine, copy)
        say(f"  {rows:,} rows")
    finally:
        engine.dispose()


def _reading(number: int) -> NewReading:
    chance = Random(number)  # noqa: S311 — the same table every time
    lines = [
        {
            "text": f"可用份额 {chance.randrange(10**6)}.{line:02}",
            "confidence": 0.99,
            "quad": [[12.5, 100.0 * line], [980.0, 100.0 * line]] * 2,
        }
        for line in range(6)
    ]
    return NewReading(
        identity=link(number),
        url_type="oss",
        image_sha256=sha256(link(number).encode()).digest(),
        ocr_fund_code=f"{chance.randrange(10_000):06}",
        ocr_hold_share=f"{chance.randrange(10**6)}.{number % 100:02}",
        flag=True,
        reason=None,
        confidence=0.99,
        label="可用份额",
        evidence={"width": 1080, "height": 2340, "lines": lines},
        model_version="PP-OCRv6_small@0123456789ab",
        rules_version="layout@1",
    )


def _copy(engine: Engine, copy: int) -> None:
    other = f"REPLACE({{}}, '/c000000/', '/c{copy:06}/')"
    image_url = other.format("image_url")
    changed = {
        "image_url": image_url,
        "url_sha256": f"UNHEX(SHA2({image_url}, 256))",
        "url_start": other.format("url_start"),
        "image_sha256": f"UNHEX(SHA2(CONCAT(HEX(image_sha256), '{copy}'), 256))",
        "created_at": f"created_at + INTERVAL {copy} MINUTE",
        "updated_at": f"updated_at + INTERVAL {copy} MINUTE",
    }
    names = [column.name for column in ocr_result.columns if column.name != "id"]
    base: Any = (
        select(*(literal_column(changed.get(name, name)) for name in names))
        .select_from(ocr_result)
        # Along an index: what is copied does not grow with the table.
        .where(ocr_result.c.url_start.like("https://bucket.oss.example.com/c000000/%"))
    )
    with for_writing(engine).begin() as connection:
        connection.execute(ocr_result.insert().from_select(names, base))
