"""Keeps a run's lines and their outcomes on disk: any number of them, in little memory.

A query or a folder may change while it is read; what is written down here does not. Each line has
one place for its outcome, so that none has two, and what has none yet can be asked for again.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields, replace
from itertools import islice
from pathlib import Path

from bulk.errors import BulkError
from bulk.records import LineResult, SourceLine, to_bytes, to_place

# Lines take their turns in a mixed order, so that hosts do too: numbers times this, which is odd,
# give each turn of 32 bits once, and those of neighbours lie far apart (Knuth, vol. 3, 6.4).
_GOLDEN = 2_654_435_761
_TURNS = 2**32
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE line (turn INTEGER PRIMARY KEY, number INTEGER NOT NULL, place BLOB NOT NULL,
    url_type TEXT NOT NULL, is_file INTEGER NOT NULL, first INTEGER);
CREATE TABLE outcome (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
"""
_FILLED = """
CREATE UNIQUE INDEX by_number ON line (number);
CREATE INDEX by_place ON line (place, url_type, number);
UPDATE line SET first = (SELECT MIN(other.number) FROM line AS other
    WHERE other.place = line.place AND other.url_type = line.url_type);
DROP INDEX by_place;
"""
_WAITING = (
    "FROM line WHERE first = number "
    "AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.number = line.number)"
)

_FIELDS = tuple(field.name for field in fields(LineResult))

Turns = tuple[int, int]
"""The first and the last turn of some lines."""


class Spool:
    """One file; one thread of one process writes it, others read by `lines_of`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        # A generator that was not read to its end may be closed by another thread.
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.executescript(_SCHEMA)

    def fill(self, lines: Iterable[SourceLine], limit: int | None = None) -> None:
        """Write the lines down. A link that comes again is asked for once, by its first line."""
        lines = islice(lines, limit)
        while some := list(islice(lines, 1000)):
            if some[-1].number >= _TURNS:
                raise BulkError("The source has more than 4 billion lines; split it.")
            values = [
                (
                    line.number * _GOLDEN % _TURNS,
                    line.number,
                    to_bytes(line.place),
                    line.url_type,
                    line.is_file,
                )
                for line in some
            ]
            with self._connection:
                self._connection.execute("BEGIN")
                self._connection.executemany(
                    "INSERT INTO line VALUES (?, ?, ?, ?, ?, NULL)", values
                )
        self._connection.executescript(_FILLED)

    def count(self) -> tuple[int, int]:
        """How many lines there are, and how many different pictures they name."""
        query = "SELECT COUNT(*), COUNT(CASE WHEN first = number THEN 1 END) FROM line"
        lines, different = self._connection.execute(query).fetchone()
        return lines, different

    def waiting(self) -> int:
        """How many pictures have no outcome yet."""
        count: int = self._connection.execute(f"SELECT COUNT(*) {_WAITING}").fetchone()[0]
        return count

    def portions(self, size: int) -> list[Turns]:
        """The turns of those that wait, so many pictures in each but the last."""
        portions: list[Turns] = []
        turns = self._connection.execute(f"SELECT turn {_WAITING} ORDER BY turn")
        while some := turns.fetchmany(size):
            portions.append((some[0][0], some[-1][0]))
        return portions

    def lines(self, turns: Turns) -> list[SourceLine]:
        """The lines of these turns that wait."""
        return _lines(self._connection, turns)

    def put(self, outcomes: Iterable[LineResult]) -> int:
        """Keep what pictures came to; of how many nothing was known before."""
        before = self._connection.total_changes
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany(
                "INSERT OR IGNORE INTO outcome VALUES (?, ?)",
                [(outcome.number, to_json(outcome)) for outcome in outcomes],
            )
        return self._connection.total_changes - before

    def results(self) -> Iterator[tuple[SourceLine, LineResult | None]]:
        """Every line in order, with what it came to."""
        rows = self._connection.execute(
            "SELECT line.number, place, url_type, is_file, first, body FROM line "
            "LEFT JOIN outcome ON outcome.number = first ORDER BY line.number"
        )
        for number, place, url_type, is_file, first, body in rows:
            line = _line(number, place, url_type, is_file)
            if body is None:
                yield line, None
                continue
            outcome = from_json(body)
            if first != number:  # no line but the first had it read
                source = "stored" if outcome.source == "ocr" else outcome.source
                outcome = replace(outcome, number=number, source=source)
            yield line, outcome

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def lines_of(file: Path, turns: Turns) -> list[SourceLine]:
    """The same as `Spool.lines`, in another process of this machine."""
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=60)
    try:
        return _lines(connection, turns)
    finally:
        connection.close()


def to_json(outcome: LineResult) -> str:
    """As it is kept and sent."""
    return json.dumps(astuple(outcome))


def from_json(text: str) -> LineResult:
    """The way back."""
    return LineResult(**dict(zip(_FIELDS, json.loads(text), strict=True)))


def _lines(connection: sqlite3.Connection, turns: Turns) -> list[SourceLine]:
    query = (
        f"SELECT number, place, url_type, is_file {_WAITING} AND turn BETWEEN ? AND ? ORDER BY turn"
    )
    return [_line(*row) for row in connection.execute(query, turns)]


def _line(number: int, place: bytes, url_type: str, is_file: int) -> SourceLine:
    return SourceLine(
        number=number, place=to_place(place), url_type=url_type, is_file=bool(is_file)
    )
