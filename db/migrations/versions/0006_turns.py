"""Items of batches are taken in turn by caller: whose they are, and who was served when.

Like every migration it can be run again after it broke off. Items that are done or failed keep an
empty caller, so that no large table is written anew.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
_OPEN = ("queued", "running")


def upgrade() -> None:
    """Column and index first: by them the open items are found."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("ocr_batch_item")}
    if "caller" not in present:
        op.add_column(
            "ocr_batch_item",
            sa.Column("caller", sa.String(64), nullable=False, server_default=""),
        )
    indexes = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("ocr_batch_item")}
    if "ix_ocr_batch_item_turn" not in indexes:
        op.create_index(
            "ix_ocr_batch_item_turn",
            "ocr_batch_item",
            ["state", "caller", "batch_id", "position"],
        )
    if "ix_ocr_batch_item_state" in indexes:
        op.drop_index("ix_ocr_batch_item_state", "ocr_batch_item")
    op.create_table(
        "ocr_batch_caller",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("served_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        if_not_exists=True,
        **_MYSQL,
    )
    _fill()


def _fill() -> None:
    """The callers of open items; and the nameless one, for items that a front door of the version
    before still adds."""
    connection = op.get_bind()
    batch = sa.table("ocr_batch", sa.column("id"), sa.column("actor"))
    item = sa.table("ocr_batch_item", *map(sa.column, ("batch_id", "state", "caller")))
    caller = sa.table(
        "ocr_batch_caller",
        sa.column("name"),
        sa.column("served_at", _TIME),
        sa.column("seen_at", _TIME),
    )
    unnamed = (item.c.state.in_(_OPEN), item.c.caller == "")
    open_batches = sa.select(item.c.batch_id).where(*unnamed).distinct()
    query = sa.select(batch.c.id, batch.c.actor).where(batch.c.id.in_(open_batches))
    actors = {row.id: row.actor[:64] for row in connection.execute(query)}
    there = set(connection.scalars(sa.select(caller.c.name)))
    now = datetime.now(UTC).replace(tzinfo=None)
    for name in sorted({"", *actors.values()} - there):
        connection.execute(sa.insert(caller).values(name=name, served_at=now, seen_at=now))
    for batch_id, name in actors.items():
        is_one = (item.c.batch_id == batch_id, *unnamed)
        connection.execute(sa.update(item).where(*is_one).values(caller=name))
