"""`fundocr db upgrade`: the embedded database, and sentences where there is none."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.cli_process import fundocr


def test_the_embedded_database_is_made_once_and_then_left_as_it_is(tmp_path: Path) -> None:
    first = fundocr("db", "upgrade", home=tmp_path)
    again = fundocr("db", "upgrade", home=tmp_path)
    place = f"sqlite:///{tmp_path}/var/fundocr.db"
    assert (first.returncode, first.stderr) == (again.returncode, again.stderr) == (0, b"")
    assert first.stdout.decode() == f"The tables were made in {place}.\n"
    assert again.stdout.decode() == f"The tables of {place} have this version's form already.\n"
    with sqlite3.connect(tmp_path / "var" / "fundocr.db") as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert {"ocr_result", "ocr_history"} <= tables


def test_tables_of_a_later_version_are_left_alone(tmp_path: Path) -> None:
    assert fundocr("db", "upgrade", home=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "var" / "fundocr.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'later'")
    database.close()
    done = fundocr("db", "upgrade", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"are of a later version" in done.stderr


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "mysql+pymysql://me:secret@127.0.0.1:1/x?ssl_key=secret",
            "The database cannot be reached",
        ),
        ("mysql+pymysql://me:secret@127.0.0.1:port/x", "FUNDOCR_DATABASE_URL is of no use."),
        ("secret", "FUNDOCR_DATABASE_URL is of no use."),
        ("postgresql://me:secret@127.0.0.1/x", "The database URL must look like sqlite:///"),
        ("sqlite:////proc/none/x.db", "The folder of the database file cannot be made"),
    ],
)
def test_without_a_database_one_line_says_what_to_do_and_no_password(
    url: str, sentence: str, tmp_path: Path
) -> None:
    done = fundocr("db", "upgrade", home=tmp_path, settings={"FUNDOCR_DATABASE_URL": url})
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(sentence)
    assert len(done.stderr.splitlines()) == 1
    assert b"FUNDOCR_DATABASE_URL" in done.stderr
    assert b"secret" not in done.stderr
