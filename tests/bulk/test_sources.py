"""Every kind of source, and the sentence for each that is of no use."""

import sqlite3
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from sqlalchemy import text

from bulk.errors import BulkError
from bulk.picture_files import PassedOver
from bulk.records import SourceLine
from bulk.source import open_query, open_source, require_one_query
from db.engine import for_writing, open_engine
from evals.testbed.mariadb import MariaDB

URLS = ["https://a.example.com/1.png", "https://b.example.com/基金,2.png?x=1&y=2"]


def lines(*urls: str, url_type: str = "oss") -> list[SourceLine]:
    return [
        SourceLine(number=number, place=url, url_type=url_type)
        for number, url in enumerate(urls, 1)
    ]


def test_a_list_of_links(tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_text(f"\ufeff{URLS[0]}\r\n\n  {URLS[1]}  \n", encoding="utf-8")
    found = list(open_source(str(file), "7min_local"))
    assert [(line.number, line.place) for line in found] == [(1, URLS[0]), (3, URLS[1])]
    assert {line.url_type for line in found} == {"7min_local"}


def test_a_list_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    content = "\n".join(URLS).encode()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))
    assert list(open_source("-", "oss")) == lines(*URLS)


def test_somebody_elses_sqlite_file_stays_as_it_is(tmp_path: Path) -> None:
    """Its journal mode lies in the file: WAL would stay there, for every other program."""
    file = tmp_path / "theirs #1" / "old.db"
    file.parent.mkdir()
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE pictures (image_url TEXT)")
    database.executemany("INSERT INTO pictures VALUES (?)", [(url,) for url in URLS])
    database.commit()
    database.close()
    before, query = file.read_bytes(), "SELECT image_url FROM pictures ORDER BY rowid"
    found = list(open_query(query, f"sqlite:///{file}", "oss"))
    assert [line.place for line in found] == URLS
    with pytest.raises(BulkError, match="The query failed: unable to open database file"):
        list(open_query(query, f"sqlite:///{file.parent}/none.db", "oss"))
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_csv_file(tmp_path: Path) -> None:
    file = tmp_path / "links.CSV"
    file.write_text(
        f'\ufeffid,image_url,url_type\n7,{URLS[0]},\n8,"{URLS[1]}",7min_local\n9\n', "utf-8"
    )
    assert list(open_source(str(file), "oss")) == [
        SourceLine(number=1, place=URLS[0], url_type="oss"),
        SourceLine(number=2, place=URLS[1], url_type="7min_local"),
        SourceLine(number=3, place="", url_type="oss"),
    ]


def test_what_chinese_excel_writes_is_read_as_for_corrections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GBK's bytes of this name are UTF-8 too, of another text: one line alone does not tell.
    links = ["https://a.example.com/业.png", "https://b.example.com/基金.png"]
    assert links[0].encode("gbk").decode() != links[0]
    table, list_ = tmp_path / "links.csv", tmp_path / "links.txt"
    table.write_bytes(
        "\r\n".join(["image_url,备注", *(f"{one},好" for one in links)]).encode("gbk")
    )
    list_.write_bytes("\n".join(links).encode("gbk"))
    for file in (table, list_):
        assert list(open_source(str(file), "oss")) == lines(*links)
    given = TextIOWrapper(BytesIO(links[1].encode("gbk")))
    monkeypatch.setattr("sys.stdin", given)
    assert list(open_source("-", "oss")) == lines(links[1])


def test_a_parquet_file(tmp_path: Path) -> None:
    file = tmp_path / "links.parquet"
    table = pyarrow.table({"other": [1, 2], "image_url": URLS, "url_type": ["7min_local", None]})
    pyarrow.parquet.write_table(table, file)
    assert list(open_source(str(file), "oss")) == [
        SourceLine(number=1, place=URLS[0], url_type="7min_local"),
        SourceLine(number=2, place=URLS[1], url_type="oss"),
    ]


def test_a_folder_with_folders(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png", "deep/er/c.webp"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    (tmp_path / "round").symlink_to(tmp_path)
    passed_over = PassedOver()
    found = list(open_source(str(tmp_path), "oss", passed_over))
    assert (passed_over.count, passed_over.names) == (2, ("notes.txt", "round"))
    names = [str(Path(line.place).relative_to(tmp_path)) for line in found]
    assert names == ["a.JPG", "b.png", "deep/er/c.webp"]
    assert all(line.is_file and line.url_type == "upload" for line in found)


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/other.db"
    engine = open_engine(url)
    with for_writing(engine).begin() as connection:
        connection.execute(text("CREATE TABLE shot (id INTEGER, link TEXT, kind TEXT)"))
        for number in range(2500):
            connection.execute(
                text("INSERT INTO shot VALUES (:n, 'u' || :n, 'oss')"), {"n": number}
            )
    engine.dispose()
    return url


def test_a_query(database: str) -> None:
    query = "SELECT link AS image_url, kind AS url_type FROM shot ORDER BY id"
    found = list(open_query(query, database, "7min_local"))
    assert found == [SourceLine(number=n + 1, place=f"u{n}", url_type="oss") for n in range(2500)]


def test_a_query_may_hold_colons_and_per_cent_signs(database: str) -> None:
    query = "SELECT 'https://a:8/%41:b' AS image_url FROM shot WHERE link LIKE 'u1%' AND id < 11"
    assert [line.place for line in open_query(query, database, "oss")] == ["https://a:8/%41:b"] * 2


def test_a_query_changes_nothing(database: str) -> None:
    query = "WITH one AS (SELECT 1) DELETE FROM shot RETURNING link AS image_url"
    with pytest.raises(BulkError, match="The query failed: attempt to write a readonly database"):
        list(open_query(query, database, "oss"))
    assert len(list(open_query("SELECT link AS image_url FROM shot", database, "oss"))) == 2500


def test_a_query_changes_nothing_on_mariadb_either(mariadb: MariaDB) -> None:
    url = mariadb.new_database()
    engine = open_engine(url)
    eats = "CREATE FUNCTION eat() RETURNS INT BEGIN DELETE FROM shot; RETURN 1; END"
    with engine.begin() as connection:
        for statement in ("CREATE TABLE shot (link TEXT)", "INSERT INTO shot VALUES ('u1')", eats):
            connection.exec_driver_sql(statement)
    engine.dispose()
    with pytest.raises(BulkError, match="READ ONLY"):
        list(open_query("SELECT eat() AS image_url", url, "oss"))
    found = list(open_query("(SELECT link AS image_url FROM shot);", url, "oss"))
    assert [line.place for line in found] == ["u1"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ';' AS image_url -- ; DROP TABLE shot",
        'with a as (select 1) select "a;""into" AS image_url FROM a ;\n',
        "/* INTO; */ SELECT 'it''s; \\' into' AS image_url # ;",
    ],
)
def test_a_query_may_hold_quoted_what_none_may_say(query: str) -> None:
    require_one_query(query)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "DELETE FROM shot",
        "UPDATE shot SET link = 'SELECT'",
        "SELECT 1; DROP TABLE shot",
        "SELECT 1;;",
        "SELECT link INTO OUTFILE '/tmp/x' FROM shot",
        "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
        "/*M!100000 DELETE FROM shot */",
        "SELECT 'a\\'; DROP TABLE shot; -- '; DROP TABLE b",
        "PRAGMA query_only = OFF",
        "CALL eat()",
        "-- SELECT 1",
    ],
)
def test_what_is_no_single_query_is_refused_in_one_sentence(query: str, database: str) -> None:
    with pytest.raises(BulkError, match="--sql takes one query that reads") as told:
        list(open_query(query, database, "oss"))
    assert "\n" not in str(told.value)


def test_a_link_of_a_table_is_never_a_file(tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    file.write_text("image_url,url_type\n/etc/passwd,upload\n")
    assert [line.is_file for line in open_source(str(file), "oss")] == [False]


def missing(folder: Path) -> str:
    return str(folder / "nothing")


def empty_folder(folder: Path) -> str:
    return str(folder)


def other_columns(folder: Path) -> str:
    (folder / "x.csv").write_text("url\nhttps://a\n")
    return str(folder / "x.csv")


def no_text(folder: Path) -> str:
    (folder / "x.csv").write_bytes(b"image_url\n\xff\xfe\n")
    return str(folder / "x.csv")


def open_quote(folder: Path) -> str:
    (folder / "x.csv").write_text('image_url\n"https://a\n')
    return str(folder / "x.csv")


def picture_as_list(folder: Path) -> str:
    (folder / "x.list").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\r")
    return str(folder / "x.list")


def no_list(folder: Path) -> str:
    (folder / "x.list").write_bytes(b"https://a\n\xff\xfe\n")
    return str(folder / "x.list")


def no_parquet(folder: Path) -> str:
    (folder / "x.parquet").write_bytes(b"PAR1 and nothing more")
    return str(folder / "x.parquet")


def parquet_of_others(folder: Path) -> str:
    pyarrow.parquet.write_table(pyarrow.table({"url": URLS}), folder / "x.parquet")
    return str(folder / "x.parquet")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (missing, "There is no file or folder named"),
        (empty_folder, "There is no picture (png, jpg, jpeg, webp, bmp) in"),
        (other_columns, "has no column image_url."),
        (no_text, "is no CSV in UTF-8 or GB 18030."),
        (open_quote, "is no CSV: "),
        (picture_as_list, "is no list of links: see line 3."),
        (no_list, "is no text: line 2 is neither UTF-8 nor GB 18030."),
        (no_parquet, "is no Parquet file"),
        (parquet_of_others, "has no column image_url."),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_a_source_of_no_use_is_told_in_one_sentence(
    make: Callable[[Path], str], says: str, tmp_path: Path
) -> None:
    with pytest.raises(BulkError) as told:
        list(open_source(make(tmp_path), "oss"))
    assert says in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT missing FROM shot", "The query failed: no such column"),
        ("SELECT link FROM shot", "the query has no column image_url."),
        ("SELECT nonsense", "The query failed"),
    ],
)
def test_a_query_of_no_use_is_told_in_one_sentence(query: str, says: str, database: str) -> None:
    with pytest.raises(BulkError) as told:
        list(open_query(query, database, "oss"))
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_no_database_of_a_query_shows_its_password() -> None:
    with pytest.raises(BulkError) as told:
        list(open_query("SELECT 1", "postgres://me:secret@host/x", "oss"))
    assert "secret" not in str(told.value)
