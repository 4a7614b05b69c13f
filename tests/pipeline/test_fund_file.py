"""Lists of funds as they come: CSV of any columns, and the script of a public list."""

from pathlib import Path

import pytest

from pipeline.fund_file import FundFile, FundFileError, read_fund_file

TWO = {"000001": "恒澜成长混合", "000003": "星禾可转债债券A"}
ROWS = (
    '["000001","HLCZHH","恒澜成长混合","混合型-灵活","HENGLANCHENGZHANGHUNHE"],'
    '["000003","XHKZZ","星禾可转债债券A","债券型","XINGHEKEZHUANZHAI"]'
)


def read(folder: Path, text: str) -> FundFile:
    file = folder / "list"
    file.write_bytes(text.encode())
    return read_fund_file(file)


@pytest.mark.parametrize(
    "text",
    [
        "code,name\n000001,恒澜成长混合\n000003,星禾可转债债券A\n",
        "000001,恒澜成长混合\r\n\r\n000003,星禾可转债债券A",
        "\ufeff基金代码,基金类型,基金简称\n000001,混合型,恒澜成长混合\n000003,债券型,星禾可转债债券A\n",
        "序号,备注,Fund Code,Fund_Name\n1,甲,000001,恒澜成长混合\n2,乙,000003,星禾可转债债券A\n",
        # Without a heading: six digits, and the Chinese texts that repeat least.
        "混合型,000001,恒澜成长混合\n混合型,000003,星禾可转债债券A\n",
        "恒澜成长混合,HLCZHH,000001\n星禾可转债债券A,XHKZZ,000003\n",
        "000001,恒澜成长混合,混合型\n000003,星禾可转债债券A,债券型\n",
        "一,二,三\n000001,恒澜成长混合,混合型\n000003,星禾可转债债券A,债券型\n",
        "００００01,恒澜成长混合\n 000003 ,  星禾可转债债券A\n",
        f"var r = [{ROWS}];",
        f"\ufeffvar r = [{ROWS}];\n",
        f"\n let funds=\n[{ROWS}] ; \r\n",
        f"[{ROWS}]",
    ],
)
def test_codes_and_names_are_found_in_every_form(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == FundFile(funds=TWO)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("code,name\n1,甲\n000001,恒澜\n", ["line 2 is not like 011608,name"]),
        ("1,甲\n000001,恒澜\n", ["line 1 is not like 011608,name"]),
        ("000001,恒澜\n\n000003\n", ["line 3 is not like 011608,name"]),
        ("000001,恒澜\n000003, \n", ["line 2 is not like 011608,name"]),
        ("000001,恒澜\n00000三,星禾\n", ["line 2 is not like 011608,name"]),
        ('"000001","恒\n澜"\n3,星禾\n', ["line 3 is not like 011608,name"]),
        ("000001,恒澜\n000001,星禾\n", ["line 2 gives 000001 another name than line 1"]),
        ("var r = [];", None),
        ('[["000001","恒澜"],["1","星禾"],7,[8,9]]', ["entry 2", "entry 3", "entry 4"]),
    ],
)
def test_each_bad_line_is_told_by_its_number(
    tmp_path: Path, text: str, bad: list[str] | None
) -> None:
    if bad is None:
        with pytest.raises(FundFileError, match="names no fund"):
            read(tmp_path, text)
        return
    found = read(tmp_path, text)
    assert list(found.funds) == ["000001"]
    assert [one[: len(start)] for one, start in zip(found.bad, bad, strict=True)] == bad


def test_a_fund_that_stands_there_again_is_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "000001,恒澜（混合）\n000001,恒澜 (混合)\n000001,恒澜（混合）\n")
    assert found == FundFile(funds={"000001": "恒澜（混合）"}, again=2)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "names no fund"),
        (b"code,name\n", "names no fund"),
        (b"000001,\xb2\xe2\n", "it is no CSV in UTF-8"),
        (b'000001,"a', "its CSV is broken"),
        (b'var r = [["000001","a"', "its script is broken"),
        (b"var r = " + b"[" * 100_000, "its script is broken"),
    ],
)
def test_what_is_no_list_is_told_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "list"
    file.write_bytes(content)
    with pytest.raises(FundFileError, match=sentence) as told:
        read_fund_file(file)
    assert str(told.value).startswith(str(file))
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FundFileError, match="No such file"):
        read_fund_file(tmp_path / "nothing")
    with pytest.raises(FundFileError, match="Is a directory"):
        read_fund_file(tmp_path)
