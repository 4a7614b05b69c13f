"""New readings of rows that were looked at before: none takes a row that has changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection, Engine

from db.engine import for_writing
from db.rows import NewReading, identity_key
from db.transactions import in_transaction
from db.writes import replace_reading, rows_by_key, was_replaced_at

_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """row_version: of the row that was looked at. reading: what it is to have."""

    row_version: int
    reading: NewReading


def replace_readings(
    engine: Engine, replacements: Sequence[Replacement], *, actor: str, note: str
) -> set[str]:
    """Give rows their new readings, each with one line of history; the identities of those that
    took theirs.

    A row that has changed since it was looked at stays as it is, one that is gone stays away.
    Raises StoreUnavailable; what was replaced before that is committed.
    """
    by_key = {identity_key(one.reading.identity): one for one in replacements}
    keys, taken, writer = sorted(by_key), set[str](), for_writing(engine)
    for start in range(0, len(keys), _AT_ONCE):
        some = {key: by_key[key] for key in keys[start : start + _AT_ONCE]}
        work = partial(_replace, some=some, now=datetime.now(UTC), actor=actor, note=note)
        taken |= in_transaction(writer, work)
    return taken


def _replace(
    connection: Connection,
    some: dict[bytes, Replacement],
    now: datetime,
    actor: str,
    note: str,
) -> set[str]:
    rows = rows_by_key(connection, list(some), lock=True)
    taken = set()
    for key, row in sorted(rows.items()):
        if row.row_version == some[key].row_version:
            replace_reading(connection, row, some[key].reading, now, actor=actor, note=note)
        elif not was_replaced_at(connection, row, now):
            continue
        taken.add(row.image_url)
    return taken
