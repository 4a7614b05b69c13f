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
from db.columns import Writer as _By
from db.columns import column, notes_of, placed, written_by

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
    column("id", _Id, _By.STORE, "编号", "Id", export=10, primary_key=True, autoincrement=True),
    column("url_sha256", _Sha256, _By.STORE, unique=True),
    column("image_url", Text, _By.REQUEST, "链接", "Link", export=20, card=10),
    column("url_type", String(16), _By.REQUEST, "来源类型", "Source", export=30, card=20),
    column("business_type", String(16), _By.REQUEST),
    # As the rules or the person gave them, whatever that is; empty when there is none.
    column(
        "ocr_fund_code",
        Text,
        _By.READING,
        "基金代码 (OCR)",
        "Fund code (OCR)",
        export=120,
        history=50,
    ),
    column(
        "ocr_hold_share", Text, _By.READING, "份额 (OCR)", "Share (OCR)", export=130, history=60
    ),
    column("update_fund_code", Text, _By.PERSON, "基金代码", "Fund code", export=140, history=30),
    column("update_hold_share", Text, _By.PERSON, "份额", "Share", export=150, history=40),
    # What a reader of the table uses: corrected if corrected, else read.
    column("fund_code", _FundCode, _By.ANSWER, "基金代码", "Fund code", export=50, nullable=True),
    column("hold_share", ExactDecimal, _By.ANSWER, "份额", "Share", export=60, nullable=True),
    column("flag", Boolean, _By.READING, "有答案", "Answered", export=40, history=70),
    column(
        "reason", String(32), _By.READING, "原因", "Reason", export=70, history=80, nullable=True
    ),
    column(
        "confidence",
        Double,
        _By.READING,
        "置信度",
        "Confidence",
        export=80,
        history=100,
        nullable=True,
    ),
    column(
        "label",
        String(64),
        _By.READING,
        "读到的标签",
        "Label read",
        export=90,
        history=90,
        card=30,
        nullable=True,
    ),
    column("review_state", String(16), _By.PERSON, "状态", "State", export=100, history=10),
    column("evidence", JsonText, _By.READING, kept=False),
    column("image_sha256", _Sha256, _By.READING, nullable=True, index=True),
    column(
        "model_version", String(128), _By.READING, "模型", "Model", export=160, history=120, card=40
    ),
    column(
        "rules_version", String(64), _By.READING, "规则", "Rules", export=170, history=130, card=50
    ),
    column("row_version", Integer, _By.STORE, "版本", "Version", export=180, card=60, kept=True),
    column("created_at", UtcDateTime, _By.STORE, "识别时间", "Read at", export=190, card=70),
    column("updated_at", UtcDateTime, _By.STORE, "更新时间", "Updated at", export=200, card=80),
    # Why a dismissed row was dismissed.
    column(
        "dismissal",
        String(16),
        _By.PERSON,
        "排除",
        "Dismissed",
        export=110,
        history=20,
        nullable=True,
    ),
    # What later rules say of the page, where that is not what the row answers.
    column("doubt", JsonText, _By.RULES, "存疑", "Doubtful", history=110, nullable=True),
    # How the reading stands beside what people said: right, wrong, missed.
    column("judged", String(8), _By.FINDING, nullable=True),
    # Of the link: its host in lower case, and its beginning. Both are for finding only.
    column("host", String(255), _By.REQUEST, server_default=""),
    column("url_start", String(URL_START), _By.FINDING, server_default=""),
    column("queue_rank", SmallInteger, _By.FINDING, server_default=text("0")),
    # Of the request that wrote the row or had it read again last: the logs tell the rest of it.
    column("request_id", String(64), _By.REQUEST, nullable=True),
    **_MYSQL,
)

FROM_READING = written_by(ocr_result, _By.READING)
"""The columns of a row that a reading gives it."""
IN_SNAPSHOT = tuple(name for name, notes in notes_of(ocr_result).items() if notes.kept)
"""What a line of history keeps of a row."""
EXPORTED = placed(ocr_result, lambda notes: notes.export)
"""The columns of an exported table, from the left."""
IN_HISTORY = placed(ocr_result, lambda notes: notes.history)
"""Of what is kept, what people are shown when it changed. The typed twins of the values and the
picture's hash say nothing more."""
ON_CARD = placed(ocr_result, lambda notes: notes.card)
"""The details of a card, from the top."""
COLUMN_NAMES = {name: notes.words for name, notes in notes_of(ocr_result).items() if notes.words}
"""The columns' names in Chinese and in English."""

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
    # A key's name, or without one the address; empty for all items of an earlier version.
    Column("name", String(64), primary_key=True),
    Column("served_at", UtcDateTime, nullable=False),
    # When it handed in a batch last.
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
