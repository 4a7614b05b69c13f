"""What several front doors of one database share: sessions of the pages, and open cards.

Like every migration it can be run again after it broke off.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHA256 = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Two tables, each with an index of what is deleted in time."""
    op.create_table(
        "page_session",
        sa.Column("token_sha256", _SHA256, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        if_not_exists=True,
        **_MYSQL,
    )
    _create_index("ix_page_session_ends_at", "page_session", "ends_at")
    op.create_table(
        "open_card",
        sa.Column("window_sha256", _SHA256, primary_key=True),
        sa.Column("row_id", _ID, nullable=False),
        sa.Column("kept_id", _ID, nullable=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        if_not_exists=True,
        **_MYSQL,
    )
    _create_index("ix_open_card_seen_at", "open_card", "seen_at")


def _create_index(name: str, table: str, *columns: str) -> None:
    """CREATE INDEX IF NOT EXISTS, which MySQL has not."""
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, list(columns))
