"""The rows of the queue's filters to take elsewhere, as CSV or as a workbook."""

import asyncio
import tempfile
from collections.abc import Iterator

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy import Engine

from db.export import export_rows
from db.keys import Role
from db.queue import Queue
from db.rows import Row
from front.access import needs
from front.body import add_bodyless
from front.errors import BadRequest
from front.pages.listing import Query, query_of
from pipeline.export import COLUMNS, cells
from pipeline.sheet import csv_lines, write_xlsx

# What a sheet can hold below its heading.
ROWS_OF_A_SHEET = 1_048_575
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AT_ONCE = 64 * 1024


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, as_csv, "/export.csv", "csv")
    add_bodyless(blueprint, as_xlsx, "/export.xlsx", "xlsx")


@needs(Role.CORRECTOR)
async def as_csv(request: Request) -> HTTPResponse | None:
    """UTF-8, sent as it is read, whatever its size."""
    run, parts = request.app.ctx.run, csv_parts(_rows(request))
    part: bytes | None = await run(next, parts)  # a database that is away is told as such
    answer = await request.respond(content_type="text/csv; charset=utf-8", headers=_named("csv"))
    while part is not None:
        await answer.send(part)
        part = await run(next, parts, None)
    await answer.eof()
    return None


@needs(Role.CORRECTOR)
async def as_xlsx(request: Request) -> HTTPResponse | None:
    """One sheet."""
    with tempfile.TemporaryFile() as file:
        rows = _of_a_sheet(_rows(request))
        await asyncio.to_thread(write_xlsx, COLUMNS, map(cells, rows), file)
        file.seek(0)
        answer = await request.respond(content_type=_XLSX, headers=_named("xlsx"))
        while part := await asyncio.to_thread(file.read, _AT_ONCE):
            await answer.send(part)
        await answer.eof()
    return None


def csv_parts(rows: Iterator[Row]) -> Iterator[bytes]:
    """The file in pieces, the first when the first row was found or none is there."""
    part = bytearray()
    for line in csv_lines(COLUMNS, map(cells, rows)):
        part += line
        if len(part) >= _AT_ONCE:
            yield bytes(part)
            part.clear()
    yield bytes(part)


def _rows(request: Request) -> Iterator[Row]:
    context = request.app.ctx
    return _found(context.engine, context.queue, query_of(request.args))


def _found(engine: Engine, queue: Queue, query: Query) -> Iterator[Row]:
    """The rows that the queue shows for these filters, asked for when the first is wanted: a link
    that no row has is the beginning of links. BadRequest for a search that finds nothing."""
    if query.search in ("odd", "id"):
        raise BadRequest("There is nothing to export for this search.")
    filter = query.filter()
    if query.search == "link" and not queue.page(filter, limit=1).items:
        filter = query.filter(by_prefix=True)
    yield from export_rows(engine, filter)


def _of_a_sheet(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number == ROWS_OF_A_SHEET:
            raise BadRequest("There are more rows than a sheet can hold: filter, or take the CSV.")
        yield row


def _named(kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="fundocr.{kind}"'}
