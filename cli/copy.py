"""`fundocr db copy`: all rows into another database, such as SQLite's into MySQL's."""

from db.copy import CannotCopy, copy_rows
from db.engine import shown
from db.errors import BadDatabaseUrl
from db.upgrade import schema_state
from serving.database import opened_engine
from serving.failure import USAGE, Failure, settings_or_failure
from serving.run_file import RunFile
from serving.say import counted, say


def copy(to: str) -> int:
    """Copy, and tell how many rows of each table; Failure where nothing was copied."""
    settings = settings_or_failure()
    here, there = settings.resolved_database_url, settings.resolved(to)
    try:
        names = {here: shown(here), there: shown(there)}
    except BadDatabaseUrl as error:
        raise Failure(str(error), USAGE) from None
    if here == there:
        raise Failure("--to names the database that FUNDOCR_DATABASE_URL names.", USAGE)
    process = RunFile(settings.home).running()
    if process is not None:
        raise Failure(
            f"The service is running (process {process}), and what it writes from now on would "
            "stay behind; stop it first with `make stop`."
        )
    with opened_engine(here) as source, opened_engine(there) as target:
        for url, engine in ((here, source), (there, target)):
            if (state := schema_state(engine)) != "current":
                raise Failure(
                    f"The tables of {names[url]} are {state}; run `fundocr db upgrade` with "
                    "FUNDOCR_DATABASE_URL naming it."
                )
        try:
            rows = copy_rows(source, target, lambda name, rows: say(f"{name}: {rows:,}"))
        except CannotCopy as error:
            raise Failure(f"{error} Nothing was copied; the target is as it was.") from None
    say(
        f"{counted(sum(rows.values()), 'row is', 'rows are')} in {names[there]} now: of each table "
        f"as many as in {names[here]}, which stays as it is. Give the service its URL before "
        "anybody writes to the old one."
    )
    return 0
