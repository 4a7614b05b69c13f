"""Counts for the statistics page: what came in each day, and how good the readings were."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from db.reads import rows_by_id
from db.rows import UPLOAD, ReviewState, Row
from db.tables import ocr_result
from db.transactions import in_transaction

_JUDGED = ("right", "wrong", "missed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What came of the pictures that were first seen on one day.

    refused: how many had no sure answer, by reason. corrected, confirmed, dismissed: how many of
    the day's pictures stand so by now.
    """

    day: date
    answered: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    corrected: int = 0
    confirmed: int = 0
    dismissed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How readings of one model and one rule set compare with what people said of them.

    right: the person's values, or no answer where the picture has none. wrong: other values, or
    an answer where there is none. missed: no answer where the person found one.
    """

    model_version: str
    rules_version: str
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def judged(self) -> int:
        """Pictures of which a person knew what they show."""
        return self.right + self.wrong + self.missed


class Numbers:
    """Threads of one process may share it. Every method raises StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def per_day(self, since: date, until: date, zone: tzinfo) -> list[Day]:
        """One Day for each from `since` to `until`, both included, oldest first; each from midnight
        to midnight in `zone`."""
        days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
        return in_transaction(self._engine, partial(_per_day, days=days, zone=zone))

    def accuracy(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> list[Accuracy]:
        """For each model and rules version with judged rows; of the rows made in this time."""
        return in_transaction(self._engine, partial(_accuracy, since=since, until=until))


def _per_day(connection: Connection, days: list[date], zone: tzinfo) -> list[Day]:
    return [_day(connection, day, zone) for day in days]


def _day(connection: Connection, day: date, zone: tzinfo) -> Day:
    begins = datetime.combine(day, time(), zone)
    columns = (ocr_result.c.reason, ocr_result.c.review_state)
    query = (
        select(*columns, func.count())
        .where(
            ocr_result.c.created_at >= begins,
            ocr_result.c.created_at < begins + timedelta(days=1),
        )
        .group_by(*columns)
    )
    reasons: Counter[str | None] = Counter()
    states: Counter[str] = Counter()
    for reason, state, count in connection.execute(query):
        reasons[reason] += count
        states[state] += count
    return Day(
        day=day,
        answered=reasons[None],
        refused={reason: n for reason, n in sorted(reasons.items(), key=str) if reason},
        corrected=states[ReviewState.CORRECTED],
        confirmed=states[ReviewState.CONFIRMED],
        dismissed=states[ReviewState.DISMISSED],
    )


def _accuracy(
    connection: Connection, since: datetime | None, until: datetime | None
) -> list[Accuracy]:
    row = ocr_result.c
    columns = (row.judged, row.model_version, row.rules_version)
    query = select(*columns, func.count()).where(row.judged.in_(_JUDGED)).group_by(*columns)
    if since is not None:
        query = query.where(row.created_at >= since)
    if until is not None:
        query = query.where(row.created_at < until)
    query = query.with_hint(ocr_result, "FORCE INDEX (ix_ocr_result_judged)", "mysql")
    found: dict[tuple[str, str], dict[str, int]] = {}
    for judged, model, rules, count in connection.execute(query):
        found.setdefault((model, rules), {})[judged] = count
    return [
        Accuracy(model_version=model, rules_version=rules, **counts)
        for (model, rules), counts in sorted(found.items())
    ]


# What came in during a time: counts to be held against those of another time.

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


# The rows of which a person knew what they show.

_VERDICTS = ("right", "wrong", "missed")


def newest_judged_links(engine: Engine, count: int) -> list[Row]:
    """At most `count` rows, newest first; uploads are not among them, as nobody can fetch them
    again. StoreUnavailable."""
    return in_transaction(engine, partial(_newest, count=count))


def _newest(connection: Connection, count: int) -> list[Row]:
    columns = ocr_result.c
    query = (
        select(columns.id)
        .where(columns.judged.in_(_VERDICTS), columns.url_type != UPLOAD)
        .order_by(columns.id.desc())
        .limit(count)
    )
    ids = connection.execute(query).scalars().all()
    found = rows_by_id(connection, ids) if ids else {}
    return [found[id] for id in ids]
