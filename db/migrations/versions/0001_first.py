"""The two tables `ocr_result` and `ocr_history`.

A migration says its types itself: db/tables.py moves on, this file does not. On MySQL each
statement commits by itself, so a broken run is mended by running it again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHA256 = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_FUND_CODE = sa.String(6).with_variant(
    mysql.CHAR(6, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
)
_DECIMAL = sa.Numeric(20, 4).with_variant(sa.Text(), "sqlite")
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Create what is not there yet."""
    op.create_table(
        "ocr_result",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("url_sha256", _SHA256, nullable=False, unique=True),
        sa.Column("image_url", sa.Text, nullable=False),
        sa.Column("url_type", sa.String(16), nullable=False),
        sa.Column("business_type", sa.String(16), nullable=False),
        sa.Column("ocr_fund_code", sa.Text, nullable=False),
        sa.Column("ocr_hold_share", sa.Text, nullable=False),
        sa.Column("update_fund_code", sa.Text, nullable=False),
        sa.Column("update_hold_share", sa.Text, nullable=False),
        sa.Column("fund_code", _FUND_CODE, nullable=True),
        sa.Column("hold_share", _DECIMAL, nullable=True),
        sa.Column("flag", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("confidence", sa.Double, nullable=True),
        sa.Column("label", sa.String(64), nullable=True),
        sa.Column("review_state", sa.String(16), nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("image_sha256", _SHA256, nullable=True),
        sa.Column("model_version", sa.String(128), nullable=False),
        sa.Column("rules_version", sa.String(64), nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        if_not_exists=True,
        **_MYSQL,
    )
    _create_index("ix_ocr_result_image_sha256", "ocr_result", "image_sha256")
    op.create_table(
        "ocr_history",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("result_id", _ID, sa.ForeignKey("ocr_result.id"), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("before", sa.JSON, nullable=True),
        sa.Column("after", sa.JSON, nullable=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("model_version", sa.String(128), nullable=False),
        sa.Column("rules_version", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        if_not_exists=True,
        **_MYSQL,
    )
    _create_index("ix_ocr_history_result_id", "ocr_history", "result_id")


def _create_index(name: str, table: str, column: str) -> None:
    """CREATE INDEX IF NOT EXISTS, which MySQL has not."""
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, [column])
