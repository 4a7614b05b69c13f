"""Rows to apply rules to once more: what the service keeps of a page that it has read."""

from dataclasses import replace

from db.rows import NewReading, Row
from db.store import Store
from pipeline.reading import reading_of
from postprocess.evidence import redact
from postprocess.extract import RULES, Rules
from postprocess.types import Page
from tests.db.sample_readings import as_row
from tests.rules.layout_pages import page_of

HOST = "https://pictures.example.com"
# Codes of six digits and a share behind a label: the seed's rules take the last number, too.
ANSWERED = [["基金代码 011608", 16, 100, 14], ["可用份额 1,234.56", 16, 200, 14]]
# The seed's rules take the product code of a bank for a fund code; layout does not.
WITHOUT = [["业务编号 011608", 16, 100, 14], ["昨日收益 12.50", 16, 200, 14]]


def read(number: int, lines: list[object], rules: str, *, second: bool = True) -> NewReading:
    """What a row of these rules keeps of such a page; second: whether its lines were read twice."""
    page = page_of(lines)
    if second:
        page = replace(page, lines=tuple(replace(one, second=one.text) for one in page.lines))
    return read_page(number, page, RULES[rules])


def read_page(number: int, page: Page, rules: Rules) -> NewReading:
    """The same of a page; number: of its link and picture."""
    kept, found = redact(replace(page, model_version="model@1"), rules)
    return reading_of(
        kept,
        found,
        identity=f"{HOST}/{number}.png",
        url_type="oss",
        image_sha256=number.to_bytes(32, "big"),
        refresh=False,
    )


def rows_of(store: Store, readings: list[NewReading]) -> list[Row]:
    """Stored, each of them."""
    return [as_row(row) for row in store.save(readings)]
