"""The two tables, the same in meaning on SQLite and on MySQL or MariaDB.

On MySQL every text is compared byte by byte (utf8mb4_bin), and rows are found by a hash: each
case-insensitive collation makes `A.png` equal to `a.png`, and even utf8mb4_bin ignores trailing
spaces. The migrations in db/migrations build exactly these tables.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql

from db.column_types import ExactDecimal, JsonText, UtcDateTime

BUSINESS_TYPE = "基金"

# Each duplicate of an upsert uses up an id on MySQL: 64 bits. SQLite counts only INTEGER keys up.
_Id = BigInteger().with_variant(Integer(), "sqlite")
_Sha256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_FundCode = String(6).with_variant(
    mysql.CHAR(6, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
)
_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}

metadata = MetaData()

ocr_result = Table(
    "ocr_result",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("url_sha256", _Sha256, nullable=False, unique=True),
    Column("image_url", Text, nullable=False),
    Column("url_type", String(16), nullable=False),
    Column("business_type", String(16), nullable=False),
    # As the rules or the person gave them, whatever that is; empty when there is none.
    Column("ocr_fund_code", Text, nullable=False),
    Column("ocr_hold_share", Text, nullable=False),
    Column("update_fund_code", Text, nullable=False),
    Column("update_hold_share", Text, nullable=False),
    # What a reader of the table uses: corrected if corrected, else read.
    Column("fund_code", _FundCode, nullable=True),
    Column("hold_share", ExactDecimal, nullable=True),
    Column("flag", Boolean, nullable=False),
    Column("reason", String(32), nullable=True),
    Column("confidence", Double, nullable=True),
    Column("label", String(64), nullable=True),
    Column("review_state", String(16), nullable=False),
    Column("evidence", JsonText, nullable=False),
    Column("image_sha256", _Sha256, nullable=True, index=True),
    Column("model_version", String(128), nullable=False),
    Column("rules_version", String(64), nullable=False),
    Column("row_version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    **_MYSQL,
)

ocr_history = Table(
    "ocr_history",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("result_id", _Id, ForeignKey("ocr_result.id"), nullable=False, index=True),
    Column("action", String(16), nullable=False),
    Column("before", JsonText, nullable=True),
    Column("after", JsonText, nullable=True),
    Column("actor", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("model_version", String(128), nullable=False),
    Column("rules_version", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    **_MYSQL,
)
