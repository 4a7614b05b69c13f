"""What reads like a fund's name."""

import pytest

from postprocess.names import (
    is_chip,
    is_exchange_traded,
    is_full_name,
    is_name,
    is_short_name,
)
from postprocess.normalize import compact, normalize


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("四个汉字A", True),
        ("三个字A", False),
        ("四个汉字", False),
        ("四个混合", True),
        ("四 个 混 合", True),
        ("四个汉字a", False),
        ("四个汉字A类", True),
        ("A四个汉字", False),
        ("恒澜" + "消" * 36 + "混合", True),
        ("恒澜" + "消" * 37 + "混合", False),
        ("混合型基金", False),
        ("易方达安心回馈", True),
        ("睿远成就未来", True),
        ("睿远成就未", False),
        ("科创50ETF", True),
        ("酒ETF", True),
        ("兴业银行科技银行", False),
        ("东方医药健康集团", False),
        ("恒澜可转债混合", False),
        ("沪深300指数收益率", False),
        ("中证500指数×80%", False),
        ("恒澜稳健理财", False),
        ("恒澜科技股份有限公司", False),
    ],
)
def test_a_name_has_four_characters_and_a_kind_or_class(text: str, name: bool) -> None:
    assert is_name(text) is name


@pytest.mark.parametrize(
    ("text", "chip"),
    [
        ("混合型 | 中风险", True),
        ("混 合 型", True),
        ("混合型甲", False),
        ("R6", False),
        ("偏股混合型 > 中高风险", True),
        ("一年持有期", True),
        ("30天持有期", True),
        ("已购", True),
        ("1元起购", True),
        ("净值1.2345", True),
        ("持有份额", False),
    ],
)
def test_marks_beside_a_code_are_only_marks(text: str, chip: bool) -> None:
    assert is_chip(text) is chip


@pytest.mark.parametrize(
    ("text", "traded"),
    [
        ("科创50ETF", True),
        ("酒ETF", True),
        ("科创 50 ETF", True),
        ("白酒LOF", True),
        ("ETF", False),
        ("科创50ETF联接", False),
        ("恒澜华夏上证科创五十指数基金ETF", False),
    ],
)
def test_a_fund_traded_like_shares_has_a_short_name(text: str, traded: bool) -> None:
    assert is_exchange_traded(text) is traded


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("恒澜消费升级混合", True),
        ("恒澜消费升级混合A", True),
        ("恒澜消费升级混合C类", True),
        ("恒澜沪深三百指数(LOF)", True),
        ("易方达蓝筹精选", True),
        ("恒澜消费升级", False),
        ("短名混合", False),
        ("恒澜消费升级混合走势", False),
        ("恒澜消费升级混合收益排行A", False),
        ("易方达蓝筹精选交易规则", False),
    ],
)
def test_a_whole_name_ends_as_one_or_begins_with_a_house(text: str, full: bool) -> None:
    assert is_full_name(text) is full


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("富国天惠", True),
        ("富国 天惠", True),
        ("富国天", False),
        ("富国天惠精选成长", True),
        ("富国天惠精选成长长", False),
        ("平安某某", False),
        ("富国基金", False),
        ("恒澜天惠", False),
    ],
)
def test_a_short_name_begins_with_a_house_that_is_no_company(text: str, short: bool) -> None:
    assert is_short_name(text) is short


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("plain text²", "plain text "),
        ("１２３．５", "123.5"),
        ("（份）", "(份)"),
        ("①②", "  "),
        ("净\u200b值\ufeff", "净值"),
        ("1–2—3−4", "1-2—3-4"),
        ("a b", "a b"),
        ("ABC 1.5", "ABC 1.5"),
    ],
)
def test_a_text_is_written_one_way(text: str, normal: str) -> None:
    assert normalize(text) == normal


def test_a_compact_text_has_no_spaces() -> None:
    assert compact(" 可 用\t份\n额 ") == "可用份额"
