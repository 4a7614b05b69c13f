"""A list of funds that the operator names confirms codes by the names on the screen."""

import json
from pathlib import Path

import pytest

from pipeline.rules import load_fund_list, open_rules
from pipeline.settings import Settings, SettingsError
from postprocess.funds import Fit
from tests.cli.cli_process import fundocr
from tests.rules.layout_pages import page_of

LINES = [
    ["恒澜消费升级混合A(011608)", 16, 130, 15],
    ["可用份额", 16, 160, 13],
    ["1,234.56", "r359", 160, 13],
]


def listed(home: Path, text: str, name: str = "funds.csv") -> Settings:
    (home / name).write_text(text, encoding="utf-8")
    return Settings(home=home, fund_list=Path(name))


@pytest.mark.parametrize(
    ("listing", "reason"),
    [
        ("code,name\n011608,恒澜消费升级混合型证券投资基金A\n", None),
        ("\ufeff０１１６０８,恒澜消费升级混合A\n", None),
        ("011608,瑞泊全球配置债券(QDII)\n", "CODE_NAME_DISAGREE"),
        ("011608,恒澜消费升级混合C\n", "CODE_NAME_DISAGREE"),
        ("005827,易方蓝筹精选\n", "CODE_NOT_LISTED"),
    ],
)
def test_a_code_that_is_another_fund_s_is_refused(
    tmp_path: Path, listing: str, reason: str | None
) -> None:
    found = open_rules(listed(tmp_path, listing))(page_of(LINES))
    assert (found.reason and found.reason.value) == reason


def test_the_list_decides_between_several_codes(tmp_path: Path) -> None:
    lines = [*LINES, ["看了又看 瑞泊全球配置 005827", 16, 400, 13]]
    assert open_rules(Settings(home=tmp_path))(page_of(lines)).reason == "MANY_CODES"
    settings = listed(tmp_path, "011608,恒澜消费升级混合A\n005827,南屿医药健康股票\n")
    found = open_rules(settings)(page_of(lines))
    assert found.fund_code is not None and found.fund_code.value == "011608"


def test_rows_carry_which_list_decided(tmp_path: Path) -> None:
    one = open_rules(listed(tmp_path, "011608,恒澜消费升级混合A\n"))(page_of(LINES)).rules
    same = open_rules(listed(tmp_path, "code,name\n\n011608,恒澜消费升级混合A\n"))(page_of(LINES))
    other = open_rules(listed(tmp_path, "011608,恒澜消费升级混合C\n"))(page_of(LINES)).rules
    assert one.startswith("layout@2+funds@")
    assert same.rules == one != other
    assert len(one) <= 64
    assert open_rules(Settings(home=tmp_path))(page_of(LINES)).rules == "layout@2"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"code,name\n", "names no fund"),
        (b"011608,A\n11608,B\n", "line 2 is not like 011608,name"),
        (b"011608,A\n005827\n", "line 2 is not like 011608,name"),
        (b"011608,\xb2\xe2\n", "it is no CSV in UTF-8"),
        (b"011608,A\n011608,B\n", "line 2 gives 011608 another name than line 1"),
        (b'var r = [["011608","HL","\xe6\x81\x92"', "its script is broken"),
        (b'011608,"A', "its CSV is broken"),
        (None, "No such file"),
    ],
)
def test_a_list_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "funds.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=sentence) as told:
        load_fund_list(file)
    assert str(told.value).startswith(f"FUNDOCR_FUND_LIST: {file}")
    assert "\n" not in str(told.value)


def test_the_setting_is_taken_from_home_and_reaches_the_command_line(tmp_path: Path) -> None:
    listed(tmp_path, "011608,瑞泊全球配置债券\n")
    page = {
        "width": 375,
        "height": 812,
        "lines": [
            {"text": line.text, "confidence": 1.0, "quad": line.quad}
            for line in page_of(LINES).lines
        ],
    }
    done = fundocr(
        "extract",
        home=tmp_path,
        stdin=json.dumps(page).encode() + b"\n",
        settings={"FUNDOCR_FUND_LIST": "funds.csv"},
    )
    assert json.loads(done.stdout)["detail"]["reason"] == "CODE_NAME_DISAGREE", done.stderr


def test_a_short_name_is_told_from_a_strange_one(tmp_path: Path) -> None:
    (tmp_path / "funds.csv").write_text("011608,恒澜消费升级混合型证券投资基金A\n", "utf-8")
    funds = load_fund_list(tmp_path / "funds.csv")
    assert funds.fit("011608", "恒澜消费升级") is Fit.SAME
    assert funds.fit("011608", "南屿医药健康") is Fit.OTHER
    assert funds.fit("005827", "恒澜消费升级") is Fit.UNKNOWN
