"""Reads all rows of a filter in pieces, for exports of any size."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select

from db.filters import Filter
from db.reads import select_rows, to_row
from db.rows import ReviewState, Row
from db.tables import ocr_result
from db.transactions import in_transaction

_AT_ONCE = 500


def export_rows(
    engine: Engine,
    filter: Filter,
    *,
    updated_since: datetime | None = None,
    with_evidence: bool = True,
) -> Iterator[Row]:
    """The rows in the order of their ids; with updated_since those changed at or after it, in the
    order of their change, so that one that stopped can go on from the last `updated_at`.

    with_evidence: else that of every row is empty, and most of the table is never read.
    Each piece is a transaction of its own: the table goes on while it is read. StoreUnavailable.
    """
    last: Row | None = None
    while True:
        work = partial(
            _piece,
            filter=filter,
            updated_since=updated_since,
            last=last,
            with_evidence=with_evidence,
        )
        rows = in_transaction(engine, work)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1]


def are_more_than(
    engine: Engine, most: int, filter: Filter, *, updated_since: datetime | None = None
) -> bool:
    """Whether `export_rows` would give more rows than this; no more than that are counted.
    StoreUnavailable."""
    found = select(ocr_result.c.id).where(*_conditions(filter, updated_since)).limit(most + 1)
    if updated_since is None and filter.url is None and not filter.url_prefix:
        found = found.with_hint(ocr_result, f"FORCE INDEX ({filter.walk})", "mysql")
    query = select(func.count()).select_from(found.subquery())
    count = in_transaction(engine, lambda connection: connection.scalar(query))
    return int(count or 0) > most


def _conditions(filter: Filter, updated_since: datetime | None) -> Iterator[ColumnElement[bool]]:
    yield from filter.conditions()
    if len(filter.states) < len(ReviewState):
        yield ocr_result.c.review_state.in_(filter.states)
    if updated_since is not None:
        yield ocr_result.c.updated_at >= updated_since


def _piece(
    connection: Connection,
    filter: Filter,
    updated_since: datetime | None,
    last: Row | None,
    with_evidence: bool,
) -> list[Row]:
    id, changed = ocr_result.c.id, ocr_result.c.updated_at
    since = updated_since if last is None or updated_since is None else last.updated_at
    query = select_rows().where(*_conditions(filter, since)).limit(_AT_ONCE)
    if updated_since is None:
        query = query.order_by(id)
        if last is not None:
            query = query.where(id > last.id)
    else:
        query = query.order_by(changed, id)
        if last is not None:
            query = query.where(or_(changed > since, and_(changed == since, id > last.id)))
    if with_evidence:
        return [to_row(row) for row in connection.execute(query).mappings()]
    light = [column for column in query.selected_columns if column.name != "evidence"]
    rows = connection.execute(query.with_only_columns(*light)).mappings()
    return [to_row({**row, "evidence": {}}) for row in rows]
