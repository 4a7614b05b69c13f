"""Migrates a database's tables to this program's version, or says which version they have."""

from hashlib import sha256
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from db.engine import for_writing, open_engine
from db.errors import StoreUnavailable
from db.faults import DATABASE_FAULTS, judge

_MIGRATIONS = Path(__file__).parent / "migrations"
# One ALTER of a large table may take this long, and a second upgrade waits for the first.
_PATIENCE_S = 3600

SchemaState = Literal["missing", "old", "current", "newer"]


def upgrade(url: str) -> None:
    """Create the tables or migrate them; nothing where they are current.

    Its user needs CREATE, ALTER, INDEX and REFERENCES, which the service's does not.
    Two upgrades at once: one waits for the other. StoreUnavailable, BadDatabaseUrl.
    """
    engine = open_engine(url, statement_seconds=_PATIENCE_S)
    try:
        with for_writing(engine).connect() as connection:
            _wait_for_other_upgrade(connection)
            with connection.begin():
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except DATABASE_FAULTS as error:
        raise judge(error).error from error
    finally:
        engine.dispose()


def schema_state(engine: Engine) -> SchemaState:
    """`missing`: never migrated to the end; `old`: run upgrade; `newer`: made by a later version
    of this program. StoreUnavailable where the database does not answer.
    """
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except DATABASE_FAULTS as error:
        raise judge(error).error from error
    scripts = ScriptDirectory.from_config(_config())
    if revision is None:
        return "missing"
    if revision == scripts.get_current_head():
        return "current"
    known = {script.revision for script in scripts.walk_revisions()}
    return "old" if revision in known else "newer"


def _config() -> Config:
    config = Config()
    # A Config is a ConfigParser: a per cent sign in a folder's name must be doubled.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _wait_for_other_upgrade(connection: Connection) -> None:
    """MySQL commits each CREATE and ALTER by itself, so a lock of its own keeps a second upgrade
    out until this connection closes. SQLite's transaction is such a lock already.
    """
    if connection.dialect.name == "sqlite":
        return
    database = str(connection.engine.url.database)
    # Lock names are shared by all databases of a server and at most 64 characters long.
    name = f"fundocr.upgrade.{sha256(database.encode()).hexdigest()[:32]}"
    locked = connection.scalar(
        text("SELECT GET_LOCK(:name, :seconds)"), {"name": name, "seconds": _PATIENCE_S - 60}
    )
    connection.commit()
    if locked != 1:
        raise StoreUnavailable("Another upgrade of this database does not come to an end.")
