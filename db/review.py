"""Corrects, confirms, dismisses and undoes: each locks the row and adds a line of history.

Every function runs inside the transaction that its caller has open. Sent twice by the same person,
with the version that was looked at, a change is one: the second finds the state it would make.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from db import history
from db.errors import RowConflict, RowNotFound, RowRejected
from db.reads import row_by_id, rows_by_key
from db.rows import Action, Dismissal, HistoryLine, ReviewState, Row
from db.tables import ocr_result
from db.verdict import Review

_HUMAN = frozenset({Action.CORRECTED, Action.CONFIRMED, Action.DISMISSED})


def correct(
    connection: Connection,
    key: bytes,
    fund_code: str,
    hold_share: str,
    now: datetime,
    *,
    row_version: int | None,
    actor: str,
    note: str,
) -> Row:
    """Set a person's values. Values that the row already has from a person are no second
    correction, whoever sends them, unless they come with a note that nobody has written yet.
    """
    row = rows_by_key(connection, [key], lock=True).get(key)
    if row is None:
        raise RowNotFound
    if (
        row.corrected
        and (row.update_fund_code, row.update_hold_share) == (fund_code, hold_share)
        and (not note or note in _notes(connection, row))
    ):
        return row
    if row_version is not None and row_version != row.row_version:
        raise RowConflict(row)
    verdict = Review(state=ReviewState.CORRECTED, fund_code=fund_code, hold_share=hold_share)
    return _change(connection, row, Action.CORRECTED, verdict, now, actor=actor, note=note)


def confirm(
    connection: Connection, id: int, now: datetime, *, row_version: int, actor: str, note: str
) -> Row:
    """Say that the row's answer is right; a correction that is confirmed stays a correction."""
    row = _locked(connection, id)
    if _is_repeated(connection, row, Action.CONFIRMED, row_version, actor, note):
        return row
    _require_version(row, row_version)
    if not row.answer_flag:
        raise RowRejected("The row has no answer to confirm.")
    verdict = Review.of(row) if row.corrected else Review(state=ReviewState.CONFIRMED)
    return _change(connection, row, Action.CONFIRMED, verdict, now, actor=actor, note=note)


def dismiss(
    connection: Connection,
    id: int,
    reason: Dismissal,
    now: datetime,
    *,
    row_version: int,
    actor: str,
    note: str,
) -> Row:
    """Say that the row can have no answer."""
    row = _locked(connection, id)
    same = row.dismissal == reason
    if same and _is_repeated(connection, row, Action.DISMISSED, row_version, actor, note):
        return row
    _require_version(row, row_version)
    verdict = Review(state=ReviewState.DISMISSED, dismissal=reason)
    return _change(connection, row, Action.DISMISSED, verdict, now, actor=actor, note=note)


def undo(connection: Connection, id: int, now: datetime, *, row_version: int, actor: str) -> Row:
    """Take back the last thing that a person said of the row and that is not taken back yet."""
    row = _locked(connection, id)
    if _is_repeated(connection, row, Action.UNDONE, row_version, actor):
        return row
    _require_version(row, row_version)
    line = _last_standing(history.lines(connection, id))
    if line is None or line.before is None:
        raise RowRejected("Nobody has said anything of this row that could be taken back.")
    verdict = Review.before(line.before, row)
    values = {"undid": line.id}
    return _change(connection, row, Action.UNDONE, verdict, now, actor=actor, more=values)


def _change(
    connection: Connection,
    row: Row,
    action: Action,
    verdict: Review,
    now: datetime,
    *,
    actor: str,
    note: str = "",
    more: dict[str, Any] | None = None,
) -> Row:
    connection.execute(
        update(ocr_result)
        .where(ocr_result.c.id == row.id)
        .values(
            **verdict.columns(row.ocr_fund_code, row.ocr_hold_share, row.flag),
            row_version=row.row_version + 1,
            updated_at=now,
        )
    )
    after = row_by_id(connection, row.id)
    assert after is not None
    values = after.snapshot() | (more or {})
    history.add_line(connection, action, after, row.snapshot(), values, now, actor=actor, note=note)
    return after


def _notes(connection: Connection, row: Row) -> list[str]:
    """What was written with the corrections to the values that the row has."""
    values = ("update_fund_code", "update_hold_share")
    present = row.snapshot()
    return [
        line.note
        for line in history.lines(connection, row.id)
        if line.action == Action.CORRECTED
        and line.after is not None
        and all(line.after.get(name) == present[name] for name in values)
    ]


def _locked(connection: Connection, id: int) -> Row:
    row = row_by_id(connection, id, lock=True)
    if row is None:
        raise RowNotFound
    return row


def _require_version(row: Row, row_version: int) -> None:
    if row_version != row.row_version:
        raise RowConflict(row)


def _is_repeated(
    connection: Connection, row: Row, action: Action, row_version: int, actor: str, note: str = ""
) -> bool:
    """True where this person's same action made the present version of the row, and it is sent
    again: with the version that it was made from, or with the one that it made.
    """
    lines = history.lines(connection, row.id)
    if not lines:
        return False
    last = lines[-1]
    return (
        (last.action, last.actor, last.note) == (action, actor, note)
        and row_version in (row.row_version - 1, row.row_version)
        and last.after is not None
        and last.after["row_version"] == row.row_version
        # Undoing is no state: with the version that it made, one asks for one more.
        and (action is not Action.UNDONE or row_version < row.row_version)
    )


def _last_standing(lines: list[HistoryLine]) -> HistoryLine | None:
    undone: set[int] = set()
    for line in reversed(lines):
        if line.action == Action.UNDONE and line.after is not None:
            undone.add(line.after["undid"])
        elif line.action in _HUMAN and line.id not in undone:
            return line
    return None
