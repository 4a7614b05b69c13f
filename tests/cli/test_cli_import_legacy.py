"""`fundocr db import-legacy`: the legacy table, from the same database or another one."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from db.engine import for_writing, open_engine
from db.rows import Row
from evals.testbed.mariadb import MariaDB
from tests.cli.tables_of import database_of, store_of
from tests.db.sample_readings import reading, rows_of
from tests.fundocr_command import fundocr

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
    """A table such as the replaced service keeps."""
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

    assert done.returncode == 1, done.stderr
    assert done.stdout.decode() == (
        "12 rows of ocr_info: 7 are imported, 1 of these with a correction; 2 links were known "
        "already, 1 of these got their correction; 3 rows had the link of another; "
        "0 cannot be kept. Of 1 not all values are kept.\n"
    )
    assert done.stderr.decode().splitlines() == [
        "row 3: its link has 2 rows; the last one is taken",
        "row 5: its link has 3 rows; the last corrected one is taken",
        "https://h/one half corrected.png: its correction has no share: not taken",
    ]
    rows = rows_by_link(url)
    answers = {
        link.rpartition("/")[2].removesuffix(".png"): (row.answer_fund_code, row.answer_hold_share)
        for link, row in rows.items()
        if row.answer_flag
    }
    assert answers == {
        "once": ("011608", "1234.56"),
        "twice": ("000002", "2"),
        "Twice": ("000005", "5"),
        "corrected": ("000007", "7.70"),
        "known": ("000008", "8"),
        "known too": ("011608", "1234.56"),
    }
    assert rows["https://h/once.png"].hold_share == Decimal("1234.56")
    assert rows["https://h/silent.png"].reason == "NO_CODE"
    assert rows["https://h/half.png"].reason == "NO_SHARE"
    assert rows["https://h/one half corrected.png"].review_state == "open"
    corrected = rows["https://h/corrected.png"]
    assert (corrected.ocr_fund_code, corrected.review_state) == ("000001", "corrected")
    assert (corrected.model_version, corrected.rules_version) == ("legacy", "legacy")
    with store_of(url) as store:
        (line,) = store.history(corrected.id)
    assert (line.action, line.before, line.after) == ("imported", None, corrected.snapshot())


def test_an_old_sqlite_file_stays_as_it_is(tmp_path: Path) -> None:
    database_of(tmp_path)
    file = tmp_path / "old" / "old.db"
    file.parent.mkdir()
    old = sqlite3.connect(file)
    old.execute(TABLE.format("ocr_info", ""))
    old.execute("INSERT INTO ocr_info VALUES (1, 'https://h/1', '基金', '011608', '1', '', '')")
    old.commit()
    old.close()
    before = file.read_bytes()
    done = fundocr("db", "import-legacy", "--from", f"sqlite:///{file}", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_second_import_changes_nothing(tmp_path: Path, url: str) -> None:
    make_legacy_table(url)
    fundocr("db", "import-legacy", home=tmp_path)
    before = rows_by_link(url)
    done = fundocr("db", "import-legacy", home=tmp_path)

    assert b"0 are imported" in done.stdout and b"9 links were known" in done.stdout
    assert b"0 of these got their correction" in done.stdout
    assert rows_by_link(url) == before


def set_to(url: str, **columns: str) -> None:
    """Change the old table's first row, whose link is nowhere else, and leave it alone there."""
    engine = open_engine(url)
    with for_writing(engine).begin() as connection:
        connection.execute(text("DELETE FROM ocr_info WHERE id > 1"))
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        connection.execute(text(f"UPDATE ocr_info SET {sets}"), columns)
    engine.dispose()


@pytest.mark.parametrize(
    ("columns", "kept", "told"),
    [
        ({"ocr_hold_share": "1,234,567.8901"}, ("011608", "1234567.8901"), ""),
        (
            {"update_fund_code": "000009", "update_hold_share": "1,000"},
            ("000009", "1000"),
            "",
        ),
        ({"ocr_hold_share": "1,23.4"}, ("011608", None), "a share is no plain number: kept as"),
        ({"ocr_hold_share": "12.34567"}, ("011608", None), "a share is no plain number: kept as"),
        ({"ocr_fund_code": "11608"}, (None, "1234.56"), "a code is not six digits: kept as text"),
        (
            {"update_fund_code": "000009", "update_hold_share": "约 100"},
            ("000009", None),
            "a share is no plain number: kept as text alone",
        ),
        ({"update_hold_share": "7"}, ("011608", "1234.56"), "its correction has no code: not"),
    ],
    ids=range(7),
)
def test_what_a_column_cannot_hold_is_told(
    tmp_path: Path,
    url: str,
    columns: dict[str, str],
    kept: tuple[str | None, str | None],
    told: str,
) -> None:
    make_legacy_table(url)
    set_to(url, **columns)
    done = fundocr("db", "import-legacy", home=tmp_path)
    assert done.returncode == (1 if told else 0)
    row = rows_by_link(url)["https://h/once.png"]
    share = None if kept[1] is None else Decimal(kept[1])
    assert (row.fund_code, row.hold_share) == (kept[0], share)
    assert done.stderr.decode().startswith(f"https://h/once.png: {told}" if told else "")
    assert (b"Of 1 not all values are kept." in done.stdout) == bool(told)


@pytest.mark.parametrize(("share", "taken"), [("1,234.50", "1234.50"), ("1,23.4", None)])
def test_a_known_row_takes_a_correction_with_commas_and_tells_one_that_it_cannot_take(
    tmp_path: Path, url: str, share: str, taken: str | None
) -> None:
    make_legacy_table(url)
    set_to(
        url,
        image_url="https://h/known.png",
        update_fund_code="000009",
        update_hold_share=share,
    )
    done = fundocr("db", "import-legacy", home=tmp_path)
    row = rows_by_link(url)["https://h/known.png"]
    assert done.returncode == (0 if taken else 1)
    assert row.update_hold_share == (taken or "")
    assert (b"its correction is no code of six digits" in done.stderr) == (taken is None)


def test_who_may_not_read_the_old_table_is_told_which_right_is_missing(
    tmp_path: Path, url: str, mariadb: MariaDB
) -> None:
    source = mariadb.new_database()
    make_legacy_table(source)
    name = str(make_url(source).database)
    mariadb.execute("CREATE OR REPLACE USER 'reader'@'%' IDENTIFIED BY 'only-for-tests'")
    mariadb.execute(f"CREATE TABLE {name}.other (n INT)")
    mariadb.execute(f"GRANT SELECT ON {name}.other TO 'reader'@'%'")
    reader = make_url(source).set(username="reader", password="only-for-tests")
    command = ("db", "import-legacy", "--from", reader.render_as_string(hide_password=False))
    refused = fundocr(*command, home=tmp_path)
    mariadb.execute(f"GRANT SELECT ON {name}.ocr_info TO 'reader'@'%'")
    done = fundocr(*command, home=tmp_path)
    mariadb.execute("DROP USER 'reader'@'%'")

    assert refused.returncode == 2
    assert refused.stderr.decode() == (
        "The database's user may not read ocr_info (error 1142): GRANT SELECT ON it to the user, "
        "or name another one in --from.\n"
    )
    assert b"12 rows of ocr_info: 7 are imported" in done.stdout


def test_applying_rules_leaves_imported_rows_as_they_are(tmp_path: Path, url: str) -> None:
    """They have no evidence: rules would find nothing on their page."""
    make_legacy_table(url)
    fundocr("db", "import-legacy", home=tmp_path)
    before = rows_by_link(url)
    done = fundocr("replay", "--rules", "layout", "--apply", home=tmp_path)
    assert done.returncode == 0, done.stderr
    after = rows_by_link(url)
    legacy = {link for link, row in before.items() if row.model_version == "legacy"}
    assert len(legacy) == 7
    assert {link: after[link] for link in legacy} == {link: before[link] for link in legacy}


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
    assert "\nhttps://h/x.png: The row has a value" in done.stderr.decode()
    assert b"secret" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "There is no table ocr_info."),
        (["--table", "ocr_result"], "ocr_result is a table of this service."),
        (["--table", "alembic_version"], "has no column image_url"),
        (["--from", "postgresql://x/y"], "the URL cannot be used."),
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
