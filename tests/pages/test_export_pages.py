"""What is exported from the queue, opened again and compared with the rows."""

import csv
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from db.rows import Row
from tests.db.sample_readings import reading
from tests.pages.conftest import Person
from tests.pages.desk import Desk
from tests.workbook_rows import rows_of

OpenDesk = Callable[..., Desk]
Come = Callable[..., Person]


def download(page: Page, words: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.click(f"text={words}")
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file


def opened(file: Path) -> list[dict[str, str]]:
    """The lines of a CSV or of a workbook, every cell as its text."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))
    return rows_of(file)


def told(row: Row) -> tuple[str, str, str, str]:
    code = row.answer_fund_code if row.answer_flag else ""
    share = row.answer_hold_share if row.answer_flag else ""
    return (str(row.id), row.image_url, code, share)


def test_exported_rows_are_the_rows_of_the_filters(
    open_desk: OpenDesk, person: Come, tmp_path: Path
) -> None:
    at = open_desk()
    at.store.save(
        [
            reading(
                "https://pictures.example.com/=1+1",
                image_sha256=bytes(32),
                ocr_fund_code="000001",
                ocr_hold_share="1234567890123456.1234",
                label="=HYPERLINK(1)",
            )
        ]
    )
    row = at.row_of("/funds/screen-00.png")
    at.store.correct(row.image_url, "000934", "5600.00", 1, "王五")
    li = person(at, "李四")
    li.go("/review?state=all")
    rows = at.rows()
    for words in ("导出 CSV", "导出 XLSX"):
        lines = opened(download(li.page, words, tmp_path))
        names = ("id", "image_url", "fund_code", "hold_share")
        assert [tuple(line[name] for name in names) for line in lines] == [told(r) for r in rows]
        last = lines[-1]
        assert (last["fund_code"], last["hold_share"]) == ("000001", "1234567890123456.1234")
        assert last["label"].lstrip("'") == "=HYPERLINK(1)"
        (changed,) = [line for line in lines if line["id"] == str(row.id)]
        assert (changed["fund_code"], changed["hold_share"]) == ("000934", "5600.00")
    li.go("/review?state=all&q=000934")
    assert [line["id"] for line in opened(download(li.page, "导出 CSV", tmp_path))] == [str(row.id)]
    li.go(f"/review?state=all&q={row.image_url.partition('screen')[0]}")
    links = [line["image_url"] for line in opened(download(li.page, "导出 XLSX", tmp_path))]
    assert sorted(links) == sorted(one.image_url for one in rows if one.url_type == "7min_local")
