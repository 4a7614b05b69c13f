"""`python -m front.workbook`: makes one workbook, in a process of its own, and ends.

Beside the front door it would share one interpreter with every answer. It ends with the front door
too, however that ends: its standard input is a pipe from there.
"""

import logging
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

from db.engine import open_engine
from db.errors import StoreError
from db.export import export_rows
from db.filters import Filter
from db.rows import Row
from db.tables import EXPORTED
from pipeline.cells import sheet_cells
from pipeline.logs import JsonLine
from pipeline.spreadsheet import ROWS_OF_A_SHEET, write_xlsx

log = logging.getLogger(__name__)

NAME = "rows.xlsx"
_STANDARD_INPUT = 0
# Answers to callers come first.
_NICE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What comes over standard input, pickled. zone: by whose clock the times are. folder: for the
    workbook, and for what is made on the way to it."""

    database_url: str
    filter: Filter
    zone: ZoneInfo
    folder: Path


class WorkbookFailure(StrEnum):
    """What is told on standard output where there is no workbook; nothing is told of others."""

    TOO_MANY = "too many"
    DATABASE = "database"
    DISK = "disk"


class _TooMany(Exception):
    pass


def main() -> None:
    """Exit code 0 where the workbook is there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the front door's
    os.nice(_NICE)
    _log_as_json()
    order = pickle.load(sys.stdin.buffer)  # noqa: S301 — from the front door that started us
    Thread(target=_end_with_front_door, args=[order.folder], daemon=True).start()
    try:
        _make(order)
    except _TooMany:
        _fail(WorkbookFailure.TOO_MANY)
    except StoreError as error:
        log.warning("a workbook was not made: the database: %s", error)
        _fail(WorkbookFailure.DATABASE)
    except OSError as error:
        log.warning("a workbook was not made: %s", error.strerror)
        _fail(WorkbookFailure.DISK)
    except Exception:
        log.exception("a workbook was not made")
        sys.exit(1)


def _log_as_json() -> None:
    # As front.lines has it, which would bring Sanic along.
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _make(order: Order) -> None:
    engine = open_engine(order.database_url)
    try:
        rows = _of_a_sheet(export_rows(engine, order.filter, with_evidence=False))
        with (order.folder / NAME).open("wb") as file:
            write_xlsx(
                EXPORTED, (sheet_cells(row, order.zone) for row in rows), file, scratch=order.folder
            )
    finally:
        engine.dispose()


def _of_a_sheet(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number == ROWS_OF_A_SHEET:  # they came since they were counted
            raise _TooMany
        yield row


def _end_with_front_door(folder: Path) -> None:
    os.read(_STANDARD_INPUT, 1)
    while folder.exists():  # the other thread may make a file in it meanwhile
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _fail(failure: WorkbookFailure) -> None:
    print(failure, flush=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
