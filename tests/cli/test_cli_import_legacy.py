"""`fundocr db import-legacy`: today's table, from the same database or another one."""

from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import for_writing, open_engine
from db.rows import Row
from tests.cli.tables_of import database_of, store_of
from tests.db.sample_readings import reading, rows_of
from tests.fundocr_command import fundocr
from tests.mariadb import MariaDB

TABLE = (
    "CREATE TABLE {} (id INTEGER PRIMARY KEY{}, image_url VARCHAR(512), business_type VARCHAR(20),"
    " ocr_fund_code VARCHAR(255), ocr_hold_share VARCHAR(255), update_fund_code VARCHAR(255),"
    " update_hold_share VARCHAR(255))"
)
# image_url, ocr_fund_code, ocr_hold_share, update_fund_code, update_hold_share
ROWS = [
    ("https://h/once.png", "011608", "1,234.56", "", ""),
    ("https://h/twice.png", "000001", "1", "", ""),
    ("https://h/twice.png", "000002", "2", None, None),
    ("https://h/corrected.png", "000001", "1", "", ""),
    ("https://h/corrected.png", "000001", "1", "000007", "7.70"),
    ("https://h/corrected.png", "000003", "3", "", ""),
    ("https://h/Twice.png", "000005", "5", "", ""),
    ("https://h/silent.png", "", "", "", ""),
    ("https://h/half.png", "000001", "", "", ""),
    ("https://h/known.png", "000001", "1", "000008", "8"),
    ("https://h/known too.png", "000001", "1", "", ""),
    ("https://h/one half corrected.png", "", "", "000009", ""),
]


def make_legacy_table(url: str, name: str = "ocr_info") -> None:
    """A table such as today's service keeps."""
    server = url.startswith("mysql")
    engine = open_engine(url)
    with for_writing(engine).begin() as connection:
        number = " AUTO_INCREMENT" if server else ""
        collation = " DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci" if server else ""
        connection.execute(text(TABLE.format(name, number) + collation))
        for row in ROWS:
            connection.execute(
                text(
                    f"INSERT INTO {name} (image_url, business_type, ocr_fund_code, ocr_hold_share,"
                    " update_fund_code, update_hold_share) VALUES (:a, '基金', :b, :c, :d, :e)"
                ),
                dict(zip("abcde", row, strict=True)),
            )
    engine.dispose()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Our table, in which two of the links are known."""
    url = database_of(tmp_path)
    with store_of(url) as store:
        store.save(
            [reading(f"https://h/{name}.png", image_sha256=None) for name in ("known", "known too")]
        )
    return url


def rows_by_link(url: str) -> dict[str, Row]:
    with store_of(url) as store:
        return store.find([row[0] for row in ROWS])


@pytest.mark.parametrize("elsewhere", [False, True])
def test_todays_rows_are_taken_over_and_duplicates_are_resolved(
    tmp_path: Path, url: str, elsewhere: bool, mariadb: MariaDB
) -> None:
    source = mariadb.new_database() if elsewhere else url
    make_legacy_table(source)
    more = ["--from", source] if elsewhere else []
    done = fundocr("db", "import-legacy", *more, home=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == (
        "12 rows of ocr_info: 7 are imported, 1 of these with a correction; 2 links were known "
        "already, 1 of these got their correction; 3 rows had the link of another; "
        "0 cannot be kept.\n"
    )
    assert done.stderr.decode().splitlines() == [
        "row 3: its link has 2 rows; the last one is taken",
        "row 5: its link has 3 rows; the last corrected one is taken",
    ]
    rows = rows_by_link(url)
    answers = {
        link.rpartition("/")[2].removesuffix(".png"): (row.answer_fund_code, row.answer_hold_share)
        for link, row in rows.items()
        if row.answer_flag
    }
    assert answers == {
        "once": ("011608", "1,234.56"),
        "twice": ("000002", "2"),
        "Twice": ("000005", "5"),
        "corrected": ("000007", "7.70"),
        "known": ("000008", "8"),
        "known too": ("011608", "1234.56"),
    }
    assert rows["https://h/silent.png"].reason == "NO_CODE"
    assert rows["https://h/half.png"].reason == "NO_SHARE"
    assert rows["https://h/one half corrected.png"].review_state == "open"
    corrected = rows["https://h/corrected.png"]
    assert (corrected.ocr_fund_code, corrected.review_state) == ("000001", "corrected")
    assert (corrected.model_version, corrected.rules_version) == ("legacy", "legacy")
    with store_of(url) as store:
        (line,) = store.history(corrected.id)
    assert (line.action, line.before, line.after) == ("imported", None, corrected.snapshot())


def test_a_second_import_changes_nothing(tmp_path: Path, url: str) -> None:
    make_legacy_table(url)
    fundocr("db", "import-legacy", home=tmp_path)
    before = rows_by_link(url)
    done = fundocr("db", "import-legacy", home=tmp_path)

    assert done.returncode == 0
    assert b"0 are imported" in done.stdout and b"9 links were known" in done.stdout
    assert b"0 of these got their correction" in done.stdout
    assert rows_by_link(url) == before


def test_what_cannot_be_kept_is_told_without_the_query_of_its_link(
    tmp_path: Path, url: str
) -> None:
    make_legacy_table(url, "old")
    engine = open_engine(url)
    with for_writing(engine).begin() as connection:
        connection.execute(
            text("UPDATE old SET image_url = 'https://h/x.png?Signature=secret' WHERE id = 1")
        )
        connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON ocr_result WHEN"
                " NEW.image_url LIKE '%secret' BEGIN SELECT RAISE(ABORT, 'no');"
                " END"
            )
        )
    engine.dispose()
    done = fundocr("db", "import-legacy", "--table", "old", home=tmp_path)

    assert done.returncode == 1
    assert b"6 are imported" in done.stdout and b"1 cannot be kept" in done.stdout
    assert done.stderr.decode().splitlines()[-1].startswith("https://h/x.png: ")
    assert b"secret" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "There is no table ocr_info."),
        (["--table", "ocr_result"], "ocr_result is a table of this service."),
        (["--table", "alembic_version"], "has no column image_url"),
        (["--from", "postgresql://x/y"], "the URL is of no use."),
        (["--from", "mysql+pymysql://a:secret@127.0.0.1:1/x"], "cannot be reached"),
    ],
)
def test_without_such_a_table_one_sentence_says_so(
    tmp_path: Path, url: str, arguments: list[str], sentence: str
) -> None:
    done = fundocr("db", "import-legacy", *arguments, home=tmp_path)
    assert done.returncode in (1, 2)
    assert sentence in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1
    assert b"secret" not in done.stderr
    assert rows_of(url, "SELECT COUNT(*) FROM ocr_result") == [(2,)]
