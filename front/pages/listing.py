"""What the queue's filters ask for: texts of an address ↔ a `Filter`. Pure.

Nobody is refused for a wrong text in an address: what is no filter is left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal
from urllib.parse import urlencode

from db.filters import Filter
from db.rows import ReviewState
from pipeline.url_types import UPLOAD, URL_TYPES
from postprocess.types import Reason

ALL_STATES = "all"
_LONGEST = 2048
# The ids that both databases have, and no other text, make an address of a row.
ROW_NUMBER = r"[1-9][0-9]{0,17}"
_ID = re.compile(r"#([0-9]{1,18})")
_CODE = re.compile(r"[0-9]{6}")
_LINK = re.compile(r"(?:https?://|upload:).*", re.IGNORECASE | re.DOTALL)

Search = Literal["", "id", "code", "link", "odd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The filters as they stand in the address; empty: not asked for.

    state: a ReviewState or `all`. since, until: days, both included. q: a code, a link,
    the beginning of one, or an id.
    """

    state: str = ReviewState.OPEN
    reason: str = ""
    url_type: str = ""
    label: str = ""
    model: str = ""
    rules: str = ""
    host: str = ""
    since: str = ""
    until: str = ""
    q: str = ""

    @property
    def search(self) -> Search:
        """What kind of thing is searched for; `odd`: nothing that a row could be found by."""
        if not self.q:
            return ""
        for pattern, kind in _KINDS:
            if pattern.fullmatch(self.q):
                return kind
        return "odd"

    @property
    def row_id(self) -> int | None:
        """The id that is searched for."""
        found = _ID.fullmatch(self.q)
        return int(found[1]) if found else None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the state is asked for."""
        return self != Query(state=self.state)

    def filter(self, zone: tzinfo, *, by_prefix: bool = False) -> Filter:
        """The rows that are asked for. zone: whose days are meant. by_prefix: a link that is
        searched for is a beginning."""
        is_link = self.search == "link"
        return Filter(
            state=None if self.state == ALL_STATES else (ReviewState(self.state),),
            reason=self.reason or None,
            url_type=self.url_type or None,
            label=self.label or None,
            model_version=self.model or None,
            rules_version=self.rules or None,
            host=self.host or None,
            since=_begin(self.since, zone),
            until=_begin(self.until, zone, days=1),
            fund_code=self.q if self.search == "code" else None,
            url=self.q if is_link and not by_prefix else None,
            url_prefix=self.q if is_link and by_prefix else None,
        )

    def address(self, path: str = "/review", **changes: str) -> str:
        """An address with these filters, some of them changed; `after` is the page's cursor."""
        after = changes.pop("after", "")
        query = replace(self, **changes)
        standing = Query()
        pairs = [
            (field.name, value)
            for field in fields(query)
            if (value := getattr(query, field.name)) != getattr(standing, field.name)
        ]
        pairs += [("after", after)] if after else []
        return f"{path}?{urlencode(pairs)}" if pairs else path


_KINDS: tuple[tuple[re.Pattern[str], Search], ...] = (
    (_ID, "id"),
    (_CODE, "code"),
    (_LINK, "link"),
)


def row_number(text: str) -> int:
    """The id in the address of a row; ValueError for what no row can have."""
    if not re.fullmatch(ROW_NUMBER, text):
        raise ValueError("a row has no such number")
    return int(text)


def query_of(arguments: Mapping[str, Sequence[str]]) -> Query:
    """The filters of an address; the first of several values counts."""

    given = dict(arguments)  # Sanic's own get() answers one text and not all of them

    def text(name: str) -> str:
        value = next(iter(given.get(name, ())), "").strip()[:_LONGEST]
        return value if value.isprintable() else ""

    state = text("state")
    reason, url_type = text("reason"), text("url_type")
    return Query(
        state=state if state in (*ReviewState, ALL_STATES) else ReviewState.OPEN,
        reason=reason if reason in Reason.__members__ else "",
        url_type=url_type if url_type in (*URL_TYPES, UPLOAD) else "",
        label=text("label"),
        model=text("model"),
        rules=text("rules"),
        host=text("host").lower(),
        since=text("since") if _day(text("since")) else "",
        until=text("until") if _day(text("until")) else "",
        q=text("q"),
    )


def _begin(day: str, zone: tzinfo, *, days: int = 0) -> datetime | None:
    found = _day(day)
    return None if found is None else datetime.combine(found, time(), zone) + timedelta(days=days)


def _day(text: str) -> date | None:
    """A day that dates can be reckoned with."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2999 else None
