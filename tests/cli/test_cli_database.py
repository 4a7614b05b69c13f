"""`fundocr db upgrade` and `forget`: the embedded database, and sentences where there is none."""

import os
import sqlite3
from pathlib import Path

import pytest

from db.engine import for_writing, open_engine
from serving.run_file import RunFile
from tests.cli.tables_of import database_of, store_of
from tests.db.sample_readings import reading, rows_of
from tests.fundocr_command import fundocr


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
        ("mysql+pymysql://me:secret@127.0.0.1:port/x", "FUNDOCR_DATABASE_URL cannot be used."),
        ("secret", "FUNDOCR_DATABASE_URL cannot be used."),
        ("postgresql://me:secret@127.0.0.1/x", "FUNDOCR_DATABASE_URL cannot be used."),
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


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = database_of(tmp_path)
    with store_of(url) as store:
        store.save([reading("https://h/a?Signature=x"), reading("https://h/b")])
    return url


def test_a_link_is_forgotten_with_its_history(tmp_path: Path, url: str) -> None:
    done = fundocr("db", "forget", "https://h/a?Signature=x", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"1 row is deleted.\n")
    assert rows_of(url, "SELECT image_url FROM ocr_result") == [("https://h/b",)]

    again = fundocr("db", "forget", "https://h/a?Signature=x", home=tmp_path)
    assert (again.returncode, again.stdout) == (1, b"No row is stored for this link.\n")


def test_a_picture_is_forgotten_under_all_its_links(tmp_path: Path, url: str) -> None:
    done = fundocr("db", "forget", "--same-picture", "https://h/b", home=tmp_path)
    assert done.stdout == b"2 rows are deleted.\n"


def test_old_rows_are_forgotten_by_number_or_by_setting(tmp_path: Path, url: str) -> None:
    engine = open_engine(url)
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE ocr_result SET updated_at = '2026-01-01 00:00:00.000000' WHERE id = 1"
        )
    engine.dispose()
    kept = fundocr("db", "forget", "--older-than", "36000", home=tmp_path)
    assert kept.stdout == b"0 rows are deleted that nobody changed for 36,000 days.\n"
    done = fundocr("db", "forget", home=tmp_path, settings={"FUNDOCR_KEEP_DAYS": "30"})
    assert done.stdout == b"1 row is deleted that nobody changed for 30 days.\n"
    assert rows_of(url, "SELECT id FROM ocr_result") == [(2,)]


@pytest.mark.parametrize("arguments", [[], ["https://h/a", "--older-than", "3"]])
def test_without_saying_what_nothing_is_forgotten(
    tmp_path: Path, url: str, arguments: list[str]
) -> None:
    done = fundocr("db", "forget", *arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert rows_of(url, "SELECT COUNT(*) FROM ocr_result") == [(2,)]


def test_rows_are_copied_into_another_database_and_held_against_each_other(
    tmp_path: Path,
) -> None:
    with store_of(database_of(tmp_path)) as store:
        store.save([reading("https://h/1.png"), reading("https://h/2.png")])
        store.correct("https://h/1.png", "000001", "1")
    target = {"FUNDOCR_DATABASE_URL": "sqlite:///var/new.db"}
    early = fundocr("db", "copy", "--to", "sqlite:///var/new.db", home=tmp_path)
    assert (early.returncode, early.stdout) == (1, b"")
    assert b"var/new.db are missing; run `fundocr db upgrade`" in early.stderr
    assert fundocr("db", "upgrade", home=tmp_path, settings=target).returncode == 0

    done = fundocr("db", "copy", "--to", "sqlite:///var/new.db", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    *tables, sentence = done.stdout.decode().splitlines()
    assert {"ocr_result: 2", "ocr_history: 1", "access_key: 0"} <= set(tables)
    assert sentence.startswith(f"4 rows are in sqlite:///{tmp_path}/var/new.db now: of each table")
    assert rows_of(f"sqlite:///{tmp_path}/var/new.db", "SELECT count(*) FROM ocr_result") == [(2,)]

    again = fundocr("db", "copy", "--to", "sqlite:///var/new.db", home=tmp_path)
    assert (again.returncode, again.stdout) == (1, b"")
    assert again.stderr == (
        b"The target has rows already, in ocr_result, ocr_history. "
        b"Nothing was copied; the target is as it was.\n"
    )


def test_nothing_is_copied_beside_a_running_service_or_onto_itself(tmp_path: Path) -> None:
    database_of(tmp_path)
    same = fundocr("db", "copy", "--to", "sqlite:///var/fundocr.db", home=tmp_path)
    assert (same.returncode, same.stdout) == (2, b"")
    service = RunFile(tmp_path)
    service.claim()
    done = fundocr("db", "copy", "--to", "sqlite:///var/new.db", home=tmp_path)
    service.release()
    assert (done.returncode, done.stdout) == (1, b"")
    assert f"The service is running (process {os.getpid()})" in done.stderr.decode()
    bad = fundocr("db", "copy", "--to", "postgresql://me:secret@h/x", home=tmp_path)
    assert bad.returncode == 2 and b"secret" not in bad.stderr
