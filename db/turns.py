"""Fair turns for items of batches: callers are served in turn, and each may have so many open at a
time. Inside an open transaction.

A caller's row in `ocr_batch_caller` says when it was served last, and whoever adds items for it
holds that row's lock. How many items wait for whom is nowhere written down: the items themselves
say it, along one index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, RowMapping, func, select, update
from sqlalchemy.dialects import mysql, sqlite

from db.batch_rows import ITEM_COLUMNS, OPEN, ItemState
from db.tables import ocr_batch_caller, ocr_batch_item


def enter(connection: Connection, caller: str, now: datetime) -> None:
    """This caller adds items: nobody else adds any for it until the transaction ends.

    A new one has its turn after those that wait already.
    """
    values = {"name": caller, "served_at": now, "seen_at": now}
    connection.execute(_upsert(connection.dialect).values(values))


def open_items(connection: Connection, caller: str) -> int:
    """How many items of this caller are queued or running."""
    row = ocr_batch_item.c
    query = select(func.count()).select_from(ocr_batch_item)
    query = query.where(row.state.in_(OPEN), row.caller == caller)
    return connection.scalar(query) or 0


def take(connection: Connection, limit: int, now: datetime) -> list[RowMapping]:
    """At most `limit` queued items (ITEM_COLUMNS), which are running from `now` on.

    The caller that was served longest ago comes first, and room for several is shared out; of each
    caller the oldest batch comes first. Items that another transaction takes right now are passed
    over."""
    waiting = _waiting(connection)
    served: set[str] = set()
    taken: list[RowMapping] = []
    while waiting and (room := limit - len(taken)) > 0:
        share = max(1, room // len(waiting))
        left = []
        for caller in waiting[:room]:
            found = _take_of(connection, caller, share, now)
            taken += found
            if found:
                served.add(caller)
            if len(found) == share:
                left.append(caller)
        waiting = left + waiting[room:]
    if served:
        name = ocr_batch_caller.c.name
        change = update(ocr_batch_caller).where(name.in_(sorted(served)))
        connection.execute(change.values(served_at=now))
    return taken


def _waiting(connection: Connection) -> list[str]:
    """The callers who have queued items, in turn."""
    caller, row = ocr_batch_caller.c, ocr_batch_item.c
    # Not EXISTS, of which MariaDB may make a join over all that is queued: this is one step down
    # the index for each caller.
    one = select(row.position).where(row.state == ItemState.QUEUED, row.caller == caller.name)
    has_one: Any = one.limit(1).scalar_subquery()
    query = select(caller.name).where(has_one.is_not(None))
    return list(connection.scalars(query.order_by(caller.served_at, caller.name)))


def _take_of(
    connection: Connection, caller: str, limit: int, now: datetime
) -> Sequence[RowMapping]:
    row = ocr_batch_item.c
    query = (
        select(*ITEM_COLUMNS)
        .where(row.state == ItemState.QUEUED, row.caller == caller)
        .order_by(row.batch_id, row.position)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    items = connection.execute(query).mappings().all()
    positions: dict[str, list[int]] = {}
    for item in items:
        positions.setdefault(item["batch_id"], []).append(item["position"])
    for batch_id, some in positions.items():
        connection.execute(
            update(ocr_batch_item)
            .where(row.batch_id == batch_id, row.position.in_(some))
            .values(state=ItemState.RUNNING, updated_at=now)
        )
    return items


def _upsert(dialect: Dialect) -> Insert:
    if dialect.name == "sqlite":
        new = sqlite.insert(ocr_batch_caller)
        return new.on_conflict_do_update(
            index_elements=["name"], set_={"seen_at": new.excluded.seen_at}
        )
    newer = mysql.insert(ocr_batch_caller)
    return newer.on_duplicate_key_update(seen_at=newer.inserted.seen_at)
