"""Which rows people look at, as conditions of a query and the index to walk for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_

from db.rows import ReviewState, identity_key
from db.tables import URL_START, WALK_OF_ALL, WALKS, ocr_result

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
        """The review states to walk, one after the other."""
        return tuple(ReviewState) if self.state is None else self.state

    @property
    def walk(self) -> str:
        """The index whose order is the queue's for one review state of these rows. Of several
        the first is taken: the one of which a value has the fewest rows.
        """
        given = (name for column, name in WALKS.items() if getattr(self, column) is not None)
        return next(given, WALK_OF_ALL)

    def conditions(self) -> list[ColumnElement[bool]]:
        """All but the review state. UnicodeEncodeError for a url that has no UTF-8 form."""
        columns = ocr_result.c
        found: list[ColumnElement[bool]] = [
            columns[name] == value
            for name in (*WALKS, "rules_version")
            if (value := getattr(self, name)) is not None
        ]
        if self.since is not None:
            found.append(columns.created_at >= self.since)
        if self.until is not None:
            found.append(columns.created_at < self.until)
        if self.url is not None:
            found.append(columns.url_sha256 == identity_key(self.url))
        if self.url_prefix:
            found.append(_begins_with(self.url_prefix))
        if self.older_than_versions is not None:
            model, rules = self.older_than_versions
            found.append(columns.flag.is_(False))
            found.append(or_(columns.model_version != model, columns.rules_version != rules))
        return found


def _begins_with(prefix: str) -> ColumnElement[bool]:
    """As a range, not LIKE: SQLite's knows no case, and both know % and _."""
    start, columns = prefix[:URL_START], ocr_result.c
    if len(prefix) < URL_START:
        return and_(columns.url_start >= start, columns.url_start < start + _LAST_CHARACTER)
    return and_(
        columns.url_start == start,
        columns.image_url >= prefix,
        columns.image_url < prefix + _LAST_CHARACTER,
    )
