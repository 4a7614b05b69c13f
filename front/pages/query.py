"""Parses the queue's filters from an address into a `Filter`, and writes them back. Pure.

What is no filter is refused where rows are listed or taken away, which would be others than were
asked for; in the address of one row, which filters only accompany, it is left out.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal
from urllib.parse import urlencode

from db.filters import Filter
from db.rows import UPLOAD, ReviewState
from front.errors import BadQuery
from pipeline.plain import escaped
from pipeline.url_types import URL_TYPES
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
    """The filters of an address; the first of several values counts. What is no filter is left
    out."""
    return Query(**{name: text for name, text, is_one in _filters(arguments) if is_one and text})


def asked_query(arguments: Mapping[str, Sequence[str]], *also: str) -> Query:
    """The same, for a request of just these rows. also: what the address may hold besides.

    BadQuery for a filter that is none, and for a name that none has.
    """
    names = [field.name for field in fields(Query)]
    for name in arguments:
        if name not in names and name not in also:
            raise BadQuery(
                f"There is no filter {escaped(name[:40])}; there are {', '.join([*names, *also])}."
            )
    found = list(_filters(arguments))
    for name, _, is_one in found:
        if not is_one:
            raise BadQuery(f"{name} must be {_ALLOWED.get(name, _TEXT)}, or empty.")
    return Query(**{name: text for name, text, _ in found if text})


def _filters(arguments: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, bool]]:
    """Each one's name, its text, and whether that is one."""
    given = dict(arguments)  # Sanic's own get() answers one text and not all of them
    for name in (field.name for field in fields(Query)):
        text = next(iter(given.get(name, ())), "").strip()
        text = text.lower() if name == "host" else text
        is_one = len(text) <= _LONGEST and text.isprintable()
        yield name, text, not text or (is_one and _IS_ONE.get(name, bool)(text))


def _begin(day: str, zone: tzinfo, *, days: int = 0) -> datetime | None:
    found = _day(day)
    return None if found is None else datetime.combine(found, time(), zone) + timedelta(days=days)


def _is_day(text: str) -> bool:
    return _day(text) is not None


def _day(text: str) -> date | None:
    """A day that dates can be reckoned with."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2999 else None


_DAY = "a day like 2026-11-30"
_TEXT = f"a text of at most {_LONGEST:,} characters"
_STATES = (*ReviewState, ALL_STATES)
_IS_ONE: dict[str, Callable[[str], bool]] = {
    "state": _STATES.__contains__,
    "reason": Reason.__members__.__contains__,
    "url_type": (*URL_TYPES, UPLOAD).__contains__,
    "since": _is_day,
    "until": _is_day,
}
_ALLOWED = {
    "state": f"one of {', '.join(_STATES)}",
    "reason": f"one of {', '.join(Reason)}",
    "url_type": f"one of {', '.join((*URL_TYPES, UPLOAD))}",
    "since": _DAY,
    "until": _DAY,
}
