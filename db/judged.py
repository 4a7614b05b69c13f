"""The rows of which a person knew what they show."""

from functools import partial

from sqlalchemy import Connection, Engine, select

from db.rows import Row
from db.tables import ocr_result
from db.transactions import in_transaction
from db.writes import rows_by_id

_VERDICTS = ("right", "wrong", "missed")


def newest_judged_links(engine: Engine, count: int) -> list[Row]:
    """At most `count` rows, newest first; uploads are not among them, as nobody can fetch them
    again. StoreUnavailable."""
    return in_transaction(engine, partial(_newest, count=count))


def _newest(connection: Connection, count: int) -> list[Row]:
    columns = ocr_result.c
    query = (
        select(columns.id)
        .where(columns.judged.in_(_VERDICTS), columns.url_type != "upload")
        .order_by(columns.id.desc())
        .limit(count)
    )
    ids = connection.execute(query).scalars().all()
    found = rows_by_id(connection, ids) if ids else {}
    return [found[id] for id in ids]
