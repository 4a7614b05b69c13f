"""The tables, the same in meaning on SQLite and on MySQL or MariaDB.

On MySQL every text is compared byte by byte (utf8mb4_bin), and rows are found by a hash: each
case-insensitive collation makes `A.png` equal to `a.png`, and even utf8mb4_bin ignores trailing
spaces. The migrations in db/migrations build exactly these tables.

People look at rows in one order: the highest `queue_rank` first, of equals the newest. An index of
each column that they filter by ends in that order, so that a page is the walk of one index; the
reason stands behind it for counting without reading the rows.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import mysql

from db.column_types import ExactDecimal, JsonText, UtcDateTime

BUSINESS_TYPE = "基金"

# As many characters of an image_url are indexed: MySQL takes no key of 2,048.
URL_START = 255

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
    # Why a dismissed row was dismissed.
    Column("dismissal", String(16), nullable=True),
    # What later rules say of the page, where that is not what the row answers.
    Column("doubt", JsonText, nullable=True),
    # How the reading stands beside what people said: right, wrong, missed.
    Column("judged", String(8), nullable=True),
    # Of the link: its host in lower case, and its beginning. Both are for finding only.
    Column("host", String(255), nullable=False, server_default=""),
    Column("url_start", String(URL_START), nullable=False, server_default=""),
    Column("queue_rank", SmallInteger, nullable=False, server_default=text("0")),
    # Of the request that wrote the row or had it read again last: the logs tell the rest of it.
    Column("request_id", String(64), nullable=True),
    **_MYSQL,
)

QUEUE_ORDER = ("queue_rank", "created_at", "id")
VERSIONS_WALK = "ix_ocr_result_versions"
WALKS = {
    "ix_ocr_result_fund_code": ("fund_code",),
    "ix_ocr_result_reason": ("reason",),
    "ix_ocr_result_host": ("host",),
    "ix_ocr_result_label": ("label",),
    VERSIONS_WALK: ("model_version", "rules_version"),
    "ix_ocr_result_url_type": ("url_type",),
    "ix_ocr_result_queue": (),
}
"""Indexes that give the rows with one value of each of these columns, and of one review state, in
the queue's order; first those of whose values each has the fewest rows.
"""

for _name, _columns in WALKS.items():
    _names = (*_columns, "review_state", *QUEUE_ORDER, "reason")
    Index(_name, *(ocr_result.c[name] for name in dict.fromkeys(_names)))
Index("ix_ocr_result_url_start", ocr_result.c.url_start, ocr_result.c.id)
Index("ix_ocr_result_updated_at", ocr_result.c.updated_at, ocr_result.c.id)
Index(
    "ix_ocr_result_created_at",
    *(ocr_result.c[name] for name in ("created_at", "id", "reason", "review_state")),
)
Index(
    "ix_ocr_result_judged",
    *(ocr_result.c[name] for name in ("judged", "model_version", "rules_version", "created_at")),
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

access_key = Table(
    "access_key",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("key_sha256", _Sha256, nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    # A revoked key stays: history names its owner, and nobody else may take the name.
    Column("revoked_at", UtcDateTime, nullable=True),
    **_MYSQL,
)

_BatchId = String(32).with_variant(
    mysql.CHAR(32, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
)

ocr_batch = Table(
    "ocr_batch",
    metadata,
    Column("id", _BatchId, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    **_MYSQL,
)

ocr_batch_item = Table(
    "ocr_batch_item",
    metadata,
    Column("batch_id", _BatchId, ForeignKey("ocr_batch.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("url_sha256", _Sha256, nullable=False, index=True),
    Column("image_url", Text, nullable=False),
    Column("url_type", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    # The row of the answer; without a foreign key, because rows may be forgotten.
    Column("result_id", _Id, nullable=True),
    Column("error", JsonText, nullable=True),
    Column("updated_at", UtcDateTime, nullable=False),
    # Of `ocr_batch_caller`, while the item is open; empty where an earlier version wrote it.
    Column("caller", String(64), nullable=False, server_default=""),
    **_MYSQL,
)
# How the callers' turns are found, and counted what each has open.
Index(
    "ix_ocr_batch_item_turn",
    *(ocr_batch_item.c[name] for name in ("state", "caller", "batch_id", "position")),
)

ocr_batch_caller = Table(
    "ocr_batch_caller",
    metadata,
    # A key's name, or of who has none the address; empty for all items of an earlier version.
    Column("name", String(64), primary_key=True),
    Column("served_at", UtcDateTime, nullable=False),
    # When he handed in a batch last.
    Column("seen_at", UtcDateTime, nullable=False),
    **_MYSQL,
)

# What the front doors of one database share; nothing of it has to outlive a day.
page_session = Table(
    "page_session",
    metadata,
    Column("token_sha256", _Sha256, primary_key=True),
    # The key's that began it.
    Column("name", String(64), nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
    **_MYSQL,
)

open_card = Table(
    "open_card",
    metadata,
    # Of the name that a browser's window gave itself, which may be any text.
    Column("window_sha256", _Sha256, primary_key=True),
    # Without foreign keys, because rows may be forgotten. kept_id: what the window shows next.
    Column("row_id", _Id, nullable=False, autoincrement=False),
    Column("kept_id", _Id, nullable=True),
    Column("name", String(64), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
    **_MYSQL,
)
