"""The SQL of the review queue: each page is read along one index (keyset pagination), so that it
reads no more rows than it gives, however many there are.

MySQL is told which index; left to itself it changes its mind with its statistics. SQLite takes the
same ones: no other has as many of the columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    or_,
    select,
    tuple_,
)

from db.column_types import MOST_URGENT
from db.filters import Filter
from db.tables import QUEUE_ORDER, VERSIONS_WALK, ocr_result

Place = tuple[Any, ...]

_PLACE = tuple(ocr_result.c[name] for name in QUEUE_ORDER)
_URL_PLACE = (ocr_result.c.url_start, ocr_result.c.id)
_VERSIONS = (ocr_result.c.model_version, ocr_result.c.rules_version)
_state = ocr_result.c.review_state


def places(connection: Connection, filter: Filter, after: Place | None, limit: int) -> list[Place]:
    """The places of the first rows behind `after`, in order; the last value of each is the id."""
    try:
        if filter.url_prefix:
            return [tuple(row) for row in connection.execute(_by_url(filter, after, limit))]
        found = [
            tuple(row)
            for walk in _walks(connection, filter)
            for row in _taken(connection, _from(connection, walk, filter, after), limit)
        ]
    except UnicodeEncodeError:  # a url that has no UTF-8 form is nobody's
        return []
    return sorted(found, reverse=True)[:limit]


def place_of(connection: Connection, filter: Filter, id: int) -> Place | None:
    """The place of this row, whether the filter lets it through or not; None: no such row."""
    columns = _URL_PLACE if filter.url_prefix else _PLACE
    row = connection.execute(select(*columns).where(ocr_result.c.id == id)).first()
    return None if row is None else tuple(row)


def counts(connection: Connection, filter: Filter) -> Iterator[tuple[str, str | None, int]]:
    """Review state, reason and how many; of all review states, whatever the filter asks for."""
    by = (_state, ocr_result.c.reason)
    query = select(*by, func.count()).group_by(*by)
    try:
        if filter.walk == VERSIONS_WALK:
            pairs = [_versions_are(pair) for pair in _versions(connection, filter)]
            query = query.where(or_(false(), *pairs))
        query = query.where(*filter.conditions())
    except UnicodeEncodeError:
        return
    if filter.url is None and not filter.url_prefix:
        query = _along(query, filter.walk)
    for row in connection.execute(query):
        yield row.review_state, row.reason, row[2]


def _walks(connection: Connection, filter: Filter) -> Iterator[Select[Any]]:
    """One walk for each review state, and for each pair of versions where they are asked for;
    the filter's conditions are still to come.
    """
    walk = select(*_PLACE).order_by(*(column.desc() for column in _PLACE))
    if filter.url is None:
        walk = _along(walk, filter.walk)
    if filter.walk != VERSIONS_WALK:
        for state in filter.states:
            yield walk.where(_state == state)
        return
    for pair in _versions(connection, filter):
        for state in filter.states:
            yield walk.where(_versions_are(pair), _state == state)


def _from(
    connection: Connection, walk: Select[Any], filter: Filter, after: Place | None
) -> Iterator[Select[Any]]:
    """The walk from this place on, in one piece or in two that follow each other."""
    by_day = filter.since is not None or filter.until is not None
    if not by_day and not filter.refused:
        walk = walk.where(*filter.conditions())
        yield walk if after is None else walk.where(_before(connection, _PLACE, after))
        return
    rank, first = ocr_result.c.queue_rank, MOST_URGENT
    if after is not None:
        first, *made_and_id = after
        begun = filter
        if filter.until is None or made_and_id[0] < filter.until:
            # One upper bound only: of two, SQLite takes any.
            begun = replace(filter, until=None)
            walk_on = walk.where(_before(connection, _PLACE[1:], tuple(made_and_id)))
        else:
            walk_on = walk
        yield walk_on.where(rank == first, *begun.conditions())
        first -= 1
    # All ranks by name: then each is a range of the index, and what lies between is not read.
    ranks = [MOST_URGENT] if filter.refused else range(first + 1)
    if not filter.refused or after is None:
        yield walk.where(rank.in_(ranks), *filter.conditions())


def _taken(connection: Connection, pieces: Iterator[Select[Any]], limit: int) -> list[Any]:
    rows: list[Any] = []
    for piece in pieces:
        rows += connection.execute(piece.limit(limit - len(rows)))
        if len(rows) == limit:
            break
    return rows


def _by_url(filter: Filter, after: Place | None, limit: int) -> Select[Any]:
    # The state as an expression: SQLite would take its index and sort what it finds.
    state = func.coalesce(_state, "")
    start, id = _URL_PLACE
    query = select(*_URL_PLACE).where(state.in_(filter.states))
    if after is None:
        query = query.where(*filter.conditions())
    else:
        behind = or_(start > after[0], and_(start == after[0], id > after[1]))
        query = query.where(*filter.conditions(urls_from=after[0]), behind)
    return _along(query, "ix_ocr_result_url_start").order_by(*_URL_PLACE).limit(limit)


def _versions(connection: Connection, filter: Filter) -> Iterator[tuple[str, str]]:
    """The pairs of model and rules version that there are and that the filter lets through."""
    model, rules = _VERSIONS
    for model_version in _values(connection, model):
        for rules_version in _values(connection, rules, model == model_version):
            if _lets_through(filter, model_version, rules_version):
                yield model_version, rules_version


def _values(
    connection: Connection, column: Column[str], *where: ColumnElement[bool]
) -> Iterator[str]:
    """The column's different values, one look into the index for each: to find them by DISTINCT,
    SQLite reads every row.
    """
    query = _along(select(func.max(column)).where(*where), VERSIONS_WALK)
    value = connection.scalar(query)
    while value is not None:
        yield value
        value = connection.scalar(query.where(column < value))


def _lets_through(filter: Filter, model: str, rules: str) -> bool:
    return (
        filter.model_version in (None, model)
        and filter.rules_version in (None, rules)
        and filter.older_than_versions != (model, rules)
    )


def _versions_are(pair: tuple[str, str]) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(_VERSIONS, pair, strict=True)))


def _before(
    connection: Connection, columns: Sequence[Column[Any]], values: Place
) -> ColumnElement[bool]:
    """Rows that an index of these columns has before these values, of which the last is unique.
    SQLite finds a row value in an index; MySQL does so only when it is spelled out.
    """
    if connection.dialect.name == "sqlite":
        return tuple_(*columns) < tuple_(*values)
    return or_(
        *(
            and_(
                *(columns[equal] == values[equal] for equal in range(less)),
                columns[less] < values[less],
            )
            for less in range(len(columns))
        )
    )


def _along(query: Select[Any], index: str) -> Select[Any]:
    return query.with_hint(ocr_result, f"FORCE INDEX ({index})", "mysql")
