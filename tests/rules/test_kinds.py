"""What sort of page it is, and that only a holding's and a sale's are answered."""

import pytest

from postprocess.kinds import ANSWERED
from postprocess.layout import extract
from postprocess.types import PageKind
from tests.rules.layout_pages import page_of

NAME = ["恒澜消费升级混合A(163499)", 16, 130, 15]
SHARES = [["持有份额", 16, 200, 14], ["1,234.56", 200, 200, 14]]

MIXED = {PageKind.CONVERSION}
"""Answered for its source alone, and not where further shares stand below its target."""


def below(*rows: tuple[str, str]) -> list[list[object]]:
    """Labels on the left, their values on the right."""
    lines: list[list[object]] = []
    for number, (label, value) in enumerate(rows):
        lines += [[label, 16, 240 + 40 * number, 14], [value, 200, 240 + 40 * number, 14]]
    return lines


PAGES: dict[PageKind, list[list[object]]] = {
    PageKind.HOLDING: [["资产详情", 150, 60, 16], NAME, *SHARES, *below(("持有收益", "12.30"))],
    PageKind.LIST: [
        NAME,
        *SHARES,
        ["瑞泊稳健增利债券C(002611)", 16, 330, 15],
        ["持有份额", 16, 400, 14],
        ["48,211.90", 200, 400, 14],
    ],
    PageKind.SELL: [["卖出", 150, 60, 16], NAME, ["可用份额 1,234.56份", 16, 200, 14]],
    PageKind.CONVERSION: [
        ["转出", 16, 100, 14],
        NAME,
        ["可用份额 1,234.56份", 16, 200, 14],
        ["转入", 16, 300, 14],
        ["瑞泊稳健增利债券C(002611)", 16, 330, 15],
    ],
    PageKind.PURCHASE: [
        ["买入", 150, 60, 16],
        NAME,
        *below(("买入金额", "1,000.00"), ("可得份额", "801.20")),
    ],
    PageKind.ORDER: [
        ["交易详情", 150, 60, 16],
        NAME,
        *below(("申请份额", "1,234.56"), ("申请时间", "2026-01-15"), ("手续费", "0.00")),
    ],
    PageKind.CONFIRMATION: [["交易确认单", 150, 60, 16], NAME, *below(("确认份额", "1,234.56"))],
    PageKind.PROFILE: [
        ["基金概况", 150, 60, 16],
        NAME,
        *below(("成立日期", "2015-06-01"), ("份额规模", "1,234.56"), ("基金管理人", "恒澜基金")),
    ],
    PageKind.OTHER: [
        ["理财详情", 150, 60, 16],
        ["工银鑫添益 107201", 16, 130, 15],
        *below(("业绩比较基准", "3.20%"), ("持有份额", "1,234.56")),
    ],
}


@pytest.mark.parametrize("kind", PageKind)
def test_a_page_is_told_by_its_title_and_labels(kind: PageKind) -> None:
    found = extract(page_of(PAGES[kind]))
    assert found.kind is kind
    own = {PageKind.HOLDING: "1234.56", PageKind.SELL: "1234.56"}
    assert (found.hold_share and found.hold_share.value) == own.get(kind)


@pytest.mark.parametrize("kind", [kind for kind in PageKind if kind not in ANSWERED - MIXED])
def test_what_is_no_holding_is_not_answered_even_beside_a_holdings_label(kind: PageKind) -> None:
    lines = [*PAGES[kind], ["持有份额", 16, 600, 14], ["9,999.99", 200, 600, 14]]
    found = extract(page_of(lines))
    assert found.reason is not None, found.hold_share


def test_what_was_paid_out_on_shares_of_a_day_is_no_holding() -> None:
    lines = below(
        ("每份分红", "0.080元"), ("权益份额", "733,173.70份"), ("红利发放日", "2025-09-09")
    )
    for title in ("分红详情", "消息"):
        assert extract(page_of([[title, 150, 60, 16], NAME, *lines])).kind is PageKind.ORDER


@pytest.mark.parametrize("words", ["示例图 仅供参考", "新手指引", "模拟持仓"])
def test_an_example_is_nobodys_holding(words: str) -> None:
    page = page_of([[words, 16, 30, 13], NAME, *SHARES])
    assert extract(page).kind is PageKind.OTHER


@pytest.mark.parametrize("words", ["司法冻结", "在本平台仅可赎回在本平台购买的份额"])
def test_what_is_locked_by_a_court_or_lies_elsewhere_is_not_answered(words: str) -> None:
    assert extract(page_of([NAME, *SHARES])).reason is None
    assert extract(page_of([NAME, *SHARES, [words, 16, 260, 13]])).reason is not None
