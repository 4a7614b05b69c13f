"""Rows of the table that the service before this one kept: one for each picture asked for, the
same link often twice, without evidence.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, MetaData, Select, Table, select
from sqlalchemy.exc import NoSuchTableError

from db.errors import RowNotFound, RowRejected, StoreError, StoreUnavailable
from db.faults import DATABASE_FAULTS, judge
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
    link.
    """

    read: int = 0
    imported: int = 0
    corrected: int = 0
    known: int = 0
    corrections: int = 0
    duplicates: int = 0
    rejected: int = 0


def import_legacy(source: Engine, engine: Engine, table: str, tell: Tell) -> Report:
    """Take over what our table does not have yet; again, it changes nothing.

    Of rows with the same link, to the letter, the last corrected one is taken, else the last, in
    the order of the primary key. tell: one line for each link that had several rows, and for each
    row that cannot be kept. BadLegacyTable; StoreUnavailable.
    """
    query = _query(source, table)
    report, chosen = Report(), _choose(source, query, tell)
    store = Store(engine)
    wanted: list[Mapping[str, Any]] = []
    for number, row in _rows(source, query):
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
        raise judge(error).error from error
    missing = [column for column in _NEEDED if column not in table.columns]
    if missing:
        raise BadLegacyTable(f"The table {name} has no column {', '.join(missing)}.")
    taken = [table.columns[column] for column in _TAKEN if column in table.columns]
    return select(*taken).order_by(*(table.primary_key.columns or taken))


def _choose(source: Engine, query: Select[Any], tell: Tell) -> dict[bytes, int]:
    """For each link the number of the row to take."""
    chosen: dict[bytes, tuple[bool, int]] = {}
    counts: dict[bytes, int] = {}
    for number, row in _rows(source, query):
        key = _key(row)
        if key in chosen:
            counts[key] = counts.get(key, 1) + 1
        chosen[key] = max(chosen.get(key, (False, -1)), (_is_corrected(row), number))
    for key, count in counts.items():
        corrected, number = chosen[key]
        kind = "the last corrected one" if corrected else "the last one"
        tell(f"row {number + 1}: its link has {count} rows; {kind} is taken")
    return {key: number for key, (_, number) in chosen.items()}


def _rows(source: Engine, query: Select[Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with source.connect() as connection:
            streamed = connection.execution_options(yield_per=_ROWS_AT_ONCE)
            yield from enumerate(streamed.execute(query).mappings())
    except DATABASE_FAULTS as error:
        raise judge(error).error from error


def _store(store: Store, rows: Sequence[Mapping[str, Any]], report: Report, tell: Tell) -> None:
    links = [_text(row, "image_url") for row in rows]
    known = store.find(links)
    new = [row for row, link in zip(rows, links, strict=True) if link not in known]
    for row, saved in zip(new, store.save([_reading(row) for row in new]), strict=True):
        if isinstance(saved, Row):
            report.imported += 1
            report.corrected += saved.corrected
        elif isinstance(saved, StoreUnavailable):
            raise saved
        else:
            report.rejected += 1
            tell(f"{_shown(row)}: {saved}")
    for row, link in zip(rows, links, strict=True):
        if link in known:
            report.known += 1
            report.corrections += _correct(store, known[link], row)


def _correct(store: Store, known: Row, row: Mapping[str, Any]) -> bool:
    """Give a known row that nobody has judged the person's values."""
    if known.review_state != ReviewState.OPEN or not _is_corrected(row):
        return False
    try:
        values = _text(row, "update_fund_code"), _text(row, "update_hold_share")
        store.correct(known.image_url, *values, actor=VERSION, row_version=known.row_version)
    except (RowRejected, RowNotFound):
        return False
    return True


def _reading(row: Mapping[str, Any]) -> NewReading:
    code, share = _text(row, "ocr_fund_code"), _text(row, "ocr_hold_share")
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
            hold_share=_text(row, "update_hold_share") if _is_corrected(row) else "",
        ),
    )


def _is_corrected(row: Mapping[str, Any]) -> bool:
    return bool(_text(row, "update_fund_code") and _text(row, "update_hold_share"))


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value)


def _key(row: Mapping[str, Any]) -> bytes:
    return identity_key(_text(row, "image_url"))


def _shown(row: Mapping[str, Any]) -> str:
    """A link without its query, which may be a signature."""
    return _text(row, "image_url").partition("?")[0]
