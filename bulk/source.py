"""Reads a source (folder, CSV, Parquet, list of links, query) line by line."""

import csv
import io
import re
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.exc import SQLAlchemyError

from bulk.errors import BulkError
from bulk.picture_files import KINDS, PassedOver, pictures_in
from bulk.records import SourceLine
from db.engine import open_engine
from db.errors import StoreError
from db.rows import UPLOAD
from pipeline.regular_file import open_file

# What may be asked of somebody's database: one query that reads.

# Texts, quoted names and comments, in which nothing is a keyword or an end. What MySQL runs out of
# a comment (`/*! … */`) is none.
_QUOTED = re.compile(
    r"""'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|`[^`]*`|--[^\n]*|\#[^\n]*|/\*(?!M?!).*?\*/""",
    re.DOTALL | re.VERBOSE,
)
_READS = re.compile(r"[\s(]*(?:SELECT|WITH)\b", re.IGNORECASE)
# INTO: a file or a table of the server's. The rest would be a second statement, or hide one.
_MORE = re.compile(r"\bINTO\b|;|/\*", re.IGNORECASE)


def require_one_query(text: str) -> None:
    """BulkError for all that is not one SELECT (or WITH … SELECT).

    It keeps slips and pasted scripts away; that nothing is changed is the database's to see to.
    """
    bare = _QUOTED.sub(" ", text).strip().removesuffix(";")
    if not _READS.match(bare) or _MORE.search(bare):
        raise BulkError("--sql takes one query that reads: SELECT …, or WITH … SELECT ….")


ENCODINGS = ("utf-8", "gb18030")
_BLOCK = 1024 * 1024
# What a cell of a CSV file may hold, and a line of a list: links have no more than 2,048.
_LONGEST = 1024 * 1024
_PATIENCE_S = 600
# Said to the database before the query, so that it refuses whatever would change something.
_SQLITE_READS, _MYSQL_READS = "PRAGMA query_only = ON", "START TRANSACTION READ ONLY"


def open_source(
    source: str, url_type: str, passed_over: PassedOver | None = None
) -> Iterator[SourceLine]:
    """The lines of a folder's pictures, a CSV or Parquet file, or a list of links.

    url_type: of links whose line names none. passed_over: is told of a folder's other files.
    """
    if source == "-":
        return _listed(sys.stdin.buffer, "standard input", url_type)
    path = Path(source)
    if path.is_dir():
        return _folder(path, (passed_over or PassedOver()).add)
    if not path.exists():
        raise BulkError(f"There is no file or folder named {source}.")
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        from bulk.parquet import rows

        return _rows(rows(path), source, url_type)
    return _csv(path, url_type) if suffix == ".csv" else _list(path, url_type)


def open_query(query: str, database_url: str, url_type: str) -> Iterator[SourceLine]:
    """The rows of one query, which can change nothing."""
    require_one_query(query)
    return _rows(_queried(query, database_url), "the query", url_type)


def _folder(folder: Path, passed_over: Callable[[Path], None]) -> Iterator[SourceLine]:
    """Its pictures by name, those of folders inside it too."""
    number = 0
    try:
        for path in pictures_in(folder, passed_over):
            number += 1
            yield SourceLine(
                number=number, place=str(path.absolute()), url_type=UPLOAD, is_file=True
            )
    except OSError as error:
        place = error.filename or folder
        raise BulkError(f"The folder {place} cannot be read: {error.strerror}.") from None
    if not number:
        raise BulkError(f"There is no picture ({KINDS}) in {folder}.")


def _list(path: Path, url_type: str) -> Iterator[SourceLine]:
    try:
        with open_file(path) as file:
            yield from _listed(file, str(path), url_type, (_encoding(file),))
    except OSError as error:
        raise BulkError(f"{path} cannot be read: {error.strerror}.") from None


def _listed(
    lines: Iterable[bytes], name: str, url_type: str, encodings: tuple[str, ...] = ENCODINGS
) -> Iterator[SourceLine]:
    """encodings: of a line, the first that fits."""
    for number, line in enumerate(lines, 1):
        place = _decoded(line, encodings)
        if place is None:
            raise BulkError(f"{name} is no text: line {number} is neither UTF-8 nor GB 18030.")
        place = place.removeprefix("\ufeff").strip() if number == 1 else place.strip()
        if len(place) > _LONGEST or "\0" in place:
            raise BulkError(f"{name} is no list of links: see line {number}.")
        if place:
            yield SourceLine(number=number, place=place, url_type=url_type)


def _decoded(line: bytes, encodings: tuple[str, ...]) -> str | None:
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return line.decode(encoding)
    return None


def _csv(path: Path, url_type: str) -> Iterator[SourceLine]:
    csv.field_size_limit(_LONGEST)
    try:
        with open_file(path) as file:
            encoding = _encoding(file).replace("utf-8", "utf-8-sig")
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            yield from _rows(csv.DictReader(text, strict=True), str(path), url_type)
    except OSError as error:
        raise BulkError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BulkError(f"{path} is no CSV in UTF-8 or GB 18030.") from None
    except csv.Error as error:
        raise BulkError(f"{path} is no CSV: {error}.") from None


def _encoding(file: BinaryIO) -> str:
    """UTF-8, or what Chinese Excel writes where it is not; by all of the file, as for corrections:
    in a short piece one can look like the other."""
    decoder = getincrementaldecoder(ENCODINGS[0])()
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return ENCODINGS[1]
    finally:
        file.seek(0)
    return ENCODINGS[0]


def _rows(rows: Iterable[Mapping[str, Any]], name: str, url_type: str) -> Iterator[SourceLine]:
    for number, row in enumerate(rows, 1):
        if number == 1 and "image_url" not in row:
            raise BulkError(f"{name} has no column image_url.")
        yield SourceLine(
            number=number,
            place=_cell(row["image_url"]),
            url_type=_cell(row.get("url_type")) or url_type,
        )


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _queried(query: str, database_url: str) -> Iterator[Mapping[str, Any]]:
    try:
        engine = open_engine(database_url, statement_seconds=_PATIENCE_S, foreign=True)
    except StoreError as error:
        raise BulkError(f"The database of the query cannot be used. {error}") from None
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
