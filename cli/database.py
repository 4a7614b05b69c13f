"""`fundocr db upgrade` and `forget`: makes or migrates the tables, deletes rows."""

from serving.failure import USAGE, Failure, settings_or_failure
from serving.say import counted

_DONE = {
    "missing": "The tables were made in {}.",
    "old": "The tables of {} were migrated to this version's form.",
    "current": "The tables of {} have this version's form already.",
}


def upgrade() -> int:
    """Bring the tables to this version's form and say so; Failure where that cannot be done."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from db.engine import open_engine
    from db.errors import BadDatabaseUrl, StoreError
    from db.upgrade import schema_state
    from db.upgrade import upgrade as upgrade_tables
    from serving.database import unusable, wrong_tables

    url = settings_or_failure().resolved_database_url
    try:
        # Without the query, which may name key files and passwords.
        shown = make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        raise Failure(unusable(BadDatabaseUrl())) from None
    try:
        engine = open_engine(url)
        try:
            before = schema_state(engine)
        finally:
            engine.dispose()
        if before == "newer":
            raise Failure(str(wrong_tables(before, shown)))
        upgrade_tables(url)
    except StoreError as error:
        raise Failure(f"{unusable(error)} Nothing was upgraded in {shown}.") from None
    print(_DONE[before].format(shown))
    return 0


def forget(url: str | None, *, same_picture: bool, older_than: int | None) -> int:
    """Delete one row, or all that are older; say how many. 1 where the link has none."""
    from db.store import Store, forget_expired
    from serving.database import opened_engine

    if url is not None and older_than is not None:
        raise Failure("Give a link or --older-than DAYS, not both.", USAGE)
    days = settings_or_failure().keep_days if older_than is None else older_than
    if url is None and days == 0:
        raise Failure("Give a link, --older-than DAYS, or the setting FUNDOCR_KEEP_DAYS.", USAGE)
    with opened_engine() as engine:
        store = Store(engine)
        if url is None:
            deleted = forget_expired(store, days)
            rows_are = counted(deleted, "row is", "rows are")
            print(f"{rows_are} deleted that nobody changed for {counted(days, 'day')}.")
            return 0
        rows = store.forget(url, same_picture=same_picture)
    rows_are = counted(rows, "row is", "rows are")
    print(f"{rows_are} deleted." if rows else "No row is stored for this link.")
    return 0 if rows else 1
