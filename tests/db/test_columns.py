"""A column of the row is declared once; what follows from that, and what must not be forgotten."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Integer, MetaData, Table, Text

from db.columns import Writer, column, notes_of, placed, written_by
from db.rows import NewReading, Row
from db.tables import (
    COLUMN_NAMES,
    EXPORTED,
    FROM_READING,
    IN_HISTORY,
    IN_SNAPSHOT,
    ON_CARD,
    ocr_result,
)
from front.access import LOCAL
from front.pages.card_view import card_of
from front.pages.changes import differences
from front.pages.query import Query
from front.pages.render import rendered
from front.pages.texts import TEXTS
from pipeline import reading
from pipeline.cells import cells, sheet_cells
from pipeline.settings import PROJECT
from postprocess.extract import RULES
from postprocess.types import Page

AT = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
# Of what a reading gives a row, what nobody is shown: too large, and of no use to people.
SHOWN_NOWHERE = {"evidence", "image_sha256"}
# The replaced service's table had these; docs/database.md tells what came to it.
LEGACY = {"id", "image_url", "url_type", "business_type", "created_at", "updated_at"}
LEGACY |= {"ocr_fund_code", "ocr_hold_share", "update_fund_code", "update_hold_share"}
ROW = Row(
    id=7,
    url_sha256=bytes(32),
    image_url="https://a.example.com/a.png",
    url_type="oss",
    business_type="基金",
    ocr_fund_code="011608",
    ocr_hold_share="1234.56",
    update_fund_code="",
    update_hold_share="",
    fund_code="011608",
    hold_share=None,
    flag=True,
    reason=None,
    confidence=0.99,
    label="可用份额",
    review_state="open",
    evidence={},
    image_sha256=bytes(32),
    model_version="m@1",
    rules_version="layout@1",
    row_version=3,
    created_at=AT,
    updated_at=AT,
)


def test_rows_and_readings_have_the_columns() -> None:
    carried = {name for name, one in notes_of(ocr_result).items() if one.by is not Writer.FINDING}
    assert {field.name for field in fields(Row)} == carried, "db/rows.py: Row"
    given = {field.name for field in fields(NewReading)}
    assert set(FROM_READING) <= given, "db/rows.py: NewReading"


def test_a_reading_gives_all_that_it_is_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(reading, "NewReading", given.update)
    page = Page(lines=(), width=1, height=1, model_version="m@1")
    reading.reading_of(
        page,
        RULES["layout"](page),
        identity="a",
        url_type="oss",
        image_sha256=None,
        refresh=False,
    )
    assert set(FROM_READING) <= set(given), "pipeline/reading.py"


def test_what_people_see_has_its_words_and_its_own_place() -> None:
    assert {*IN_HISTORY, *ON_CARD} <= set(COLUMN_NAMES), "db/tables.py: Chinese and English"
    assert TEXTS.items() >= COLUMN_NAMES.items(), "front/pages/texts.py has other words for one"
    for where in ("export", "history", "card"):
        places = [at for one in notes_of(ocr_result).values() if (at := getattr(one, where))]
        assert len(places) == len(set(places)), where


def test_what_a_reading_or_a_person_says_is_shown_somewhere() -> None:
    said = {*FROM_READING, *written_by(ocr_result, Writer.PERSON)}
    assert said - {*EXPORTED, *IN_HISTORY, *ON_CARD} == SHOWN_NOWHERE
    assert set(IN_HISTORY) <= set(IN_SNAPSHOT), "only what is kept can be compared"


def test_who_reads_an_exported_table_by_its_places_still_can() -> None:
    """New columns come behind these."""
    assert EXPORTED[:20] == (
        *("id", "image_url", "url_type", "flag", "fund_code", "hold_share", "reason"),
        *("confidence", "label", "review_state", "dismissal", "ocr_fund_code", "ocr_hold_share"),
        *("update_fund_code", "update_hold_share", "model_version", "rules_version"),
        *("row_version", "created_at", "updated_at"),
    )


def test_the_page_on_the_database_tells_every_column() -> None:
    text = (PROJECT / "docs/database.md").read_text("utf-8")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert {one.name for one in ocr_result.columns} <= told | LEGACY


def test_everything_that_is_said_of_a_column_reaches_its_place() -> None:
    assert len(cells(ROW, ZoneInfo("UTC"))) == len(sheet_cells(ROW, ZoneInfo("UTC")))
    for name, cell in zip(EXPORTED, cells(ROW, ZoneInfo("UTC")), strict=True):
        assert cell == told_as_text(getattr(ROW, name)) or name == "hold_share"
    before = ROW.snapshot()
    assert tuple(before) == IN_SNAPSHOT
    after = dict.fromkeys(before, "another")
    shown = [(name, before[name], "another") for name in IN_HISTORY]
    assert [(one.name, one.before, one.after) for one in differences(before, after)] == shown
    card = rendered(
        "card.html",
        "en",
        zone=ZoneInfo("UTC"),
        card=card_of(ROW),
        details=ON_CARD,
        query=Query(),
        left=1,
        next_id=None,
        beat_seconds=1,
        path="/review/7",
        switch="?",
        caller=LOCAL,
    )
    details = card.partition('<dl class="facts">')[2].partition("</dl>")[0]
    terms = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", details)
    assert [words for words, _ in terms][2:] == [COLUMN_NAMES[name][1] for name in ON_CARD]
    assert dict(terms)["Version"] == "3" and dict(terms)["Label read"] == "可用份额"


def told_as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def test_a_new_column_follows_from_its_declaration() -> None:
    table = Table(
        "t",
        MetaData(),
        column("id", Integer, Writer.STORE, "编号", "Id", export=10, primary_key=True),
        column("app", Text, Writer.READING, "应用", "App", export=5, history=1, card=2),
        column("hidden", Text, Writer.READING, nullable=True, kept=False),
    )
    assert placed(table, lambda one: one.export) == ("app", "id")
    assert placed(table, lambda one: one.card) == ("app",)
    assert written_by(table, Writer.READING) == ("app", "hidden")
    assert [name for name, one in notes_of(table).items() if one.kept] == ["app"]
    assert (table.c.app.nullable, table.c.hidden.nullable) == (False, True)
