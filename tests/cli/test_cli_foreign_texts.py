"""What files, rows and archives say is printed as text: none of it is a command to the terminal."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import doctor
from pipeline.logs import json_line
from pipeline.plain import escaped
from serving.failure import Failure
from tests.fundocr_command import fundocr

# Clear the screen; the same by one character; write from right to left; a line of one's own.
EVIL = "a\x1b[2Jb\x9b2Jc\u202ed\u2066e\u2028f\x7f"
SEEN = "a\\u001b[2Jb\\u009b2Jc\\u202ed\\u2066e\\u2028f\\u007f"


def no_commands(said: bytes) -> str:
    text = said.decode()
    assert [c for c in text if not c.isprintable() and c != "\n"] == []
    return text


@pytest.mark.parametrize("text", ["", "可用份额 1,234.50", "a b", "é😀", "\\u001b"])
def test_plain_texts_stay_as_they_are(text: str) -> None:
    assert escaped(text) == text


def test_what_is_not_seen_and_does_something_is_shown() -> None:
    assert escaped(EVIL) == SEEN
    assert (
        escaped("\n\r\t\0\ud800\u061c\u200f") == "\\u000a\\u000d\\u0009\\u0000\\ud800\\u061c\\u200f"
    )


def test_a_line_of_a_log_means_the_same_and_holds_none_of_it() -> None:
    line = json_line(datetime(2026, 11, 30, tzinfo=UTC), "INFO", "x", EVIL, {"more": [EVIL]})
    assert line.isprintable()
    told = json.loads(line)
    assert (told["message"], told["more"]) == (EVIL, [EVIL])


def test_evaluate_prints_names_of_files_and_layouts_as_text(tmp_path: Path) -> None:
    case = {"name": EVIL, "layout": EVIL, "lines": ["x"], "fund_code": "011608", "hold_share": EVIL}
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(case) + "\n")
    said = no_commands(fundocr("evaluate", "--cases", file, home=tmp_path).stdout)
    assert f"missed: {SEEN}: " in said


def test_failures_name_files_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[2J"
    folder.mkdir()
    done = fundocr("recognize", folder, home=tmp_path)
    assert done.returncode == 2
    assert "\\u001b[2J." in no_commands(done.stderr)


def test_extract_answers_lines_that_mean_the_same(tmp_path: Path) -> None:
    page = {"lines": [f"基金代码 011608 {EVIL}", "可用份额 12.00"]}
    done = fundocr("extract", home=tmp_path, stdin=json.dumps(page).encode() + b"\n")
    assert "011608" in str(json.loads(no_commands(done.stdout)))


def test_doctor_says_what_is_wrong_as_text(capsys: Any) -> None:
    def wrong() -> str:
        raise Failure(EVIL.replace("\u2028", ""))

    assert not doctor._try("archives", wrong)
    no_commands(capsys.readouterr().out.encode())
