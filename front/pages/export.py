"""Exports the rows of the queue's filters, as CSV or as a workbook."""

import asyncio
import os
from collections.abc import Iterator
from datetime import tzinfo
from functools import partial
from typing import BinaryIO

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy import Engine

from db.access import Role
from db.export import are_more_than, export_rows
from db.filters import Filter
from db.queue import Queue
from db.rows import Row
from db.tables import EXPORTED
from front.access import needs
from front.body import add_bodyless
from front.errors import BadRequest
from front.pages.query import Query, asked_query
from front.workbooks import TooManyRows
from pipeline.cells import cells
from pipeline.spreadsheet import ROWS_OF_A_SHEET, csv_lines

# A workbook that is not there by then (s) is promised by its headers: a proxy waits no longer.
SILENT_SECONDS = 110
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AT_ONCE = 64 * 1024


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, as_csv, "/export.csv", "csv")
    add_bodyless(blueprint, as_xlsx, "/export.xlsx", "xlsx")


@needs(Role.CORRECTOR)
async def as_csv(request: Request) -> HTTPResponse | None:
    """UTF-8, sent as it is read, whatever its size."""
    run = partial(request.app.ctx.run_pages, request.ctx.counts_as)
    parts = csv_parts(_rows(request), request.app.ctx.settings.zone)
    part: bytes | None = await run(next, parts)  # a database that is away is told as such
    answer = await request.respond(content_type="text/csv; charset=utf-8", headers=_named("csv"))
    while part is not None:
        await answer.send(part)
        part = await run(next, parts, None)
    await answer.eof()
    return None


@needs(Role.CORRECTOR)
async def as_xlsx(request: Request) -> HTTPResponse | None:
    """One sheet. What is wrong is told before anything is sent, unless it takes very long."""
    context, query = request.app.ctx, asked_query(request.args)
    async with context.workbooks.place():  # before anything is asked of the database
        filter = await context.run(_filter_of, context.queue, query, context.settings.zone)
        if await context.run(are_more_than, context.engine, ROWS_OF_A_SHEET, filter):
            raise TooManyRows
        making = asyncio.create_task(context.workbooks.make(filter))
        try:
            await asyncio.wait([making], timeout=SILENT_SECONDS)
            headers = _named("xlsx")
            if making.done():
                headers["Content-Length"] = str(os.fstat(making.result().fileno()).st_size)
            answer = await request.respond(content_type=_XLSX, headers=headers)
            if not making.done():
                await answer.send(b"")
            file = await making
            while part := await asyncio.to_thread(file.read, _AT_ONCE):
                await answer.send(part)
            await answer.eof()
        finally:
            making.cancel()  # this caller has gone, if it is not done by now
            making.add_done_callback(_close)
    return None


def csv_parts(rows: Iterator[Row], zone: tzinfo) -> Iterator[bytes]:
    """The file in pieces, the first when the first row was found or none is there."""
    part = bytearray()
    for line in csv_lines(EXPORTED, (cells(row, zone) for row in rows)):
        part += line
        if len(part) >= _AT_ONCE:
            yield bytes(part)
            part.clear()
    yield bytes(part)


def _rows(request: Request) -> Iterator[Row]:
    context = request.app.ctx
    return _found(context.engine, context.queue, asked_query(request.args), context.settings.zone)


def _found(engine: Engine, queue: Queue, query: Query, zone: tzinfo) -> Iterator[Row]:
    """The rows that the queue shows for these filters, asked for when the first is wanted."""
    yield from export_rows(engine, _filter_of(queue, query, zone), with_evidence=False)


def _filter_of(queue: Queue, query: Query, zone: tzinfo) -> Filter:
    """What the queue shows for this: a link that no row has is the beginning of links. BadRequest
    for a search that finds nothing."""
    if query.search in ("odd", "id"):
        raise BadRequest("There is nothing to export for this search.")
    filter = query.filter(zone)
    if query.search == "link" and not queue.page(filter, limit=1).items:
        return query.filter(zone, by_prefix=True)
    return filter


def _close(making: "asyncio.Task[BinaryIO]") -> None:
    if not making.cancelled() and not making.exception():
        making.result().close()


def _named(kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="fundocr.{kind}"'}
