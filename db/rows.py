"""The values that the store takes and gives: readings, rows, changes."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any

from db.tables import FROM_READING, IN_SNAPSHOT

UPLOAD = "upload"
"""The `url_type` of a picture that came without a link."""


class ReviewState(StrEnum):
    """What people have said of a row so far."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    DISMISSED = "dismissed"


class Dismissal(StrEnum):
    """Why a person dismissed a row."""

    NOT_A_FUND = "not_a_fund"  # 不是基金
    UNREADABLE = "unreadable"  # 无法识别
    OTHER = "other"  # 其他


class Action(StrEnum):
    """What one line of history tells. A first plain reading has none: the row itself is it."""

    COPIED = "copied"
    REREAD = "reread"
    DOUBTED = "doubted"
    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    UNDONE = "undone"
    IMPORTED = "imported"


def identity_key(identity: str) -> bytes:
    """The 32 bytes by which a row is found: sha256 of the identity's exact UTF-8 bytes.

    UnicodeEncodeError for a text that has no UTF-8 form (half a surrogate pair).
    """
    return sha256(identity.encode()).digest()


class _Answered:
    """What a caller is answered, from the columns that say it."""

    __slots__ = ()
    ocr_fund_code: str
    ocr_hold_share: str
    update_fund_code: str
    update_hold_share: str
    flag: bool
    review_state: str

    @property
    def corrected(self) -> bool:
        return self.review_state == ReviewState.CORRECTED

    @property
    def answer_fund_code(self) -> str:
        """What a caller is answered: the person's text if corrected, else the reading's."""
        return self.update_fund_code if self.corrected else self.ocr_fund_code

    @property
    def answer_hold_share(self) -> str:
        return self.update_hold_share if self.corrected else self.ocr_hold_share

    @property
    def answer_flag(self) -> bool:
        """Whether there is an answer: a person's, or the reading's that nobody dismissed."""
        return self.corrected or (self.flag and self.review_state != ReviewState.DISMISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow(_Answered):
    """The columns of a row that its answer is made of. answer: `evidence["answer"]`."""

    id: int
    ocr_fund_code: str
    ocr_hold_share: str
    update_fund_code: str
    update_hold_share: str
    flag: bool
    reason: str | None
    review_state: str
    model_version: str
    rules_version: str
    row_version: int
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(_Answered):
    """One row of `ocr_result`, column by column; times are aware and in UTC.

    doubt: what later rules say of the reading where that is something else than the row answers
    (`fund_code`, `hold_share`, `reason`, `rules_version`); a person is to look.
    """

    id: int
    url_sha256: bytes
    image_url: str
    url_type: str
    business_type: str
    ocr_fund_code: str
    ocr_hold_share: str
    update_fund_code: str
    update_hold_share: str
    fund_code: str | None
    hold_share: Decimal | None
    flag: bool
    reason: str | None
    confidence: float | None
    label: str | None
    review_state: str
    evidence: dict[str, Any]
    image_sha256: bytes | None
    model_version: str
    rules_version: str
    row_version: int
    created_at: datetime
    updated_at: datetime
    dismissal: str | None = None
    doubt: dict[str, Any] | None = None
    host: str = ""
    request_id: str | None = None

    @property
    def answer(self) -> dict[str, Any]:
        """The part of the answer's detail that was read from the page."""
        answer: dict[str, Any] = self.evidence.get("answer", {})
        return answer

    def snapshot(self) -> dict[str, Any]:
        """What a line of history keeps of the row, JSON-ready: see `db.columns`."""
        return {name: _json_ready(getattr(self, name)) for name in IN_SNAPSHOT}


def _json_ready(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case bytes():
            return value.hex()
        case datetime():
            return value.isoformat()
        case _:
            return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A person's values that a row of another table brings along; both empty: there are none."""

    fund_code: str
    hold_share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReading:
    """One reading to be stored.

    identity: the link exactly as the caller wrote it, or `upload:sha256:<hex>`.
    ocr_fund_code, ocr_hold_share: as the rules gave them, both empty without a sure answer.
    confidence: the lower of both fields, 0–1; None without a sure answer.
    evidence: JSON-ready; the same rules on it give the same answer again.
    refresh: an existing row takes this reading; a person's correction stays and still wins.
    row_version: with refresh, only a row that has not changed since this version takes it.
    copied_from: id of the row of the same picture; the new row takes that row's reading and
        review as they stand when it is written, and the values given here only if it is gone.
    imported: the row comes from another table, which its history says.
    request_id: of the request that it is read for; None where no request asks, as in a replay.
    """

    identity: str
    url_type: str
    image_sha256: bytes | None
    ocr_fund_code: str
    ocr_hold_share: str
    flag: bool
    reason: str | None
    confidence: float | None
    label: str | None
    evidence: dict[str, Any] = field(default_factory=dict)
    model_version: str
    rules_version: str
    refresh: bool = False
    row_version: int | None = None
    copied_from: int | None = None
    imported: Imported | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        kinds = (self.refresh, self.copied_from is not None, self.imported is not None)
        if sum(kinds) > 1:
            raise ValueError("a reading is either new or copied or imported")
        if self.row_version is not None and not self.refresh:
            raise ValueError("only a new reading is for a row of some version")

    @classmethod
    def copy_of(
        cls, row: Row, *, identity: str, url_type: str, request_id: str | None = None
    ) -> "NewReading":
        """The reading of the same picture, for its other link `identity`."""
        return cls(
            **{name: getattr(row, name) for name in FROM_READING},
            identity=identity,
            url_type=url_type,
            copied_from=row.id,
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One line of `ocr_history`. before, after: `Row.snapshot()`; before a new reading the
    replaced evidence is kept too, and after a copy `copied_from`.
    """

    id: int
    result_id: int
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    actor: str
    note: str
    model_version: str
    rules_version: str
    created_at: datetime
