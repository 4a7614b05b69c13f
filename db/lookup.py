"""Looks up keys and known links, many in one round trip: what the front door asks at each request.

It is one statement that stands for itself, on a connection that stays open: no BEGIN, no COMMIT, no
ping before; and of a row it brings only what its answer is made of.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Engine,
    Select,
    case,
    func,
    literal_column,
    null,
    select,
)

from db.engine import open_engine
from db.rows import KnownRow
from db.tables import access_key, ocr_result
from db.transactions import without_transaction

# Values of one statement, as the store has them.
MOST = 500
_ANSWER = "answer"
_COLUMNS = tuple(field.name for field in fields(KnownRow) if field.name != _ANSWER)
# Where a key has its columns; a link has its own there, and an id.
_ID, _NAME, _ROLE = (_COLUMNS.index(name) for name in ("id", "ocr_fund_code", "ocr_hold_share"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What a round trip found.

    keys: name and role of the owner, by the key's sha256; a revoked key is not there.
    links: the row's columns, by the sha256 of its identity; `known_row` makes a row of them.
    """

    keys: dict[bytes, tuple[str, str]]
    links: dict[bytes, Sequence[Any]]


class Lookup:
    """One database by a connection of its own. One thread uses it at a time.

    BadDatabaseUrl, StoreUnavailable: see `open_engine`.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url, autocommit=True)
        # The texts by how many values they have a place for.
        self._keys = lru_cache(partial(_text, self._engine, _select_keys))
        self._links = lru_cache(partial(_text, self._engine, _select_links))

    def __call__(self, keys: Sequence[bytes], links: Sequence[bytes]) -> LookedUp:
        """At most MOST sha256 of keys, and as many of identities; StoreUnavailable."""
        parts = [self._keys(len(keys))] if keys else []
        parts += [self._links(len(links))] if links else []
        if not parts:
            return LookedUp(keys={}, links={})
        sql, sought = " UNION ALL ".join(parts), (*keys, *links)
        rows = without_transaction(
            self._engine, lambda connection: connection.exec_driver_sql(sql, sought).all()
        )
        looked_up = LookedUp(keys={}, links={})
        for key, *columns in rows:
            if columns[_ID] is None:
                looked_up.keys[key] = (columns[_NAME], columns[_ROLE])
            else:
                looked_up.links[key] = columns
        return looked_up

    def close(self) -> None:
        """Give the connection back."""
        self._engine.dispose()


def known_row(columns: Sequence[Any]) -> KnownRow:
    """What an answer is made of, from the columns of one link."""
    *values, answer = columns
    row = dict(zip(_COLUMNS, values, strict=True))
    row["flag"] = bool(row["flag"])
    return KnownRow(**row, answer={} if answer is None else json.loads(answer))


def _select_keys(_: Engine, sought: Sequence[bytes]) -> Select[Any]:
    """The columns that stand for a key among those of a link."""
    key = access_key.c.key_sha256
    values = {_NAME: access_key.c.name, _ROLE: access_key.c.role}
    columns = [values.get(place, null()) for place in range(len(_COLUMNS) + 1)]
    return select(key, *columns).where(access_key.c.revoked_at.is_(None), key.in_(sought))


def known_columns(dialect: Dialect) -> list[ColumnElement[Any]]:
    """What `known_row` needs of a row of `ocr_result`; its id first."""
    evidence = ocr_result.c.evidence
    # The database takes it out: to read the whole evidence takes Python 80 µs, and the GIL.
    answer: Any = func.json_extract(evidence, literal_column(f"'$.{_ANSWER}'"))
    if dialect.name == "sqlite":  # which does not check what it stores, and would stop here
        answer = case((func.json_valid(evidence), answer))
    return [*(ocr_result.c[name] for name in _COLUMNS), answer]


def _select_links(engine: Engine, sought: Sequence[bytes]) -> Select[Any]:
    key = ocr_result.c.url_sha256
    return select(key, *known_columns(engine.dialect)).where(key.in_(sought))


def _text(
    engine: Engine, query: Callable[[Engine, Sequence[bytes]], Select[Any]], count: int
) -> str:
    """The statement as the driver takes it, with a place for each of `count` values."""
    statement = query(engine, [b""] * count)
    return str(statement.compile(engine, compile_kwargs={"render_postcompile": True}))
