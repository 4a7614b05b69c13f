"""An SQLite file with our tables, copied from one that Alembic made: that takes 40 ms each time."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from db.upgrade import upgrade


def sqlite_with_tables(file: Path) -> str:
    """The URL of this file, made where it is not there, as `fundocr db upgrade` leaves it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_migrated(), file)
    return f"sqlite:///{file}"


@cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fundocr-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    upgrade(f"sqlite:///{folder}/fundocr.db")
    assert [file.name for file in folder.iterdir()] == ["fundocr.db"], "the file is whole"
    return folder / "fundocr.db"
