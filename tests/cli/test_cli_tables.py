"""The output formats of `fundocr recognize`, written and opened again."""

import csv
import io
import json
from typing import Any

import pytest

from cli.tables import COLUMNS, WRITERS
from pipeline.response import extraction_body
from postprocess.extract import extract
from postprocess.types import Line, Page
from tests.workbook_rows import cells_of, rows_of


def result(file: str, *texts: str) -> dict[str, Any]:
    lines = tuple(
        Line(text=text, confidence=0.91, quad=((0, 0), (9, 0), (9, 9), (0, 9))) for text in texts
    )
    page = Page(lines=lines, width=9, height=9, model_version="m@1")
    return {"file": file} | extraction_body(extract(page, "seed"), page, source="ocr")


ANSWERED = result("a/基金.png", "000001", "可用份额 0012.50")
REFUSED = result("b.png", "000001", "161725")
FAILED = {"file": "c.png", "error": "The picture is damaged or cut off.", "code": "BAD_PICTURE"}
RESULTS = [ANSWERED, REFUSED, FAILED]
HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "＝1", "#N/A", "=cmd|' /C x'!A0",
]  # fmt: skip


def written(format: str, results: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    WRITERS[format](iter(results), out)
    return out.getvalue()


def rows_of_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def rows_of_xlsx(content: bytes) -> list[dict[str, str]]:
    return rows_of(io.BytesIO(content))


def test_json_lines_are_the_results_themselves() -> None:
    lines = written("jsonl", RESULTS).decode().splitlines()
    assert [json.loads(line) for line in lines] == RESULTS


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_sheet_opened_again_holds_every_result(format: str) -> None:
    read = {"csv": rows_of_csv, "xlsx": rows_of_xlsx}[format]
    answered, refused, failed = read(written(format, RESULTS))
    assert answered == dict.fromkeys(COLUMNS, "") | {
        "file": "a/基金.png",
        "flag": "true",
        "fund_code": "000001",
        "hold_share": "0012.50",
        "label": "可用份额",
        "candidate_fund_codes": "000001",
        "candidate_hold_shares": "0012.50",
        "fund_code_confidence": "0.91",
        "hold_share_confidence": "0.91",
    }
    assert refused == dict.fromkeys(COLUMNS, "") | {
        "file": "b.png",
        "flag": "false",
        "reason": "MANY_CODES",
        "candidate_fund_codes": "000001 161725",
    }
    assert failed == dict.fromkeys(COLUMNS, "") | FAILED


@pytest.mark.parametrize("name", HOSTILE)
def test_a_csv_cell_cannot_be_a_formula(name: str) -> None:
    content = written("csv", [FAILED | {"file": name}])
    [row] = rows_of_csv(content)
    assert row["file"].lstrip()[0] not in "=+-@＝"
    assert len(content.splitlines()) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_a_spreadsheet_takes_a_text_for_nothing_else(name: str) -> None:
    _, (file, *_), (_, flag, code, share, *_) = cells_of(
        io.BytesIO(written("xlsx", [FAILED | {"file": name}, ANSWERED]))
    )
    assert (file.data_type, file.number_format) == ("s", "@")
    assert file.value.endswith(name.lstrip())
    assert [flag.value, code.value, share.value] == [True, "000001", "0012.50"]


@pytest.mark.parametrize("format", ["csv", "xlsx", "table", "jsonl"])
def test_a_file_name_that_is_no_text_does_not_stop_the_table(format: str) -> None:
    name = "\udcff\ud800\x00\x1b[31m\x07[red]名.png"
    content = written(format, [FAILED | {"file": name}, ANSWERED])
    if format == "jsonl":
        assert json.loads(content.splitlines()[0])["file"] == name
        return
    # A spreadsheet is a zip file, whose bytes may hold anything.
    shown = str(rows_of_xlsx(content)) if format == "xlsx" else content.decode()
    assert "[red]名.png" in shown
    assert "\x1b" not in shown
    assert "000001" in shown


def test_the_holdings_of_a_list_stand_in_table_and_sheets() -> None:
    listed = json.loads(json.dumps(REFUSED))
    listed["detail"]["candidates"]["holdings"] = [
        {"fund_code": "000001", "name": "华夏成长", "hold_share": "12.50"},
        {"fund_code": "161725", "name": None, "hold_share": "3"},
    ]
    told = "000001 华夏成长 12.50; 161725 3"
    for format, read in {"csv": rows_of_csv, "xlsx": rows_of_xlsx}.items():
        [row] = read(written(format, [listed]))
        assert row["candidate_holdings"] == told
    assert f"holdings: {told}" in written("table", [listed]).decode()


def test_the_table_shows_answers_reasons_and_errors_uncut() -> None:
    table = written("table", [*RESULTS, FAILED | {"file": "long/" * 60 + "z.png"}]).decode()
    lines = {line.split("│")[1].strip(): line for line in table.splitlines() if "│" in line}
    assert "000001" in lines["a/基金.png"] and "0012.50" in lines["a/基金.png"]
    assert "MANY_CODES" in lines["b.png"] and "codes: 000001 161725" in lines["b.png"]
    assert "BAD_PICTURE" in lines["c.png"] and FAILED["error"] in lines["c.png"]
    assert "long/" * 60 + "z.png" in lines
    assert table.splitlines()[-1] == "1 answered, 1 refused, 2 failed"


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_lines_are_written_as_they_come(format: str) -> None:
    out = io.BytesIO()
    sizes: list[int] = []

    def results() -> Any:
        for one in RESULTS:
            sizes.append(len(out.getvalue()))
            yield one

    WRITERS[format](results(), out)
    assert len(set(sizes)) == len(RESULTS)
