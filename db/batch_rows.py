"""The values of a batch and its items, made from their rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from db.rows import KnownRow
from db.tables import ocr_batch_item


class ItemState(StrEnum):
    """Where an item of a batch is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN = (ItemState.QUEUED, ItemState.RUNNING)
"""Nothing has come of these items yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """result_id: the row of the answer, when done. error: JSON-ready, when failed."""

    batch_id: str
    position: int
    image_url: str
    url_type: str
    state: ItemState
    result_id: int | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch, and some or all of its items.

    counts: how many of all its items are in each state.
    items: in the order in which they were given; rows: by position what the table says now of those
    that are done, unless it was forgotten.
    next: the position after which the rest of the items come; None where these are the last.
    """

    id: str
    actor: str
    created_at: datetime
    counts: dict[str, int]
    items: tuple[BatchItem, ...]
    rows: Mapping[int, KnownRow] = field(default_factory=dict)
    next: int | None = None


ITEM_COLUMNS = tuple(ocr_batch_item.c[field.name] for field in fields(BatchItem))


def item_of(row: Mapping[Any, Any]) -> BatchItem:
    """From the values of ITEM_COLUMNS."""
    return BatchItem(**{**row, "state": ItemState(row["state"])})
