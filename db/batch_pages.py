"""Reads a batch and a page of its items with their answers, inside the caller's transaction.

As for a known link, only the columns of the answer are read: the evidence stays in the database.
"""

from sqlalchemy import Connection, func, select

from db.batch_rows import ITEM_COLUMNS, Batch, ItemState, item_of
from db.lookup import known_columns, known_row
from db.tables import ocr_batch, ocr_batch_item, ocr_result


def page_of(connection: Connection, batch_id: str, after: int, limit: int) -> Batch | None:
    """At most `limit` items, from 1, of those after this position; None: there is no such batch."""
    batch = connection.execute(select(ocr_batch).where(ocr_batch.c.id == batch_id)).first()
    if batch is None:
        return None
    counts = _counts(connection, batch_id)
    row = ocr_batch_item.c
    rows_of_items = ocr_batch_item.outerjoin(
        ocr_result,
        (ocr_result.c.url_sha256 == row.url_sha256) & row.result_id.is_not(None),
    )
    query = (
        # By numbers: a row of the item and one of the answer have columns of the same names.
        select(*ITEM_COLUMNS, *known_columns(connection.dialect))
        .select_from(rows_of_items)
        .where(row.batch_id == batch_id, row.position > after)
        .order_by(row.position)
        .limit(limit + 1)
    )
    found = connection.execute(query).all()
    width, names = len(ITEM_COLUMNS), [column.name for column in ITEM_COLUMNS]
    items = [item_of(dict(zip(names, values[:width], strict=True))) for values in found[:limit]]
    rows = {
        item.position: known_row(values[width:])
        for item, values in zip(items, found, strict=False)
        if values[width] is not None
    }
    return Batch(
        id=batch.id,
        actor=batch.actor,
        created_at=batch.created_at,
        counts=counts,
        items=tuple(items),
        rows=rows,
        next=items[-1].position if len(found) > limit else None,
    )


def _counts(connection: Connection, batch_id: str) -> dict[str, int]:
    state = ocr_batch_item.c.state
    query = select(state, func.count()).where(ocr_batch_item.c.batch_id == batch_id)
    found = {row[0]: row[1] for row in connection.execute(query.group_by(state))}
    return {one.value: found.get(one.value, 0) for one in ItemState}
