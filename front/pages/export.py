"""The rows of the queue's filters to take elsewhere, as CSV or as a spreadsheet.

Every cell is text as it stands in the table: codes keep their zeros, shares their digits, and
nothing that a stranger wrote is taken for a formula.
"""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import Iterator
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy import Engine

from db.export import export_rows
from db.filters import Filter
from db.keys import Role
from db.queue import Queue
from db.rows import Row
from front.access import needs
from front.errors import BadRequest
from front.pages.listing import Query, query_of

COLUMNS = (
    *("id", "image_url", "url_type", "fund_code", "hold_share", "review_state", "flag", "reason"),
    *("ocr_fund_code", "ocr_hold_share", "label", "confidence", "dismissal"),
    *("model_version", "rules_version", "row_version", "created_at", "updated_at"),
)
# What a worksheet can hold below its heading.
MOST_ROWS = 1_048_575
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AT_ONCE = 64 * 1024
# Controls, direction marks and lone surrogates may stand in links and labels, not in a sheet.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
_END = object()


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    blueprint.get("/export.csv", name="csv")(as_csv)
    blueprint.get("/export.xlsx", name="xlsx")(as_xlsx)


@needs(Role.CORRECTOR)
async def as_csv(request: Request) -> HTTPResponse | None:
    """UTF-8 with a byte order mark, for spreadsheets that would guess wrongly; sent as it is
    read, whatever its size."""
    parts = csv_parts(_rows(request))
    first = await request.app.ctx.run(next, parts)  # a database that is away is told as such
    answer = await request.respond(
        content_type="text/csv; charset=utf-8", headers=_named("csv")
    )
    part: object = first
    while part is not _END:
        await answer.send(part)
        part = await request.app.ctx.run(next, parts, _END)
    await answer.eof()
    return None


@needs(Role.CORRECTOR)
async def as_xlsx(request: Request) -> HTTPResponse | None:
    """One sheet."""
    with tempfile.TemporaryFile() as file:
        await asyncio.to_thread(write_xlsx, _rows(request), file)
        file.seek(0)
        answer = await request.respond(content_type=_XLSX, headers=_named("xlsx"))
        while part := await asyncio.to_thread(file.read, _AT_ONCE):
            await answer.send(part)
        await answer.eof()
    return None


def csv_parts(rows: Iterator[Row]) -> Iterator[bytes]:
    """The file, in pieces."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    yield b"\xef\xbb\xbf" + text.getvalue().encode()
    text.truncate(text.seek(0))
    for row in rows:
        writer.writerow([_no_formula(cell) for cell in cells(row)])
        if text.tell() >= _AT_ONCE:
            yield text.getvalue().encode()
            text.truncate(text.seek(0))
    yield text.getvalue().encode()


def write_xlsx(rows: Iterator[Row], file: IO[bytes]) -> None:
    """A workbook of one sheet. BadRequest for more rows than a sheet can have."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("fundocr")
    sheet.freeze_panes = "A2"
    for index, name in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = max(len(name) + 2, 14)
    for number, texts in enumerate(_with_heading(rows)):
        if number > MOST_ROWS:
            raise BadRequest("A sheet cannot hold so many rows; filter, or take the CSV.")
        line = [WriteOnlyCell(sheet, text) for text in texts]
        for cell in line:
            # Set after the value: openpyxl takes `=…` for a formula and `#N/A` for an error.
            cell.data_type = "s"
            cell.number_format = "@"
        sheet.append(line)
    book.save(file)


def cells(row: Row) -> list[str]:
    """The texts of COLUMNS."""
    values = (getattr(row, name) for name in COLUMNS)
    return [_UNWRITABLE.sub("\ufffd", _text(value)) for value in values]


def _with_heading(rows: Iterator[Row]) -> Iterator[list[str]]:
    yield list(COLUMNS)
    for row in rows:
        yield cells(row)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA_STARTS) else cell


def _rows(request: Request) -> Iterator[Row]:
    context = request.app.ctx
    return _rows_of(context.engine, context.queue, query_of(request.args))


def _rows_of(engine: Engine, queue: Queue, query: Query) -> Iterator[Row]:
    """Nothing is asked before the first row is."""
    yield from export_rows(engine, _filter(queue, query))


def _filter(queue: Queue, query: Query) -> Filter:
    """The rows that the queue shows for this search: a link that no row has is a beginning."""
    exact = query.filter()
    if query.search in ("odd", "id"):
        raise BadRequest("There is nothing to export for this search.")
    if query.search != "link" or queue.page(exact, limit=1).items:
        return exact
    return query.filter(by_prefix=True)


def _named(kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="fundocr.{kind}"'}
