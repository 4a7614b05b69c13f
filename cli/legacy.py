"""`fundocr db import-legacy`: takes over the table of the replaced service."""

from functools import partial

from sqlalchemy import Engine

from db.legacy import BadLegacyTable, import_legacy
from serving.database import opened_engine
from serving.failure import USAGE, Failure
from serving.say import counted, say


def import_table(table: str, source: str | None) -> int:
    """Copy what is not here yet; tell duplicates, and what cannot be kept, or not with all its
    values. 1 where there is such."""
    with opened_engine() as engine:
        if source is None:
            return _import(engine, engine, table)
        with opened_engine(source, foreign=True) as other:
            return _import(other, engine, table)


def _import(source: Engine, engine: Engine, table: str) -> int:
    try:
        report = import_legacy(source, engine, table, tell=partial(say, is_aside=True))
    except BadLegacyTable as error:
        raise Failure(str(error), USAGE) from None
    say(
        f"{counted(report.read, 'row')} of {table}: "
        f"{counted(report.imported, 'is imported', 'are imported')}, "
        f"{report.corrected:,} of these with a correction; "
        f"{counted(report.known, 'link was', 'links were')} known already, "
        f"{report.corrections:,} of these got their correction; "
        f"{counted(report.duplicates, 'row')} had the link of another; "
        f"{report.rejected:,} cannot be kept."
        + (f" Of {report.partial} not all values are kept." if report.partial else "")
    )
    return 1 if report.rejected or report.partial else 0
