"""`fundocr export`: rows out as CSV and XLSX, and judged rows as cases that evaluate reads."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.rows import Dismissal, NewReading, Row
from db.store import Store
from db.tables import EXPORTED
from pipeline.decode.image import Image
from pipeline.fetch.link import parse_link
from pipeline.reading import new_reading
from pipeline.request import Request, Url
from postprocess.evidence import redact
from postprocess.extract import RULES
from postprocess.types import Line, Page
from tests.cli.tables_of import database_of, store_of
from tests.db.sample_readings import as_row, reading, refused
from tests.fundocr_command import fundocr
from tests.workbook_rows import rows_of

HOST = "https://pictures.example.com"
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database_of(tmp_path)


def exported(home: Path, *arguments: str) -> list[dict[str, str]]:
    done = fundocr("export", *arguments, home=home)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"\xef\xbb\xbf"), "Excel must see that it is UTF-8"
    return list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig"), newline="")))


def by_link(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of one call are stored in no order of ours."""
    return sorted(rows, key=lambda row: row["image_url"])


def test_rows_are_exported_whole_and_as_text(tmp_path: Path, url: str) -> None:
    with store_of(url) as store:
        store.save([reading(f"{HOST}/a.png?x=1", label="可用份额"), refused(f"{HOST}/b 😀")])
        store.correct(f"{HOST}/b 😀", "000001", "0012.50", note="n")
        links = [f"{HOST}/a.png?x=1", f"{HOST}/b 😀"]
        first, second = (store.get(identity=link) for link in links)

    one, two = by_link(exported(tmp_path))
    assert tuple(one) == EXPORTED
    assert (one["image_url"], one["flag"], one["label"]) == (
        f"{HOST}/a.png?x=1",
        "true",
        "可用份额",
    )
    assert (one["fund_code"], one["hold_share"], one["confidence"]) == (
        *("011608", "1234.56"),
        str(first.confidence),
    )
    assert (two["fund_code"], two["hold_share"], two["flag"]) == ("000001", "0012.50", "true")
    assert (two["review_state"], two["ocr_fund_code"], two["reason"]) == (
        *("corrected", ""),
        "NO_CODE",
    )
    assert datetime.fromisoformat(two["updated_at"]) == second.updated_at


@pytest.mark.parametrize(("zone", "offset"), [(None, "+08:00"), ("America/Phoenix", "-07:00")])
def test_days_are_those_of_the_zone_and_every_time_says_its_offset(
    tmp_path: Path, url: str, zone: str | None, offset: str
) -> None:
    with store_of(url) as store:
        (saved,) = store.save([reading(f"{HOST}/a")])
    settings = {} if zone is None else {"FUNDOCR_TIMEZONE": zone}
    local = saved.created_at.astimezone(datetime.fromisoformat(f"2026-01-01T00:00{offset}").tzinfo)

    def times(since: datetime) -> list[str]:
        since_text = since.replace(tzinfo=None).isoformat()
        done = fundocr("export", "--since", since_text, home=tmp_path, settings=settings)
        assert done.returncode == 0, done.stderr
        lines = csv.DictReader(done.stdout.decode("utf-8-sig").splitlines())
        return [line["created_at"] for line in lines]

    assert times(local) == [local.isoformat()]
    assert local.isoformat().endswith(offset)
    assert times(local + timedelta(seconds=1)) == []


def test_a_workbook_opened_again_holds_the_same_as_the_csv(tmp_path: Path, url: str) -> None:
    with store_of(url) as store:
        store.save([reading(f"{HOST}/a", ocr_fund_code="000001"), refused(f"{HOST}/b")])
    out = tmp_path / "rows.xlsx"
    assert fundocr("export", "--out", out, home=tmp_path).returncode == 0

    found, rows = rows_of(out), exported(tmp_path)
    for row in rows:  # a spreadsheet's times end with the millisecond
        for name in ("created_at", "updated_at"):
            row[name] = re.sub(r"(\.\d{3})\d{3}", r"\1", row[name])
    assert found == rows
    assert by_link(found)[0]["fund_code"] == "000001"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(tmp_path: Path, url: str, text: str) -> None:
    with store_of(url) as store:
        store.save([reading(text, label=text, ocr_hold_share=text)])
    (row,) = exported(tmp_path)
    assert {row[name].lstrip()[0] for name in ("image_url", "label", "hold_share")} <= {
        "'",
        "\ufffd",
    }

    out = tmp_path / "rows.xlsx"
    assert fundocr("export", "--out", out, home=tmp_path).returncode == 0
    (line,) = rows_of(out)
    assert line["label"].lstrip("\ufffd") == text.lstrip("\t")


def test_only_what_is_asked_for_is_exported(tmp_path: Path, url: str) -> None:
    with store_of(url) as store:
        store.save([reading(f"{HOST}/{n}", url_type="oss") for n in range(3)])
        begun = datetime.now(UTC)
        store.save([refused(f"{HOST}/local", url_type="7min_local", reason="MANY_CODES")])
        store.correct(f"{HOST}/1", "000001", "1")

    def links(*arguments: str) -> list[str]:
        rows = exported(tmp_path, *arguments)
        return [row["image_url"].removeprefix(f"{HOST}/") for row in rows]

    assert sorted(links()) == ["0", "1", "2", "local"]
    assert links("--updated-since", begun.isoformat()) == ["local", "1"]
    assert links("--since", begun.isoformat()) == ["local"]
    assert links("--state", "corrected, dismissed") == ["1"]
    assert links("--reason", "MANY_CODES", "--url-type", "7min_local") == ["local"]
    assert links("--fund-code", "000001") == ["1"]
    assert links("--url-prefix", f"{HOST}/l") == ["local"]
    assert links("--host", "pictures.example.com", "--state", "open")[-1] == "local"


def test_the_rows_of_many_pieces_come_once_each(tmp_path: Path, url: str) -> None:
    with store_of(url) as store:
        store.save([reading(f"{HOST}/{n}", image_sha256=None) for n in range(1203)])

    for arguments in ([], ["--updated-since", "2020-01-01"]):
        links = [row["image_url"] for row in exported(tmp_path, *arguments)]
        assert len(set(links)) == len(links) == 1203


def test_more_rows_than_a_sheet_holds_are_refused_before_any_is_written(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store_of(url) as store:
        store.save([reading(f"{HOST}/{n}") for n in range(3)])
        begun = datetime.now(UTC)
        store.save([reading(f"{HOST}/3")])
    monkeypatch.setattr("cli.export.ROWS_OF_A_SHEET", 3)
    out = tmp_path / "rows.xlsx"
    out.write_bytes(b"yesterday's")

    done = fundocr("export", "--out", out, home=tmp_path)
    assert (done.returncode, out.read_bytes()) == (1, b"yesterday's")
    assert done.stderr.splitlines() == [
        b"There are more rows than a sheet can hold: export CSV, or fewer."
    ]
    arguments = ("--updated-since", begun.isoformat(), "--out", out)
    assert fundocr("export", *arguments, home=tmp_path).returncode == 0
    assert [row["image_url"] for row in rows_of(out)] == [f"{HOST}/3"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--state", "odd"], "There is no review state 'odd'"),
        (["--since", "yesterday"], "'yesterday' is no time"),
        (["--out", "/proc/none/rows.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(
    tmp_path: Path, url: str, arguments: list[str], sentence: str
) -> None:
    done = fundocr("export", *arguments, home=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def test_without_tables_the_sentence_says_what_to_run(tmp_path: Path) -> None:
    done = fundocr("export", home=tmp_path)
    assert done.returncode == 1
    assert b"fundocr db upgrade" in done.stderr


QUAD = ((10.0, 10.0), (90.0, 10.0), (90.0, 20.0), (10.0, 20.0))


def page(*texts: str) -> Page:
    """Lines one below the other."""
    lines = tuple(
        Line(
            text=text,
            confidence=0.99,
            quad=tuple((x, y + 30 * n) for x, y in QUAD),  # type: ignore[arg-type]
        )
        for n, text in enumerate(texts)
    )
    return Page(lines=lines, width=375, height=812, model_version="model@1")


def read(link: str, *texts: str) -> NewReading:
    """What the service stores of such a page."""
    kept, found = redact(page(*texts), RULES["layout"])
    request = Request(id="r", source=Url(link=parse_link(link)), url_type="oss")
    image: Any = Image(sha256=link.encode().ljust(32)[:32], pixels=None)  # type: ignore[arg-type]
    return new_reading(request, image, kept, found)


def judged_rows(store: Store) -> list[Row]:
    answer = ("张三 您好 1", "基金代码 011608", "可用份额 1,234.56", "尾号1234", "王小明")
    rows = [
        as_row(row)
        for row in store.save(
            [
                read(f"{HOST}/confirmed", *answer),
                read(f"{HOST}/corrected", *answer),
                read(f"{HOST}/missed", "基金代码 011608"),
                read(f"{HOST}/nothing", "王小明", "基金 1"),
                read(f"{HOST}/other", *answer),
                read(f"{HOST}/open", *answer),
            ]
        )
    ]
    store.confirm(rows[0].id, row_version=1, actor="")
    store.correct(f"{HOST}/corrected", "000001", "7")
    store.correct(f"{HOST}/missed", "011608", "12.30")
    store.dismiss(rows[3].id, row_version=1, actor="", reason=Dismissal.NOT_A_FUND)
    store.dismiss(rows[4].id, row_version=1, actor="", reason=Dismissal.OTHER)
    return rows


def test_cases_are_judged_pages_and_evaluate_reads_them(tmp_path: Path, url: str) -> None:
    with store_of(url) as store:
        judged_rows(store)
    file = tmp_path / "cases.jsonl"
    done = fundocr("export", "--cases", "--out", file, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"4 cases\n")

    cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert sorted((case["fund_code"], case["hold_share"]) for case in cases) == [
        *(("", ""), ("000001", "7"), ("011608", "12.30")),
        ("011608", "1234.56"),
    ]
    for trace in ("张三", "王小明", '1234"', "尾号1234", HOST):
        assert trace not in file.read_text(encoding="utf-8")

    evaluated = fundocr("evaluate", "--cases", file, home=tmp_path)
    assert evaluated.returncode == 0, evaluated.stderr
    assert b"4 pages" in evaluated.stdout
    assert b"2 right (50.0 %), 1 wrong, 1 missed" in evaluated.stdout


def test_a_case_is_decided_as_its_row_was(tmp_path: Path, url: str) -> None:
    with store_of(url) as store:
        rows = judged_rows(store)
        confirmed = store.get(id=rows[0].id)
    file = tmp_path / "cases.jsonl"
    fundocr("export", "--cases", "--state", "confirmed", "--out", file, home=tmp_path)
    done = fundocr("extract", home=tmp_path, stdin=file.read_bytes())

    answer = json.loads(done.stdout)
    assert answer["data"] == {
        "fund_code": confirmed.answer_fund_code,
        "hold_share": confirmed.answer_hold_share,
    }
    candidates = answer["detail"]["candidates"]
    assert candidates == confirmed.evidence["answer"]["candidates"]


def test_what_other_versions_refused_is_listed_for_a_new_reading(tmp_path: Path, url: str) -> None:
    now = {"model_version": "new@1", "rules_version": "layout@2"}
    with store_of(url) as store:
        store.save(
            [
                refused(f"{HOST}/old-model", rules_version="layout@2"),
                refused(f"{HOST}/old-rules", model_version="new@1"),
                refused(f"{HOST}/read-now", **now),
                refused(f"{HOST}/judged"),
                reading(f"{HOST}/answered"),
            ]
        )
        store.correct(f"{HOST}/judged", "000001", "1", note="")
    listed = by_link(exported(tmp_path, "--for-reread", "new@1,layout@2"))
    assert [row["image_url"] for row in listed] == [f"{HOST}/old-model", f"{HOST}/old-rules"]


@pytest.mark.parametrize("versions", ["layout@2", "new@1,", ",layout@2"])
def test_versions_that_are_none_are_told(tmp_path: Path, url: str, versions: str) -> None:
    done = fundocr("export", "--for-reread", versions, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(repr(versions))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_that_is_beyond_the_calendar_in_utc_is_none(tmp_path: Path, text: str) -> None:
    for option in ("--updated-since", "--since"):
        done = fundocr("export", option, text, home=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.decode().startswith(f"'{text}' is no time such as ")
