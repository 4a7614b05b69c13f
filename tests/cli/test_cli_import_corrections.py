"""`fundocr import-corrections`: good lines are stored, bad ones told with their number."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cli.correction_list import read_corrections
from db.errors import StoreUnavailable
from db.rows import Dismissal
from db.store import Store
from tests.cli.tables_of import database_of, store_of
from tests.db.sample_readings import reading, refused
from tests.fundocr_command import fundocr

UNREADABLE = Dismissal.UNREADABLE
HEADER = "image_url,fund_code,hold_share,note"


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = database_of(tmp_path)
    with store_of(url) as store:
        store.save([reading(name, image_sha256=None) for name in ("a", "b", "c", "圖 😀,x")])
    return url


def answers(url: str) -> dict[str, tuple[str, str]]:
    with store_of(url) as store:
        rows = store.find(["a", "b", "c", "圖 😀,x"])
    return {
        name: (row.update_fund_code, row.update_hold_share)
        for name, row in rows.items()
        if row.corrected
    }


def test_good_lines_are_stored_and_bad_ones_told_with_their_number(
    tmp_path: Path, url: str
) -> None:
    file = tmp_path / "list.csv"
    lines = [
        *(HEADER, 'a,000001,"1,234.50",看图', "b,1,2,", "unknown,000001,1,"),
        *(",,,", "c,000001,1.00001,", '"圖 😀,x",000002,7,"两\n行"', "b,000001,,"),
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    done = fundocr("import-corrections", file, "--actor", "小王", home=tmp_path)

    assert done.returncode == 1
    assert done.stdout.decode() == "2 corrections are stored, 4 lines are not.\n"
    told = done.stderr.decode().splitlines()
    assert [line.partition(":")[0] for line in told] == ["line 3", "line 4", "line 6", "line 9"]
    assert "six digits" in told[0]
    assert answers(url) == {"a": ("000001", "1234.50"), "圖 😀,x": ("000002", "7")}
    with store_of(url) as store:
        (line,) = store.history(store.get(identity="a").id)
    assert (line.actor, line.note) == ("小王", "看图")


def test_the_same_list_again_changes_nothing(tmp_path: Path, url: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"{HEADER}\na,000001,1,\n", encoding="utf-8")
    for said in (
        b"1 correction is stored, 0 lines are not.\n",
        b"Nothing changed. 1 line says what is stored already.\n",
    ):
        done = fundocr("import-corrections", file, home=tmp_path)
        assert (done.returncode, done.stderr, done.stdout) == (0, b"", said)
    with store_of(url) as store:
        assert store.get(identity="a").row_version == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_what_excel_saves_as_csv_is_read(tmp_path: Path, url: str, encoding: str) -> None:
    file = tmp_path / "list.csv"
    text = "Note,Fund_Code,Hold_Share,image_url,more\r\n看图,000001,1,a,x\r\n"
    file.write_bytes(text.encode(encoding))
    assert fundocr("import-corrections", file, home=tmp_path).returncode == 0
    with store_of(url) as store:
        (line,) = store.history(store.get(identity="a").id)
    assert line.note == "看图"


def workbook(file: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file


def test_a_workbook_is_read_and_numbers_are_exact(tmp_path: Path, url: str) -> None:
    header = HEADER.split(",")
    file = workbook(
        tmp_path / "list.xlsx",
        header,
        ["a", "000001", "1,234.50", "看图"],
        ["b", "000002", 1234.56, None],
        [None, None, None, None],
        ["c", "000003", 100, None],
        ["a", 1, 7, "its zeros are lost"],
    )
    done = fundocr("import-corrections", file, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("line 6: ")
    assert answers(url) == {
        "a": ("000001", "1234.50"),
        "b": ("000002", "1234.56"),
        "c": ("000003", "100"),
    }


def test_the_zeros_that_a_cell_shows_are_kept(tmp_path: Path, url: str) -> None:
    file = workbook(
        tmp_path / "list.xlsx", HEADER.split(","), *([name, 0, 0] for name in ("a", "b", "c"))
    )
    book = openpyxl.load_workbook(file)
    for row, values in enumerate([(9, 5600, "0.00"), (10, 7.125, "0.00"), (11, 3, "#,##0.00")], 2):
        code, share = book.active.cell(row, 2), book.active.cell(row, 3)
        (code.value, share.value, share.number_format), code.number_format = values, "000000"
    book.save(file)
    assert fundocr("import-corrections", file, home=tmp_path).returncode == 0
    assert answers(url) == {
        "a": ("000009", "5600.00"),
        "b": ("000010", "7.125"),  # more than the cell shows
        "c": ("000011", "3"),
    }


CORRECTIONS = {
    "a": ("000009", "9"),
    "b": ("000010", "5600.00"),
    "c": ("000011", "1234567890123456.7899"),
    "圖 😀,x": ("000012", "12345678901.2345"),
    "https://h/_x0041_?a=<b>&'\"": ("000013", "0012.50"),
    "=HYPERLINK(1)": ("000014", "0"),
    "<r><t>": ("000015", "999999999999999"),
}


def without_versions(file: Path) -> None:
    """As somebody does who brings corrections into another table: the rows there have others."""
    if file.suffix == ".csv":
        content = file.read_text("utf-8-sig").replace("row_version", "was_version")
        file.write_text(content, "utf-8", newline="")
        return
    book = openpyxl.load_workbook(file)
    for (heading,) in book.active.iter_cols(max_row=1):
        heading.value = str(heading.value).replace("row_version", "was_version")
    book.save(file)


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_what_export_wrote_can_be_given_back(tmp_path: Path, url: str, name: str) -> None:
    given = {url: pair for url, pair in CORRECTIONS.items() if name != "rows.csv" or url[0] != "="}
    with store_of(url) as store:
        store.save([reading(link, image_sha256=None) for link in given])
        for link, pair in given.items():
            store.correct(link, *pair)
    file = tmp_path / name
    assert fundocr("export", "--state", "corrected", "--out", file, home=tmp_path).returncode == 0
    same = fundocr("import-corrections", file, home=tmp_path)
    assert same.stdout.decode() == (
        f"Nothing changed. {len(given)} lines say what is stored already.\n"
    )
    with store_of(url) as store:
        for row in store.find(list(given)).values():
            store.undo(row.id, row_version=row.row_version, actor="")
        assert not any(row.corrected for row in store.find(list(given)).values())

    without_versions(file)
    assert fundocr("import-corrections", file, home=tmp_path).returncode == 0
    with store_of(url) as store:
        rows = store.find(list(given))
    assert {
        link: (row.update_fund_code, row.update_hold_share) for link, row in rows.items()
    } == given


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "cannot be read"),
        ("none.xlsx", None, "cannot be read"),
        ("list.xlsx", b"no workbook", "is no workbook"),
        ("list.csv", b"", "names its columns"),
        ("list.csv", b"image_url,fund_code\na,000001\n", "names its columns"),
        ("list.csv", b"fund_code,fund_code,image_url,hold_share\n", "names its columns"),
        ("list.csv", b"\xff\xff\xff", "neither UTF-8 nor GB 18030"),
    ],
)
def test_a_file_that_is_no_list_is_one_sentence(
    tmp_path: Path, url: str, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = fundocr("import-corrections", tmp_path / name, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert sentence in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def mend(file: Path, link: str, **cells: object) -> None:
    """Change cells of a link's line as a person does, and save the file."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = list(csv.DictReader(stream))
        for line in lines:
            line.update({k: str(v) for k, v in cells.items()} if line["image_url"] == link else {})
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, lines[0])
            writer.writeheader()
            writer.writerows(lines)
        return
    book = openpyxl.load_workbook(file)
    heading, *rows = book.active.iter_rows()
    places = {cell.value: place for place, cell in enumerate(heading)}
    for row in rows:
        if row[places["image_url"]].value == link:
            for name, value in cells.items():
                row[places[name]].value = value
    book.save(file)


def exported(home: Path, name: str) -> Path:
    assert fundocr("export", "--out", home / name, home=home).returncode == 0
    return home / name


def said_of(url: str, link: str) -> list[tuple[str, str]]:
    """Who said what of a row."""
    with store_of(url) as store:
        return [(line.action, line.actor) for line in store.history(store.get(identity=link).id)]


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_of_an_exported_file_only_what_was_mended_is_stored(
    tmp_path: Path, url: str, name: str
) -> None:
    with store_of(url) as store:
        store.save([refused("silent")])
        store.dismiss(store.get(identity="c").id, row_version=1, actor="x", reason=UNREADABLE)
        store.save([reading("late", image_sha256=None)])
    file = exported(tmp_path, name)
    mend(file, "a", hold_share="77.10")
    mend(file, "late", hold_share="78")
    with store_of(url) as store:
        store.correct("b", "000007", "7", 1, "a colleague")
        store.correct("late", "000007", "7", 1, "a colleague")
    first, second = (
        fundocr("import-corrections", file, "--actor", "me", home=tmp_path) for _ in range(2)
    )

    assert first.returncode == 1
    assert first.stdout.decode() == (
        "1 correction is stored, 1 line is not. 3 lines say what is stored already. "
        "1 line that nobody touched is skipped: the rows have changed since.\n"
    )
    (told,) = first.stderr.decode().splitlines()
    number, _, sentence = told.partition(": ")
    assert sentence == (
        "The row has changed since the row_version that was sent. It is version 2 now: "
        "000007 7, corrected."
    )
    lines = [
        line.number for line in read_corrections(file).lines if line.text("image_url") == "late"
    ]
    assert number == f"line {lines[0]}"
    assert answers(url) == {"a": ("011608", "77.10"), "b": ("000007", "7")}
    assert said_of(url, "a") == [("corrected", "me")]
    for changed in ("b", "late"):
        assert said_of(url, changed) == [("corrected", "a colleague")]
    for untouched in ("silent", "圖 😀,x"):
        assert said_of(url, untouched) == []
    # Its own line has another version by then, and says what is stored.
    assert second.returncode == 1 and second.stderr == first.stderr
    assert second.stdout.decode().startswith("0 corrections are stored, 1 line is not. 4 lines")


def test_what_somebody_touched_in_a_line_of_a_changed_row_is_refused(
    tmp_path: Path, url: str
) -> None:
    with store_of(url) as store:
        for link in ("a", "b", "c", "圖 😀,x"):
            store.correct(link, "000007", "7", 1, "x")
        store.save([reading("read again", image_sha256=None), refused("silent")])
    file = exported(tmp_path, "rows.csv")
    mend(file, "a", update_hold_share="8")  # one of the two columns that say the same
    mend(file, "b", fund_code="000008", update_fund_code="000008")  # both of them
    mend(file, "c", fund_code="7", hold_share="7.00")  # as a spreadsheet saves it again
    with store_of(url) as store:
        for link in ("a", "b", "c", "圖 😀,x"):
            store.undo(store.get(identity=link).id, row_version=2, actor="x")
        again = reading("read again", image_sha256=None, ocr_hold_share="9", refresh=True)
        store.save([again, refused("silent", reason="NO_SHARE", refresh=True)])
    done = fundocr("import-corrections", file, home=tmp_path)
    assert (done.returncode, done.stderr.count(b"The row has changed")) == (1, 2)
    assert done.stdout.decode() == (
        "0 corrections are stored, 2 lines are not. "
        "4 lines that nobody touched are skipped: the rows have changed since.\n"
    )
    assert answers(url) == {}


def test_a_correction_may_stand_in_either_pair_of_columns(tmp_path: Path, url: str) -> None:
    with store_of(url) as store:
        store.correct("b", "000007", "7", 1, "x")
    file = exported(tmp_path, "rows.csv")
    mend(file, "a", update_hold_share="77.10")
    mend(file, "b", update_fund_code="000008")
    mend(file, "c", update_hold_share="1", hold_share="2")
    mend(file, "圖 😀,x", update_fund_code="011608", update_hold_share="1234.56")  # it is right
    done = fundocr("import-corrections", file, home=tmp_path)
    assert done.returncode == 1
    assert "hold_share and update_hold_share say different things." in done.stderr.decode()
    assert answers(url) == {
        "a": ("011608", "77.10"),
        "b": ("000008", "7"),
        "圖 😀,x": ("011608", "1234.56"),
    }
    again = fundocr("import-corrections", file, home=tmp_path)
    assert again.stdout.decode().startswith("0 corrections are stored, 1 line is not. 3 lines")


def test_a_file_that_a_spreadsheet_has_saved_anew_still_says_nothing_new(
    tmp_path: Path, url: str
) -> None:
    with store_of(url) as store:
        store.correct("a", "000007", "1234.50", 1, "x")
    file = exported(tmp_path, "rows.csv")
    mend(file, "a", fund_code="7", hold_share="1234.5")  # as it takes codes and shares for numbers
    done = fundocr("import-corrections", file, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"Nothing changed. 4 lines say what is stored already.\n"


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_edits_of_columns_that_no_import_reads_are_told(
    tmp_path: Path, url: str, name: str
) -> None:
    with store_of(url) as store:
        store.correct("b", "000007", "7", 1, "x")
    file = exported(tmp_path, name)
    mend(file, "a", review_state="confirmed", ocr_hold_share="9")
    mend(file, "b", ocr_fund_code="11608", ocr_hold_share="1,234.560", flag="TRUE")  # the same
    mend(file, "c", review_state="dismissed")
    with store_of(url) as store:
        store.undo(store.get(identity="b").id, row_version=2, actor="x")  # as it was, not as it is
    done = fundocr("import-corrections", file, home=tmp_path)
    assert done.returncode == 0
    assert done.stderr.decode() == (
        "These columns are not imported: review_state (2 lines say something else than the row), "
        "ocr_hold_share (1 line says something else than the row).\n"
    )


def test_columns_of_other_tables_are_told_by_their_names(tmp_path: Path, url: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text("image_url,fund_code,Colour,hold_share,\na,000001,red,1,x\n")
    done = fundocr("import-corrections", file, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"These columns are not imported: Colour.\n")
    assert answers(url) == {"a": ("000001", "1")}


def test_two_lines_of_one_row_do_not_undo_each_other(tmp_path: Path, url: str) -> None:
    file = tmp_path / "list.csv"
    lines = ["a,000001,1,1", "a,000001,1,1", "a,000002,2,1", "b,000001,1,"]
    file.write_text("\n".join(["image_url,fund_code,hold_share,row_version", *lines]))
    done = fundocr("import-corrections", file, home=tmp_path)
    assert (done.returncode, done.stderr.decode().partition(":")[0]) == (1, "line 4")
    assert done.stdout == (
        b"2 corrections are stored, 1 line is not. 1 line says what is stored already.\n"
    )
    assert answers(url) == {"a": ("000001", "1"), "b": ("000001", "1")}


def test_what_is_told_is_in_one_language(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.csv"
    lines = ["a,000001,,", ",000001,1,", "a,,,", "unknown,000001,1,", "a,1,1,", "a,000001,x,"]
    file.write_text("\n".join(["image_url,update_fund_code,update_hold_share,note", *lines]))
    done = fundocr("import-corrections", file, home=tmp_path)
    assert done.returncode == 1 and done.stderr.isascii() and done.stdout.isascii()
    told = [line.partition(": ")[2] for line in done.stderr.decode().splitlines()]
    assert told[:4] == [
        "hold_share is empty; a correction names link, code and share.",
        "image_url is empty; a correction names link, code and share.",
        "fund_code and hold_share are empty; a correction names link, code and share.",
        "No row is stored for this link; it has to be recognised first.",
    ]

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(Store, "correct", away)
    file.write_text(f"{HEADER}\na,000001,1,\n")
    done = fundocr("import-corrections", file, home=tmp_path)
    assert done.returncode == 1 and done.stderr.decode() == (
        "Line 2 and what follows it was not stored, 0 corrections before it were: "
        "The database cannot be reached. The same file may be given again.\n"
    )


@pytest.mark.parametrize("version", ["0", "x", "1.5", "-1", "９", "9" * 12])
def test_a_version_that_is_none_is_told(tmp_path: Path, url: str, version: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"image_url,fund_code,hold_share,row_version\na,000001,1,{version}\n")
    done = fundocr("import-corrections", file, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr == b"line 2: row_version must be a whole number from 1.\n"
    assert answers(url) == {}


def test_the_pages_chinese_words_may_head_the_columns(tmp_path: Path, url: str) -> None:
    file = tmp_path / "列表.csv"
    lines = ["链接,基金代码,份额,版本,备注", "a,000001,1,1,看图", "b,000001,1,2,"]
    file.write_text("\n".join(lines), encoding="gb18030")
    done = fundocr("import-corrections", file, home=tmp_path)
    assert (done.returncode, done.stderr.decode().partition(":")[0]) == (1, "line 3")
    assert answers(url) == {"a": ("000001", "1")}


def test_of_a_file_that_cannot_be_read_to_its_end_nothing_is_stored(
    tmp_path: Path, url: str
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"{HEADER}\na,000001,1,\nb,000001,1,{'x' * 200_000}\n")
    done = fundocr("import-corrections", file, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert answers(url) == {}


def test_a_cell_that_is_no_text_is_told_with_its_line(tmp_path: Path, url: str) -> None:
    day = date(2026, 11, 30)
    file = workbook(
        tmp_path / "list.xlsx",
        HEADER.split(","),
        ["a", "000001", 1234567890123456, None],
        ["b", "000001", day, None],
        ["c", "000001", 1, None],
    )
    done = fundocr("import-corrections", file, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "line 2: hold_share is a number of more than 15 digits, which no workbook keeps; "
        "give it as text.",
        "line 3: hold_share is a date or time (2026-11-30); give it as text.",
    ]
    assert answers(url) == {"c": ("000001", "1")}
