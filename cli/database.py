"""`fundocr db`: the form of the tables."""

from cli.failure import Failure, settings_or_failure

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

    url = settings_or_failure().resolved_database_url
    try:
        # Without the query, which may name key files and passwords.
        shown = make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        raise Failure(f"FUNDOCR_DATABASE_URL is of no use. {BadDatabaseUrl.message}") from None
    try:
        engine = open_engine(url)
        try:
            before = schema_state(engine)
        finally:
            engine.dispose()
        if before == "newer":
            raise Failure(f"The tables of {shown} are of a later version; use that version.")
        upgrade_tables(url)
    except StoreError as error:
        raise Failure(
            f"{error} Nothing was upgraded in {shown}; "
            "see that the database runs and that FUNDOCR_DATABASE_URL names it."
        ) from None
    print(_DONE[before].format(shown))
    return 0
