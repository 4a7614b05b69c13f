"""Where what is said of one fund begins and ends."""

from dataclasses import replace
from typing import Any

from postprocess.fund_code import find_codes
from postprocess.geometry import TokenGrid
from postprocess.heads import block_of, detail_pane, heads_of
from postprocess.layout import extract
from postprocess.types import Page, Reason
from tests.rules.layout_pages import page_of

Lines = list[list[Any]]

LISTED: Lines = [
    ["我的持仓", 16, 30, 14],
    ["南方稳健成长混合A", 160, 70, 13],
    ["36,872.43", 280, 70, 13],
    ["易方达蓝筹精选混合", 160, 110, 13],
    ["89,690.43", 280, 110, 13],
    ["富国天惠成长混合A", 160, 150, 13],
    ["7,179.87", 280, 150, 13],
]
DETAILS: Lines = [
    ["易方达蓝筹精选混合", 420, 70, 15],
    ["005827", 420, 92, 12],
    ["持有份额", 420, 140, 13],
    ["2,000.00", 620, 140, 13],
]


def wide(lines: Lines) -> Page:
    """A tablet's page."""
    return replace(page_of(lines), width=812, height=375)


def blocks(lines: Lines) -> list[list[str]]:
    """The words of each block of a page, from its first line on."""
    grid = TokenGrid(page_of(lines))
    heads = heads_of(grid, find_codes(grid))
    return [[line.text for line in block_of(grid, heads, at).lines] for at in range(len(heads))]


def pane(page: Page) -> TokenGrid | None:
    grid = TokenGrid(page)
    return detail_pane(grid, heads_of(grid, find_codes(grid)))


def test_beside_a_list_the_details_alone_count() -> None:
    grid = pane(wide([*LISTED, *DETAILS]))
    assert grid is not None
    texts = [token.part.text for token in grid.tokens]
    assert texts == ["易方达蓝筹精选混合", "005827", "持有份额", "2,000.00"]
    found = extract(wide([*LISTED, *DETAILS]))
    assert found.reason is None
    assert found.hold_share is not None
    assert found.hold_share.value == "2000.00"


def test_what_is_no_list_beside_details() -> None:
    upright = page_of([*LISTED, *DETAILS])
    one = wide([*LISTED[:3], *DETAILS])
    with_codes = wide([*LISTED, ["161005", 160, 168, 11], *DETAILS])
    elsewhere = wide([*LISTED[:5], ["富国天惠成长混合A", 190, 150, 13], *DETAILS])
    close = wide([[text, x + 210, y, h] for text, x, y, h in LISTED] + DETAILS)
    for page in (upright, one, with_codes, elsewhere, close):
        assert pane(page) is None


def test_a_block_ends_where_the_next_name_stands() -> None:
    first: Lines = [["易方达蓝筹精选混合 005827", 16, 100, 14], ["持有份额 2.00", 16, 140, 12]]
    second: Lines = [["富国天惠成长混合A 161005", 16, 200, 14], ["持有份额 3.00", 16, 240, 12]]
    assert blocks([*first, *second]) == [[line[0] for line in part] for part in (first, second)]


def test_a_block_ends_where_others_talk_or_all_positions_are_listed() -> None:
    head: Lines = [["588802 科创50ETF", 16, 100, 14], ["最大可卖 57800股", 16, 140, 12]]
    talk: Lines = [["讨论区 28条", 16, 200, 13], ["可用份额 3.00", 16, 230, 12]]
    columns: Lines = [
        ["名称/市值", 16, 200, 12],
        ["成本/现价", 150, 200, 12],
        ["盈亏", 280, 200, 12],
    ]
    position: Lines = [["远洋海装", 16, 230, 12], ["3700", 150, 230, 12], ["-9.1", 280, 230, 12]]
    own = [line[0] for line in head]
    assert blocks([*head, *talk]) == [own]
    assert blocks([*head, *columns, *position]) == [own]
    # Without a word of what can be sold it may be the table of just this one.
    held: Lines = [head[0], ["持有数量 57800股", 16, 140, 12]]
    assert len(blocks([*held, *columns, *position])[0]) == 8
    # One label beside a name is no table's head.
    assert len(blocks([*head, columns[0], *position])[0]) == 6


def test_a_name_that_is_the_value_of_a_row_begins_no_block() -> None:
    rows: Lines = [["产品", 16, 200, 13], ["富国天惠成长混合A", 150, 200, 13]]
    head: Lines = [["易方达蓝筹精选混合 005827", 16, 100, 14], ["持有份额 2.00", 16, 140, 12]]
    assert len(blocks([*head, *rows])) == 1
    assert len(blocks([*head, [rows[1][0], 16, 200, 13]])) == 2


def test_two_funds_of_one_kind_and_two_houses_are_two() -> None:
    own: Lines = [["富国稳健养老一年持有混合(FOF)Y", 16, 100, 15], ["持有份额 2.00", 16, 140, 12]]
    other: Lines = [["信达澳亚稳健养老一年持有混合(FOF)C", 16, 300, 13], ["002611", 16, 322, 11]]
    assert extract(page_of([*own, *other])).reason is Reason.NO_SHARE
    again: Lines = [["基金全称", 16, 300, 13], ["富国稳健养老一年持有混合型(FOF)Y", 120, 300, 13]]
    code: Lines = [["基金代码", 16, 330, 13], ["002611", 120, 330, 13]]
    assert extract(page_of([*own, *again, *code])).reason is None


def test_a_code_in_the_archive_is_that_of_the_name_that_the_page_begins_with() -> None:
    own: Lines = [["富国天惠成长混合A", 16, 100, 15], ["持有份额 2.00", 16, 140, 12]]
    stocks: Lines = [["前五大重仓", 16, 200, 14], ["招商银行600036", 16, 230, 12]]
    archive: Lines = [
        ["基金简称", 16, 300, 13],
        ["富国天惠成长混合A", 120, 300, 13],
        ["基金代码", 16, 330, 13],
        ["161005", 120, 330, 13],
    ]
    found = extract(page_of([*own, *stocks, *archive]))
    assert (found.fund_code and found.fund_code.value) == "161005"
    assert (found.hold_share and found.hold_share.value) == "2.00"
    # Another class of it is another fund.
    archive[1][0] = "富国天惠成长混合C"
    assert extract(page_of([*own, *stocks, *archive])).reason is not None
