"""What people need to find, judge and correct rows; keys of the front door; batches.

Like every migration it can be run again after it broke off: on MySQL each statement commits by
itself, so each step looks whether it is done already.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHA256 = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BATCH_ID = sa.String(32).with_variant(
    mysql.CHAR(32, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
)
_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
_ROWS_AT_ONCE = 1000
_NEW = ("judged", "host", "url_start", "queue_rank")
_ORDER = ("queue_rank", "created_at", "id")


def upgrade() -> None:
    """Columns first, then their values, then indexes over them."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("ocr_result")}
    for column in (
        sa.Column("dismissal", sa.String(16), nullable=True),
        sa.Column("judged", sa.String(8), nullable=True),
        sa.Column("host", sa.String(255), nullable=False, server_default=""),
        sa.Column("url_start", sa.String(255), nullable=False, server_default=""),
        sa.Column("queue_rank", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
    ):
        if column.name not in present:
            op.add_column("ocr_result", column)
    _fill()
    _create_index("ix_ocr_result_queue", "ocr_result", "review_state", *_ORDER, "reason")
    for name in ("fund_code", "host", "label", "url_type"):
        _create_index(
            f"ix_ocr_result_{name}", "ocr_result", name, "review_state", *_ORDER, "reason"
        )
    _create_index("ix_ocr_result_reason", "ocr_result", "reason", "review_state", *_ORDER)
    _create_index("ix_ocr_result_url_start", "ocr_result", "url_start", "id")
    _create_index("ix_ocr_result_updated_at", "ocr_result", "updated_at", "id")
    _create_index(
        *("ix_ocr_result_created_at", "ocr_result"),
        *("created_at", "id", "reason", "review_state"),
    )
    _create_index(
        *("ix_ocr_result_versions", "ocr_result", "model_version", "rules_version"),
        *("review_state", *_ORDER, "reason"),
    )
    _create_index(
        *("ix_ocr_result_judged", "ocr_result"),
        *("judged", "model_version", "rules_version", "created_at"),
    )
    _create_access_key()
    _create_batches()


def _fill() -> None:
    """The new columns' values of rows that were there before; `url_start` is empty in these."""
    rows = sa.table(
        "ocr_result",
        *(sa.column(name) for name in ("id", "image_url", "url_type", "flag", "confidence")),
        *(sa.column(name) for name in ("review_state", "ocr_fund_code", "ocr_hold_share")),
        *(sa.column(name) for name in ("update_fund_code", "update_hold_share")),
        *(sa.column(name) for name in _NEW),
    )
    change = (
        sa.update(rows)
        .where(rows.c.id == sa.bindparam("row"))
        .values({name: sa.bindparam(f"new_{name}") for name in _NEW})
    )
    for some in _unfilled(rows):
        values = [
            {
                "row": row.id,
                "new_host": "" if row.url_type == "upload" else _host(row.image_url),
                "new_url_start": row.image_url[:255],
                "new_judged": _judged(row),
                "new_queue_rank": _queue_rank(bool(row.flag), row.confidence),
            }
            for row in some
        ]
        op.get_bind().execute(change, values)


def _unfilled(rows: sa.TableClause) -> Iterator[list[Any]]:
    last = 0
    while True:
        query = (
            sa.select(rows)
            .where(rows.c.id > last, rows.c.url_start == "")
            .order_by(rows.c.id)
            .limit(_ROWS_AT_ONCE)
        )
        some = list(op.get_bind().execute(query))
        if not some:
            return
        yield some
        last = some[-1].id


def _host(image_url: str) -> str:
    try:
        return (urlsplit(image_url).hostname or "")[:255]
    except ValueError:
        return ""


def _judged(row: Any) -> str | None:  # noqa: ANN401 - a database row
    """Until now people could only correct."""
    if row.review_state != "corrected":
        return None
    if not row.flag:
        return "missed"
    read = (row.ocr_fund_code, row.ocr_hold_share)
    return "right" if read == (row.update_fund_code, row.update_hold_share) else "wrong"


def _queue_rank(flag: bool, confidence: float | None) -> int:
    if not flag:
        return 42
    doubt = 1 - min(max(confidence or 0.0, 0.0), 1.0)
    return int(doubt * 200) if doubt < 0.1 else min(20 + int((doubt - 0.1) * 50), 41)


def _create_access_key() -> None:
    op.create_table(
        "access_key",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("key_sha256", _SHA256, nullable=False, unique=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        if_not_exists=True,
        **_MYSQL,
    )


def _create_batches() -> None:
    op.create_table(
        "ocr_batch",
        sa.Column("id", _BATCH_ID, primary_key=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        if_not_exists=True,
        **_MYSQL,
    )
    _create_index("ix_ocr_batch_created_at", "ocr_batch", "created_at")
    op.create_table(
        "ocr_batch_item",
        sa.Column("batch_id", _BATCH_ID, sa.ForeignKey("ocr_batch.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("url_sha256", _SHA256, nullable=False),
        sa.Column("image_url", sa.Text, nullable=False),
        sa.Column("url_type", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("result_id", _ID, nullable=True),
        sa.Column("error", sa.JSON, nullable=True),
        sa.Column("updated_at", _TIME, nullable=False),
        if_not_exists=True,
        **_MYSQL,
    )
    _create_index("ix_ocr_batch_item_url_sha256", "ocr_batch_item", "url_sha256")
    _create_index("ix_ocr_batch_item_state", "ocr_batch_item", "state", "batch_id", "position")


def _create_index(name: str, table: str, *columns: str) -> None:
    """CREATE INDEX IF NOT EXISTS, which MySQL has not."""
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, list(columns))
