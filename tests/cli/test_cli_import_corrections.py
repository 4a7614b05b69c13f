"""`fundocr import-corrections`: good lines are stored, bad ones told with their number."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cli.tables_of import database_of, store_of
from tests.db.sample_readings import reading
from tests.fundocr_command import fundocr

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
    for _ in range(2):
        done = fundocr("import-corrections", file, home=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == b"1 corrections are stored, 0 lines are not.\n"
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


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_what_export_wrote_can_be_given_back(tmp_path: Path, url: str, name: str) -> None:
    given = {url: pair for url, pair in CORRECTIONS.items() if name != "rows.csv" or url[0] != "="}
    with store_of(url) as store:
        store.save([reading(link, image_sha256=None) for link in given])
        for link, pair in given.items():
            store.correct(link, *pair)
    done = fundocr("export", "--state", "corrected", "--out", tmp_path / name, home=tmp_path)
    assert done.returncode == 0
    with store_of(url) as store:
        for row in store.find(list(given)).values():
            store.undo(row.id, row_version=row.row_version, actor="")
        assert not any(row.corrected for row in store.find(list(given)).values())

    assert fundocr("import-corrections", tmp_path / name, home=tmp_path).returncode == 0
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
