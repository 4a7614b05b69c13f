"""SOURCE → lines, one after the other; BulkError says in one sentence what is wrong with it."""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bulk.errors import BulkError
from bulk.line import UPLOAD, Line
from bulk.query import require_one_query
from db.engine import open_engine
from db.errors import StoreError
from pipeline.regular_file import open_file

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
# What a cell of a CSV file may hold, and a line of a list: links have no more than 2,048.
_LONGEST = 1024 * 1024
_PATIENCE_S = 600
# Said to the database before the query, so that it refuses whatever would change something.
_SQLITE_READS, _MYSQL_READS = "PRAGMA query_only = ON", "START TRANSACTION READ ONLY"


def open_source(source: str, url_type: str) -> Iterator[Line]:
    """The lines of a folder's pictures, a CSV or Parquet file, or a list of links.

    url_type: of links whose line names none.
    """
    if source == "-":
        return _listed(sys.stdin.buffer, "standard input", url_type)
    path = Path(source)
    if path.is_dir():
        return _folder(path)
    if not path.exists():
        raise BulkError(f"There is no file or folder named {source}.")
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        from bulk.parquet import rows

        return _rows(rows(path), source, url_type)
    return _csv(path, url_type) if suffix == ".csv" else _list(path, url_type)


def open_query(query: str, database_url: str, url_type: str) -> Iterator[Line]:
    """The rows of one query, which can change nothing."""
    require_one_query(query)
    return _rows(_queried(query, database_url), "the query", url_type)


def _folder(folder: Path) -> Iterator[Line]:
    """Its pictures by name, those of folders inside it too."""
    number = 0
    for path in _pictures(folder):
        number += 1
        yield Line(number=number, place=str(path.absolute()), url_type=UPLOAD, is_file=True)
    if not number:
        kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
        raise BulkError(f"There is no picture ({kinds}) in {folder}.")


def _pictures(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise BulkError(f"The folder {folder} cannot be read: {error.strerror}.") from None
    for entry in entries:
        # macOS keeps `._screen.png` beside `screen.png`; it holds no picture.
        if entry.name[0] == ".":
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _pictures(entry)
        elif entry.suffix.lower() in SUFFIXES and entry.is_file():
            yield entry


def _list(path: Path, url_type: str) -> Iterator[Line]:
    try:
        with open_file(path) as file:
            yield from _listed(file, str(path), url_type)
    except OSError as error:
        raise BulkError(f"{path} cannot be read: {error.strerror}.") from None


def _listed(lines: Iterable[bytes], name: str, url_type: str) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        try:
            place = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise BulkError(f"{name} is no text: line {number} is not UTF-8.") from None
        if len(place) > _LONGEST or "\0" in place:
            raise BulkError(f"{name} is no list of links: see line {number}.")
        if place:
            yield Line(number=number, place=place, url_type=url_type)


def _csv(path: Path, url_type: str) -> Iterator[Line]:
    csv.field_size_limit(_LONGEST)
    try:
        with io.TextIOWrapper(open_file(path), encoding="utf-8-sig", newline="") as file:
            yield from _rows(csv.DictReader(file, strict=True), str(path), url_type)
    except OSError as error:
        raise BulkError(f"{path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BulkError(f"{path} is no CSV in UTF-8: {error}.") from None


def _rows(rows: Iterable[Mapping[str, Any]], name: str, url_type: str) -> Iterator[Line]:
    for number, row in enumerate(rows, 1):
        if number == 1 and "image_url" not in row:
            raise BulkError(f"{name} has no column image_url.")
        yield Line(
            number=number,
            place=_cell(row["image_url"]),
            url_type=_cell(row.get("url_type")) or url_type,
        )


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _queried(query: str, database_url: str) -> Iterator[Mapping[str, Any]]:
    try:
        engine = open_engine(database_url, statement_seconds=_PATIENCE_S)
    except StoreError as error:
        raise BulkError(f"The database of the query is of no use. {error}") from None
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            is_sqlite = engine.dialect.name == "sqlite"
            connection.exec_driver_sql(_SQLITE_READS if is_sqlite else _MYSQL_READS)
            streamed = connection.execution_options(stream_results=True, max_row_buffer=1000)
            if engine.dialect.paramstyle in ("format", "pyformat"):
                query = query.replace("%", "%%")  # it holds no parameters
            rows = streamed.exec_driver_sql(query).mappings()
            while some := list(islice(rows, 1000)):
                for row in some:
                    yield {str(name): value for name, value in row.items()}
            transaction.rollback()
    except SQLAlchemyError as error:
        # What the database says of the query; never its address.
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise BulkError(f"The query failed: {said}") from None
    finally:
        engine.dispose()
