"""Deletes rows with everything that refers to them, inside the caller's open transaction.

What stays: in the history of a copy, the number of the row that it was copied from.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from db.tables import ocr_batch, ocr_batch_caller, ocr_batch_item, ocr_history, ocr_result


def forget(connection: Connection, key: bytes, *, same_picture: bool = False) -> int:
    """The row of this key, its history, and the items of batches that name its link."""
    query = select(ocr_result.c.id, ocr_result.c.url_sha256, ocr_result.c.image_sha256)
    row = connection.execute(query.where(ocr_result.c.url_sha256 == key)).first()
    rows = {} if row is None else {row.id: row.url_sha256}
    if same_picture and row is not None and row.image_sha256 is not None:
        others = connection.execute(query.where(ocr_result.c.image_sha256 == row.image_sha256))
        rows |= {other.id: other.url_sha256 for other in others}
    _delete(connection, sorted(rows), sorted({key, *rows.values()}))
    return len(rows)


def forget_some_before(connection: Connection, when: datetime, limit: int) -> int:
    """At most `limit` of the rows that were last changed before; how many."""
    query = (
        select(ocr_result.c.id, ocr_result.c.url_sha256)
        .where(ocr_result.c.updated_at < when)
        .order_by(ocr_result.c.updated_at, ocr_result.c.id)
        .limit(limit)
    )
    rows = list(connection.execute(query))
    _delete(connection, sorted(row.id for row in rows), sorted(row.url_sha256 for row in rows))
    return len(rows)


def forget_batches_before(connection: Connection, when: datetime, limit: int) -> int:
    """At most `limit` of the oldest batches, whatever state their items are in; how many."""
    query = select(ocr_batch.c.id).where(ocr_batch.c.created_at < when)
    ids = list(connection.scalars(query.order_by(ocr_batch.c.created_at).limit(limit)))
    if ids:
        connection.execute(delete(ocr_batch_item).where(ocr_batch_item.c.batch_id.in_(ids)))
        connection.execute(delete(ocr_batch).where(ocr_batch.c.id.in_(ids)))
    else:
        # A caller whose last batch is gone is forgotten too; not the nameless one, which an earlier
        # version beside this one needs.
        caller = ocr_batch_caller.c
        connection.execute(delete(ocr_batch_caller).where(caller.seen_at < when, caller.name != ""))
    return len(ids)


def _delete(connection: Connection, ids: Sequence[int], keys: Sequence[bytes]) -> None:
    connection.execute(delete(ocr_batch_item).where(ocr_batch_item.c.url_sha256.in_(keys)))
    if ids:
        # First the rows' lock, then their history: as every other writer does.
        connection.execute(
            select(ocr_result.c.id).where(ocr_result.c.id.in_(ids)).with_for_update()
        )
        connection.execute(delete(ocr_history).where(ocr_history.c.result_id.in_(ids)))
        connection.execute(delete(ocr_result).where(ocr_result.c.id.in_(ids)))
