"""What came in during a time: counts to be held against those of another time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from db.tables import ocr_result
from db.transactions import in_transaction

SAMPLE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rows that were made from `since` until before `until` (aware).

    reasons: rows by reason; None counts the answered ones. hosts, url_types: rows and refused rows
    by name. confidence: mean of the answered rows, by model version. pages: `evidence` of the
    newest SAMPLE rows, each with the time at which it was made.
    """

    since: datetime
    until: datetime
    reasons: Counter[str | None] = field(default_factory=Counter)
    hosts: dict[str, tuple[int, int]] = field(default_factory=dict)
    url_types: dict[str, tuple[int, int]] = field(default_factory=dict)
    confidence: dict[str, tuple[float, int]] = field(default_factory=dict)
    pages: tuple[tuple[datetime, dict[str, Any]], ...] = ()

    @property
    def rows(self) -> int:
        return self.reasons.total()


def window(engine: Engine, since: datetime, until: datetime) -> Window:
    """Count a time's rows and take a sample of their pages; StoreUnavailable."""
    return in_transaction(engine, partial(_window, since=since, until=until))


def _window(connection: Connection, since: datetime, until: datetime) -> Window:
    columns = ocr_result.c
    inside = (columns.created_at >= since, columns.created_at < until)
    refused = func.count(columns.reason)

    def by(column: Any, *counted: Any) -> list[Any]:  # noqa: ANN401 — columns and expressions
        query = select(column, *counted).where(*inside).group_by(column)
        return [tuple(row) for row in connection.execute(query)]

    answered = (*inside, columns.reason.is_(None), columns.confidence.is_not(None))
    sure = (
        select(columns.model_version, func.avg(columns.confidence), func.count())
        .where(*answered)
        .group_by(columns.model_version)
    )
    newest = (
        select(columns.created_at, columns.evidence)
        .where(*inside)
        .order_by(columns.created_at.desc(), columns.id.desc())
        .limit(SAMPLE)
    )
    return Window(
        since=since,
        until=until,
        reasons=Counter(dict(by(columns.reason, func.count()))),
        hosts={host: (n, int(r or 0)) for host, n, r in by(columns.host, func.count(), refused)},
        url_types={
            kind: (n, int(r or 0)) for kind, n, r in by(columns.url_type, func.count(), refused)
        },
        confidence={model: (float(mean), n) for model, mean, n in connection.execute(sure)},
        pages=tuple((made, evidence) for made, evidence in connection.execute(newest)),
    )
