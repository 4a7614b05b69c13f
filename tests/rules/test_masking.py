"""Names and card numbers are not kept, and what decides a page is not touched."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postprocess.evidence import redact
from postprocess.extract import RULES
from postprocess.masking import mask
from tests.rules.layout_pages import page_of

CASES = Path(__file__).with_name("layout_cases.jsonl")


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        ("卡号 尾号 1234", "卡号 尾号 ****"),
        ("尾号1234", "尾号****"),
        ("尾号（1234）", "尾号（****）"),
        ("后四位：1234", "后四位：****"),
        ("招商银行(1234)", "招商银行(****)"),
        ("尾号1234 5678", "尾号**** ****"),
        ("储蓄卡 1234 可用", "储蓄卡 **** 可用"),
        ("工商银行 ****1234", "工商银行 ********"),
        ("6222 **** **** 1234", "**** **** **** ****"),
        ("622202******1234", "****************"),
        ("138****8000", "***********"),
        ("138 0013 8000", "*** **** ****"),
        ("６２２２０２１２３４", "**********"),
        ("单号-20240112345678", "单号-**************"),
        ("*明 12.30", "*某 12.30"),
        ("**明 12.30", "**某 12.30"),
        ("张*明 12.30", "某*某 12.30"),
        ("张** 12.30", "某** 12.30"),
        ("张三 您好 12:30", "某某 您好 12:30"),
        ("您好，张三 1", "您好，某某 1"),
        ("尊敬的张先生 1", "尊敬的某某某 1"),
        ("户名：张小明 1", "户名：某某某 1"),
        ("姓名 欧阳小明 1", "姓名 某某某某 1"),
        ("张小明 尾号1234", "某某某 尾号****"),
        ("王小二的持仓 3", "某某某的持仓 3"),
        ("name@example.com 1", "**************** 1"),
    ],
)
def test_nobodys_name_and_number_is_kept(read: str, kept: str) -> None:
    assert mask(read) == kept


@pytest.mark.parametrize(
    "text",
    [
        "可用份额 ****",
        "可用****",
        "昨日收益 **",
        "**.** 元",
        "持有份额 12,345.00",
        "可用份额(份) 1234",
        "可用银行卡 500.00",
        "招商银行 1234.56",
        "基金代码 011608",
        "易方达蓝筹精选混合 005827",
        "招商中证白酒指数(LOF)A 161725",
        "我的持仓 3",
        "您的资产 100.00",
        "万份收益 1.2345",
        "最新净值(11-22) 1.2345",
        "2026-11-22 12:30",
        "1笔赎回中合计7.10份",
        "--",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert mask(text) == text


PIECES = st.sampled_from(
    ["张三", "*明", "您好", "尾号", "1234", "****", "6222", "卡", "(", ")", " ", "可用份额", "7.10"]
)


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30))
def test_a_masked_text_is_as_long_as_before_and_is_masked_no_further(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert mask(masked) == masked


@pytest.mark.parametrize("rules", RULES)
def test_masked_pages_are_kept_again_as_they_are(rules: str) -> None:
    for line in CASES.read_text(encoding="utf-8").splitlines():
        kept, found = redact(page_of(json.loads(line)["lines"]), RULES[rules])
        assert redact(kept, RULES[rules]) == (kept, found)


@pytest.mark.parametrize("piece", ["*", "* ", "a", "a.", "1234 ", "张", "张 ", "1", "您好,", "@a."])
def test_a_text_of_any_length_is_looked_through_once(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    # With any repetition that is not bounded this would take hours.
    assert len(mask(text)) == len(text)
