"""`fundocr funds`: a list of funds looked at, written in our form, and used."""

import json
import re
from pathlib import Path

import pytest

from tests.fundocr_command import fundocr

CSV = "code,name\n000001,恒澜成长混合\n011608,恒澜消费升级混合A\n011609,恒澜消费升级混合C\n"
SCRIPT = """\ufeffvar r = [["011608","HLXFSJ","恒澜消费升级混合A","混合型","HENGLAN"],
["000001","HLCZ","恒澜成长混合","混合型","HENGLAN"],
["011609","HLXFSJ","恒澜消费升级混合C","混合型","HENGLAN"]];
"""


def given(home: Path, text: str, name: str = "list") -> Path:
    (home / name).write_bytes(text.encode())
    return home / name


@pytest.mark.parametrize("text", [CSV, SCRIPT], ids=["csv", "script"])
def test_a_list_that_can_be_used_tells_its_funds_and_version(tmp_path: Path, text: str) -> None:
    file = given(tmp_path, text)
    done = fundocr("funds", "check", file, home=tmp_path)
    said = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    version = re.fullmatch(
        rf"{re.escape(str(file))}: 3 funds, version (funds@[0-9a-f]{{8}})\n", said
    )
    assert version is not None, said

    page = {"lines": ["基金代码 000001", "可用份额 12.50"]}
    used = fundocr(
        "extract",
        home=tmp_path,
        stdin=json.dumps(page).encode(),
        settings={"FUNDOCR_FUND_LIST": "list"},
    )
    answer = json.loads(used.stdout)
    assert answer["data"] == {"fund_code": "000001", "hold_share": "12.50"}
    assert answer["detail"]["rules"].endswith(f"+{version[1]}")


@pytest.mark.parametrize("text", [CSV, SCRIPT], ids=["csv", "script"])
def test_both_forms_refuse_a_code_that_is_not_there(tmp_path: Path, text: str) -> None:
    given(tmp_path, text)
    done = fundocr(
        "extract",
        home=tmp_path,
        stdin=json.dumps({"lines": ["基金代码 000002", "可用份额 12.50"]}).encode(),
        settings={"FUNDOCR_FUND_LIST": "list"},
    )
    answer = json.loads(done.stdout)
    assert answer["flag"] is False
    assert answer["detail"]["reason"] == "CODE_NOT_LISTED"
    assert answer["detail"]["candidates"]["fund_codes"] == ["000002"]


def test_lines_that_repeat_a_fund_are_counted(tmp_path: Path) -> None:
    file = given(tmp_path, "000001,恒澜成长混合\n000001,恒澜成长混合\n")
    done = fundocr("funds", "check", file, home=tmp_path)
    assert done.returncode == 0
    assert f"{file}: 1 fund, 1 line repeated, version funds@" in done.stdout.decode()


@pytest.mark.parametrize("command", ["check", "convert"])
def test_bad_lines_are_told_and_one_sentence_ends_it(tmp_path: Path, command: str) -> None:
    file = given(tmp_path, "000001,恒澜\n1,星禾\n000001,南屿\n")
    done = fundocr("funds", command, file, home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().splitlines() == [
        "line 2 is not like 011608,name",
        "line 3 gives 000001 another name than line 1",
        f"{file} cannot be used: 1 fund, 2 bad lines.",
    ]


def test_of_many_bad_lines_the_first_are_told(tmp_path: Path) -> None:
    file = given(tmp_path, "000001,恒澜\n" + "1,星禾\n" * 25)
    told = fundocr("funds", "check", file, home=tmp_path).stderr.decode().splitlines()
    assert told[19:] == [
        "line 21 is not like 011608,name",
        "and 5 more",
        f"{file} cannot be used: 1 fund, 25 bad lines.",
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = fundocr("funds", "check", tmp_path / "nothing", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert (
        done.stderr.decode() == f"{tmp_path}/nothing cannot be read: No such file or directory.\n"
    )


def test_a_script_becomes_a_csv_of_the_same_version(tmp_path: Path) -> None:
    file, out = given(tmp_path, SCRIPT), tmp_path / "funds.csv"
    printed = fundocr("funds", "convert", file, home=tmp_path)
    assert (printed.returncode, printed.stdout.decode()) == (0, CSV)
    written = fundocr("funds", "convert", file, "--out", out, home=tmp_path)
    assert written.stdout.decode() == f"{out}: 3 funds\n"
    assert out.read_text("utf-8") == CSV
    assert sorted(one.name for one in tmp_path.iterdir()) == ["funds.csv", "list"]

    versions = {
        fundocr("funds", "check", one, home=tmp_path).stdout.decode().rsplit(" ", 1)[1]
        for one in (file, out)
    }
    assert len(versions) == 1


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    file = given(tmp_path, CSV)
    done = fundocr("funds", "convert", file, "--out", tmp_path / "no" / "f.csv", home=tmp_path)
    assert done.returncode == 1
    assert (
        done.stderr.decode()
        == f"{tmp_path}/no/f.csv cannot be written: No such file or directory.\n"
    )
    (tmp_path / "taken").mkdir()
    done = fundocr("funds", "convert", file, "--out", tmp_path / "taken", home=tmp_path)
    assert done.returncode == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["list", "taken"]
