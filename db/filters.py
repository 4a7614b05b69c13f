"""Filters of the review queue: the conditions of their query, and the index that it walks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_

from db.column_types import MOST_URGENT
from db.rows import ReviewState, identity_key
from db.tables import URL_START, VERSIONS_WALK, WALKS, ocr_result

# Behind every character that a text can have.
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Rows for which all of this is true; None: whatever it is.

    since, until: made at or after, made before; aware. url_prefix: the link's beginning, to the
    letter. older_than_versions: (model_version, rules_version) in use now; the rows without an
    answer that other ones have read, for a new reading.
    """

    state: tuple[ReviewState, ...] | None = None
    reason: str | None = None
    url_type: str | None = None
    label: str | None = None
    model_version: str | None = None
    rules_version: str | None = None
    host: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    fund_code: str | None = None
    url: str | None = None
    url_prefix: str | None = None
    older_than_versions: tuple[str, str] | None = None

    @property
    def states(self) -> tuple[ReviewState, ...]:
        """The review states asked for. Nobody reads anew what people have judged."""
        if self.state is not None:
            return self.state
        return (ReviewState.OPEN,) if self.older_than_versions else tuple(ReviewState)

    @property
    def refused(self) -> bool:
        """Whether all these rows are without a sure answer."""
        return self.reason is not None or self.older_than_versions is not None

    @property
    def walk(self) -> str:
        """The index that has these rows in the queue's order."""
        if self.older_than_versions is not None:
            return VERSIONS_WALK
        return next(
            name
            for name, columns in WALKS.items()
            if not columns or any(getattr(self, column) is not None for column in columns)
        )

    def conditions(self, urls_from: str = "") -> list[ColumnElement[bool]]:
        """All but the review state. UnicodeEncodeError for a url that has no UTF-8 form.

        urls_from: with url_prefix, only links from this `url_start` on.
        """
        columns = ocr_result.c
        conditions: list[ColumnElement[bool]] = [
            columns[name] == value
            for names in WALKS.values()
            for name in names
            if (value := getattr(self, name)) is not None
        ]
        if self.refused:
            conditions.append(columns.queue_rank == MOST_URGENT)
        if self.since is not None:
            conditions.append(columns.created_at >= self.since)
        if self.until is not None:
            conditions.append(columns.created_at < self.until)
        if self.url is not None:
            conditions.append(columns.url_sha256 == identity_key(self.url))
        if self.url_prefix:
            conditions.append(_begins_with(self.url_prefix, urls_from))
        if self.older_than_versions is not None:
            model, rules = self.older_than_versions
            conditions.append(or_(columns.model_version != model, columns.rules_version != rules))
        return conditions


def _begins_with(prefix: str, urls_from: str) -> ColumnElement[bool]:
    """As a range, not LIKE: SQLite's knows no case, and both know % and _. One lower bound only:
    of two, SQLite takes any.
    """
    start, columns = prefix[:URL_START], ocr_result.c
    if len(prefix) < URL_START:
        return and_(
            columns.url_start >= max(start, urls_from),
            columns.url_start < start + _LAST_CHARACTER,
        )
    return and_(
        columns.url_start == start,
        columns.image_url >= prefix,
        columns.image_url < prefix + _LAST_CHARACTER,
    )
