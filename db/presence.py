"""Who has which review card open: heartbeats of open windows, forgotten in seconds.

It is a courtesy between people, not a lock: what is saved is guarded by `row_version`. It is in the
database so that people at different front doors are not handed the same cards.
"""

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from db.column_types import text_sha256
from db.engine import for_writing
from db.errors import RowRejected
from db.tables import open_card
from db.transactions import in_transaction

# Windows tell that they are still open this often (s), and are forgotten when they have not for so
# long.
BEAT_SECONDS = 8
FORGOTTEN = timedelta(seconds=25)
# So many windows are remembered: nobody fills the table with invented ones.
MOST = 1000


class Presence:
    """The open windows of all front doors, by the name that each gave itself. Threads may share it;
    every method raises StoreUnavailable.
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = for_writing(engine)

    def beat(self, row_id: int, window: str, name: str, now: datetime | None = None) -> list[str]:
        """This window shows this row and no other; the names in the other windows that do,
        each once, in order. now: UTC."""
        work = partial(
            _beat, row_id=row_id, window=text_sha256(window), name=name, now=_or_now(now)
        )
        try:
            return in_transaction(self._writer, work)
        except RowRejected:  # two beats of a new window at once: the other one is there
            return in_transaction(self._writer, work)

    def keep(self, row_id: int | None, window: str) -> None:
        """This window goes to this row next."""
        change = update(open_card).where(open_card.c.window_sha256 == text_sha256(window))
        change = change.values(kept_id=row_id)
        in_transaction(self._writer, lambda connection: connection.execute(change).rowcount)

    def taken(self, window: str, now: datetime | None = None) -> set[int]:
        """The rows that other windows show or go to next."""
        query = select(open_card.c.row_id, open_card.c.kept_id).where(
            open_card.c.window_sha256 != text_sha256(window),
            open_card.c.seen_at >= _or_now(now) - FORGOTTEN,
        )
        rows = in_transaction(self._reader, lambda connection: connection.execute(query).all())
        return {id for row in rows for id in row if id is not None}

    def leave(self, window: str) -> None:
        """This window shows no row any more."""
        change = delete(open_card).where(open_card.c.window_sha256 == text_sha256(window))
        in_transaction(self._writer, lambda connection: connection.execute(change).rowcount)


def _beat(
    connection: Connection, row_id: int, window: bytes, name: str, now: datetime
) -> list[str]:
    card = open_card.c
    is_mine = card.window_sha256 == window
    is_there = connection.execute(select(card.row_id).where(is_mine)).first() is not None
    values = {"row_id": row_id, "kept_id": None, "name": name, "seen_at": now}
    if is_there:
        connection.execute(update(open_card).where(is_mine).values(values))
    else:
        # By those who come, not by those who stay: hardly ever two at once.
        connection.execute(delete(open_card).where(card.seen_at < now - FORGOTTEN))
        if (connection.scalar(select(func.count()).select_from(open_card)) or 0) < MOST:
            connection.execute(insert(open_card).values(window_sha256=window, **values))
    others = select(card.name).where(
        card.row_id == row_id, ~is_mine, card.seen_at >= now - FORGOTTEN
    )
    return sorted(set(connection.scalars(others)))


def _or_now(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)
