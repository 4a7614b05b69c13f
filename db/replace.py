"""Stores new readings of known rows, and doubts in their answers; a row that changed meanwhile is
left alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine

from db.engine import for_writing
from db.reads import rows_by_key
from db.rows import Action, NewReading, Row, identity_key
from db.transactions import in_transaction
from db.writes import doubt_answer, replace_reading, was_changed_at

_AT_ONCE = 50
_Change = Callable[[Connection, Row, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """row_version: of the row that was looked at. reading: what it is to have."""

    row_version: int
    reading: NewReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """identity, row_version: of the row that was looked at. other: what other rules say of it
    (`Row.doubt`); None where they say what it answers."""

    identity: str
    row_version: int
    other: dict[str, Any] | None


def replace_readings(
    engine: Engine, replacements: Sequence[Replacement], *, actor: str, note: str
) -> set[str]:
    """Give rows their new readings, each with one line of history; the identities of those that
    took theirs.

    A row that has changed since it was looked at stays as it is, one that is gone is not made anew.
    Raises StoreUnavailable; what was replaced before that is committed.
    """

    def change(one: Replacement, connection: Connection, row: Row, now: datetime) -> None:
        replace_reading(connection, row, one.reading, now, actor=actor, note=note)

    changes = {
        identity_key(one.reading.identity): (one.row_version, partial(change, one))
        for one in replacements
    }
    return _changed(engine, changes, Action.REREAD)


def doubt_answers(engine: Engine, doubts: Sequence[Doubt], *, actor: str, note: str) -> set[str]:
    """Put rows at the head of the review queue beside what other rules say of them, each with one
    line of history; what they answer stays. As `replace_readings` otherwise."""

    def change(one: Doubt, connection: Connection, row: Row, now: datetime) -> None:
        doubt_answer(connection, row, one.other, now, actor=actor, note=note)

    changes = {
        identity_key(one.identity): (one.row_version, partial(change, one)) for one in doubts
    }
    return _changed(engine, changes, Action.DOUBTED)


def _changed(
    engine: Engine, changes: Mapping[bytes, tuple[int, _Change]], action: Action
) -> set[str]:
    keys, taken, writer = sorted(changes), set[str](), for_writing(engine)
    for start in range(0, len(keys), _AT_ONCE):
        some = {key: changes[key] for key in keys[start : start + _AT_ONCE]}
        work = partial(_change_some, some=some, action=action, now=datetime.now(UTC))
        taken |= in_transaction(writer, work)
    return taken


def _change_some(
    connection: Connection,
    some: Mapping[bytes, tuple[int, _Change]],
    action: Action,
    now: datetime,
) -> set[str]:
    rows = rows_by_key(connection, list(some), lock=True)
    taken = set()
    for key, row in sorted(rows.items()):
        row_version, change = some[key]
        if row.row_version == row_version:
            change(connection, row, now)
        elif not was_changed_at(connection, row, now, action):
            continue
        taken.add(row.image_url)
    return taken
