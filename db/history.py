"""`ocr_history`: one line for each change of a row, written with it and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from db.rows import Action, HistoryLine, Row
from db.tables import ocr_history


def add_line(
    connection: Connection,
    action: Action,
    row: Row,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    now: datetime,
    *,
    actor: str = "",
    note: str = "",
) -> None:
    """row: as it is after the change; before, after: what the line keeps of it."""
    connection.execute(
        insert(ocr_history).values(
            result_id=row.id,
            action=action,
            before=before,
            after=after,
            actor=actor,
            note=note,
            model_version=row.model_version,
            rules_version=row.rules_version,
            created_at=now,
        )
    )


def lines(connection: Connection, result_id: int) -> list[HistoryLine]:
    """The lines of one row, oldest first."""
    query = select(ocr_history).where(ocr_history.c.result_id == result_id)
    rows = connection.execute(query.order_by(ocr_history.c.id)).mappings()
    return [HistoryLine(**line) for line in rows]
