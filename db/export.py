"""Rows for those who take the table elsewhere: all of a filter, in pieces, however many."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine, and_, or_

from db.filters import Filter
from db.rows import ReviewState, Row
from db.tables import ocr_result
from db.transactions import in_transaction
from db.writes import select_rows, to_row

_AT_ONCE = 500


def export_rows(
    engine: Engine, filter: Filter, *, updated_since: datetime | None = None
) -> Iterator[Row]:
    """The rows in the order of their ids; with updated_since those changed at or after it, in the
    order of their change, so that who stops can go on from the last `updated_at`.

    Each piece is a transaction of its own: the table goes on while it is read. StoreUnavailable.
    """
    last: Row | None = None
    while True:
        work = partial(_piece, filter=filter, updated_since=updated_since, last=last)
        rows = in_transaction(engine, work)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1]


def _piece(
    connection: Connection, filter: Filter, updated_since: datetime | None, last: Row | None
) -> list[Row]:
    id, changed = ocr_result.c.id, ocr_result.c.updated_at
    query = select_rows().where(*filter.conditions()).limit(_AT_ONCE)
    if len(filter.states) < len(ReviewState):
        query = query.where(ocr_result.c.review_state.in_(filter.states))
    if updated_since is None:
        query = query.order_by(id)
        if last is not None:
            query = query.where(id > last.id)
    else:
        query = query.order_by(changed, id)
        since = updated_since if last is None else last.updated_at
        query = query.where(changed >= since)
        if last is not None:
            query = query.where(or_(changed > since, and_(changed == since, id > last.id)))
    return [to_row(row) for row in connection.execute(query).mappings()]
