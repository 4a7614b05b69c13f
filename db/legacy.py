"""Imports the replaced service's table: one row for each picture asked for, the same link often
twice, without evidence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, MetaData, Select, Table, select
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from db import column_types
from db.errors import RowConflict, RowNotFound, RowRejected, StoreError, StoreUnavailable
from db.faults import DATABASE_FAULTS, NO_RIGHT, judge, mysql_number
from db.rows import Imported, NewReading, ReviewState, Row, identity_key
from db.store import BATCH, Store
from db.tables import metadata

VERSION = "legacy"
_NEEDED = ("image_url", "ocr_fund_code", "ocr_hold_share")
_TAKEN = (*_NEEDED, "url_type", "update_fund_code", "update_hold_share")
_ROWS_AT_ONCE = 2000

Tell = Callable[[str], None]


class BadLegacyTable(StoreError):
    """There is no such table, or it is another one."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of the rows. known: their links were in our table before; corrections: of
    these, how many took the person's values. duplicates: rows that gave way to another of their
    link. partial: rows of which a value was not kept, or as a text alone.
    """

    read: int = 0
    imported: int = 0
    corrected: int = 0
    known: int = 0
    corrections: int = 0
    duplicates: int = 0
    rejected: int = 0
    partial: int = 0


def import_legacy(source: Engine, engine: Engine, table: str, tell: Tell) -> Report:
    """Take over what our table does not have yet; again, it changes nothing.

    Of rows with the same link, to the letter, the last corrected one is taken, else the last, in
    the order of the primary key. Well-formed thousands commas are taken out of shares, as of
    corrections. tell: one line for each link that had several rows, and for each row that cannot be
    kept, or not with all its values. BadLegacyTable; StoreUnavailable.
    """
    query = _query(source, table)
    report, chosen = Report(), _choose(source, query, table, tell)
    store = Store(engine)
    wanted: list[Mapping[str, Any]] = []
    for number, row in _rows(source, query, table):
        report.read += 1
        if chosen.get(_key(row)) != number:
            report.duplicates += 1
            continue
        wanted.append(row)
        if len(wanted) == BATCH:
            _store(store, wanted, report, tell)
            wanted = []
    _store(store, wanted, report, tell)
    return report


def _query(source: Engine, name: str) -> Select[Any]:
    if name in metadata.tables:
        raise BadLegacyTable(f"{name} is a table of this service.")
    try:
        table = Table(name, MetaData(), autoload_with=source)
    except NoSuchTableError:
        raise BadLegacyTable(f"There is no table {name}.") from None
    except DATABASE_FAULTS as error:
        raise _fault(error, name) from error
    missing = [column for column in _NEEDED if column not in table.columns]
    if missing:
        raise BadLegacyTable(f"The table {name} has no column {', '.join(missing)}.")
    taken = [table.columns[column] for column in _TAKEN if column in table.columns]
    return select(*taken).order_by(*(table.primary_key.columns or taken))


def _fault(error: Exception, table: str) -> StoreError:
    if isinstance(error, DBAPIError) and (number := mysql_number(error.orig)) in NO_RIGHT:
        return BadLegacyTable(
            f"The database's user may not read {table} (error {number}): GRANT SELECT ON it to "
            "the user, or name another one in --from."
        )
    return judge(error).error


def _choose(source: Engine, query: Select[Any], table: str, tell: Tell) -> dict[bytes, int]:
    """For each link the number of the row to take."""
    chosen: dict[bytes, tuple[bool, int]] = {}
    counts: dict[bytes, int] = {}
    for number, row in _rows(source, query, table):
        key = _key(row)
        if key in chosen:
            counts[key] = counts.get(key, 1) + 1
        chosen[key] = max(chosen.get(key, (False, -1)), (_is_corrected(row), number))
    for key, count in counts.items():
        corrected, number = chosen[key]
        kind = "the last corrected one" if corrected else "the last one"
        tell(f"row {number + 1}: its link has {count} rows; {kind} is taken")
    return {key: number for key, (_, number) in chosen.items()}


def _rows(
    source: Engine, query: Select[Any], table: str
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with source.connect() as connection:
            streamed = connection.execution_options(yield_per=_ROWS_AT_ONCE)
            yield from enumerate(streamed.execute(query).mappings())
    except DATABASE_FAULTS as error:
        raise _fault(error, table) from error


def _store(store: Store, rows: Sequence[Mapping[str, Any]], report: Report, tell: Tell) -> None:
    links = [_text(row, "image_url") for row in rows]
    known = store.find(links)
    new = [row for row, link in zip(rows, links, strict=True) if link not in known]
    for row, saved in zip(new, store.save([_reading(row) for row in new]), strict=True):
        if isinstance(saved, Row):
            report.imported += 1
            report.corrected += saved.corrected
            _tell_partial([*_texts_alone(saved), *_half(row)], row, report, tell)
        elif isinstance(saved, StoreUnavailable):
            raise saved
        else:
            report.rejected += 1
            tell(f"{_shown(row)}: {saved}")
    for row, link in zip(rows, links, strict=True):
        if link in known:
            report.known += 1
            _correct(store, known[link], row, report, tell)


def _correct(store: Store, known: Row, row: Mapping[str, Any], report: Report, tell: Tell) -> None:
    """Give a known row that nobody has judged the person's values."""
    if known.review_state != ReviewState.OPEN:
        return
    lost = list(_half(row))
    if _is_corrected(row):
        values = _text(row, "update_fund_code"), _share(row, "update_hold_share")
        try:
            store.correct(known.image_url, *values, actor=VERSION, row_version=known.row_version)
            report.corrections += 1
        except RowRejected:
            lost.append("its correction is no code of six digits with a plain number: not taken")
        except (RowNotFound, RowConflict):  # somebody was quicker
            pass
    _tell_partial(lost, row, report, tell)


def _texts_alone(saved: Row) -> Iterator[str]:
    """What the row's columns `fund_code` and `hold_share` cannot hold of its texts."""
    pairs = [(saved.ocr_fund_code, saved.ocr_hold_share)] if saved.flag else []
    if saved.corrected:
        pairs.append((saved.update_fund_code, saved.update_hold_share))
    if any(column_types.fund_code(code) is None for code, _ in pairs):
        yield "a code is not six digits: kept as text alone"
    if any(column_types.hold_share(share) is None for _, share in pairs):
        yield "a share is no plain number: kept as text alone"


def _half(row: Mapping[str, Any]) -> Iterator[str]:
    code, share = _text(row, "update_fund_code"), _text(row, "update_hold_share")
    if bool(code) != bool(share):
        yield f"its correction has no {'share' if code else 'code'}: not taken"


def _tell_partial(what: Sequence[str], row: Mapping[str, Any], report: Report, tell: Tell) -> None:
    report.partial += bool(what)
    for one in what:
        tell(f"{_shown(row)}: {one}")


def _reading(row: Mapping[str, Any]) -> NewReading:
    code, share = _text(row, "ocr_fund_code"), _share(row, "ocr_hold_share")
    flag = bool(code and share)
    return NewReading(
        identity=_text(row, "image_url"),
        url_type=_text(row, "url_type") or "oss",
        image_sha256=None,
        ocr_fund_code=code if flag else "",
        ocr_hold_share=share if flag else "",
        flag=flag,
        reason=None if flag else "NO_SHARE" if code else "NO_CODE",
        confidence=None,
        label=None,
        evidence={"width": 0, "height": 0, "lines": []},
        model_version=VERSION,
        rules_version=VERSION,
        imported=Imported(
            fund_code=_text(row, "update_fund_code") if _is_corrected(row) else "",
            hold_share=_share(row, "update_hold_share") if _is_corrected(row) else "",
        ),
    )


def _is_corrected(row: Mapping[str, Any]) -> bool:
    return bool(_text(row, "update_fund_code") and _text(row, "update_hold_share"))


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value)


def _share(row: Mapping[str, Any], column: str) -> str:
    return column_types.without_commas(_text(row, column))


def _key(row: Mapping[str, Any]) -> bytes:
    return identity_key(_text(row, "image_url"))


def _shown(row: Mapping[str, Any]) -> str:
    """A link without its query, which may be a signature."""
    return _text(row, "image_url").partition("?")[0]
