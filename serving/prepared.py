"""A database that a command is about to write to."""

from sqlalchemy import Engine

from serving.failure import Failure


def prepare(engine: Engine, url: str) -> None:
    """The embedded SQLite is brought up to date; a server's tables are the operator's to change.

    url: of the engine. Failure where they are not as this program wants them.
    """
    from db.upgrade import schema_state, upgrade

    state = schema_state(engine)
    if state == "newer":
        raise Failure("The database is of a later version of this program; use that version.")
    if state != "current" and not url.startswith("sqlite"):
        raise Failure(f"The tables of the database are {state}; run `fundocr db upgrade`.")
    if state != "current":
        upgrade(url)
