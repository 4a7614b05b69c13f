"""What an extraction tells of its values, and what a list of funds decides."""

from typing import Any

import pytest

from postprocess.funds import FundList
from postprocess.layout import extract
from postprocess.types import Extraction, Found, Page, PageKind, Reason
from tests.rules.layout_pages import cases, page_of

SHARE: list[list[Any]] = [["可用份额：", 16, 200, 14], ["1,000.00", "r359", 200, 14]]
A: list[list[Any]] = [["恒澜消费升级混合A", 16, 100, 14], ["011608", 16, 120, 12]]
C: list[list[Any]] = [["恒澜消费升级混合C", 16, 140, 14], ["011609", 16, 160, 12]]
FUNDS = FundList({"011608": "恒澜消费升级混合A", "011609": "恒澜消费升级混合C"})
TURNED = FundList({"011608": "恒澜消费升级混合C", "011609": "恒澜消费升级混合A"})


def box(left: float, top: float, right: float, bottom: float) -> Any:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def codes(found: Extraction) -> list[str]:
    return [code.value for code in found.fund_codes]


def test_each_value_tells_where_and_how_surely_it_was_read() -> None:
    lines = [["恒澜消费升级混合(011608)", 16, 100, 14, 0.97], *SHARE[:1], [*SHARE[1], 0.96]]
    page = page_of(lines)
    assert extract(page) == Extraction(
        rules="layout@2",
        fund_codes=(
            Found(
                value="011608",
                text="恒澜消费升级混合(011608)",
                confidence=0.97,
                quad=box(16, 93, 184, 107),
                lines=(page.lines[0],),
            ),
        ),
        hold_shares=(
            Found(
                value="1000.00",
                text="1,000.00",
                confidence=0.96,
                quad=box(303, 193, 359, 207),
                label="可用份额",
                lines=(page.lines[2],),
            ),
        ),
        kind=PageKind.HOLDING,
        checks={"share_times_nav": "absent"},
    )


def test_a_value_cut_in_two_reaches_over_both_lines() -> None:
    lines = [*A, SHARE[0], ["1,000", 200, 200, 14, 0.95], [".00", 236, 202, 14, 0.9]]
    (share,) = extract(page_of(lines)).hold_shares
    assert (share.value, share.text, share.confidence) == ("1000.00", "1,000 .00", 0.9)
    assert share.quad == ((200, 193), (257, 195), (257, 209), (200, 207))


@pytest.mark.parametrize("lines", [[], [["", 16, 100, 14]], [["  ", 16, 100, 14]]])
def test_a_page_without_text_says_so(lines: list[Any]) -> None:
    assert extract(page_of(lines)) == Extraction(
        rules="layout@2",
        reason=Reason.NO_TEXT,
        kind=PageKind.OTHER,
        checks={"share_times_nav": "absent"},
    )


@pytest.mark.parametrize(
    ("code", "share", "reason"),
    [
        (0.8, 0.8, None),
        (0.79, 0.99, Reason.LOW_CONFIDENCE),
        (0.99, 0.79, Reason.LOW_CONFIDENCE),
    ],
)
def test_what_was_read_too_faintly_is_no_answer(
    code: float, share: float, reason: Reason | None
) -> None:
    lines = [A[0], ["011608", 16, 120, 12, code], SHARE[0], [*SHARE[1], share]]
    found = extract(page_of(lines))
    assert found.reason is reason
    assert found.holdings == ()


def test_the_list_decides_between_two_codes() -> None:
    page = page_of([*A, *C[1:], *SHARE])
    assert extract(page).reason is Reason.MANY_CODES
    assert len(extract(page).holdings) == 2
    found = extract(page, FUNDS)
    assert (found.reason, codes(found), found.holdings) == (None, ["011608"], ())


def test_the_list_does_not_decide_between_two_codes_that_fit() -> None:
    found = extract(page_of([*A, *C, *SHARE]), FUNDS)
    assert (found.reason, codes(found)) == (Reason.MANY_CODES, ["011608", "011609"])
    assert [(row.fund_code, row.name) for row in found.holdings] == [
        ("011608", "恒澜消费升级混合A"),
        ("011609", "恒澜消费升级混合C"),
    ]


def test_a_code_of_another_fund_is_refused() -> None:
    page = page_of([*A, *SHARE])
    assert extract(page, FUNDS).reason is None
    found = extract(page, TURNED)
    assert (found.reason, codes(found)) == (Reason.CODE_NAME_DISAGREE, ["011608"])


def test_a_code_that_is_not_on_the_list_is_refused_whatever_its_name() -> None:
    page = page_of([*A, *SHARE])
    found = extract(page, FundList({"999999": "恒澜消费升级混合A"}))
    assert (found.reason, codes(found)) == (Reason.CODE_NOT_LISTED, ["011608"])
    assert (found.fund_code, found.hold_share) == (None, None)
    nameless = page_of([["基金代码：011608", 16, 100, 14], *SHARE])
    assert extract(nameless, FundList({"999999": "恒澜"})).reason is Reason.CODE_NOT_LISTED
    assert extract(nameless, FUNDS).reason is None


def test_both_lines_of_a_wrapped_name_are_held_against_the_list() -> None:
    def wrapped(code: str) -> Page:
        lines = [["南方消费升级灵活", 16, 80, 15], ["配置混合A", 16, 100, 15], [code, 16, 125, 12]]
        return page_of([*lines, *SHARE])

    funds = FundList({"011608": "南方消费升级灵活配置混合A", "011610": "南方医疗健康灵活配置混合A"})
    assert extract(wrapped("011608"), funds).reason is None
    assert extract(wrapped("011610")).reason is None
    assert extract(wrapped("011610"), funds).reason is Reason.CODE_NAME_DISAGREE


def test_a_code_within_the_name_s_line_is_no_part_of_the_name() -> None:
    funds = FundList({"500123": "南方沪深指数增强A", "500124": "南方沪深500指数增强A"})
    page = page_of([["南方沪深指数增强A(500123)", 16, 100, 15], *SHARE])
    assert extract(page, funds).reason is None


def test_what_is_not_there_is_told_before_the_list_is_asked() -> None:
    nothing = FundList({"999999": "恒澜消费升级混合A"})
    assert extract(page_of(A), nothing).reason is Reason.NO_SHARE
    assert extract(page_of(SHARE), nothing).reason is Reason.NO_CODE


def test_a_code_the_list_does_not_decide_on_stays_doubtful_among_several() -> None:
    found = extract(page_of([*A, *C, *SHARE]), TURNED)
    assert (found.reason, codes(found)) == (Reason.MANY_CODES, ["011608", "011609"])


@pytest.mark.parametrize("case", cases("code_cases.jsonl"))
def test_six_digits_are_a_code_by_what_stands_around_them(case: dict[str, Any]) -> None:
    assert codes(extract(page_of(case["lines"]))) == case["codes"]


def test_a_code_is_taken_where_it_is_surest() -> None:
    lines = [["011608", 16, 40, 14], ["基金代码:011608", 16, 100, 14], ["011608", 16, 300, 14]]
    (code,) = extract(page_of(lines)).fund_codes
    assert code.text == "基金代码:011608"
    twice = [*A, ["恒澜消费升级混合A 011608", 16, 300, 14]]
    assert [code.text for code in extract(page_of(twice)).fund_codes] == ["011608"]


def test_a_damaged_code_is_told_as_it_may_be_meant() -> None:
    page = page_of([*A, ["OO5827", 16, 300, 14], *SHARE])
    found = extract(page)
    assert found.reason is Reason.MANY_CODES
    assert [(code.value, code.text) for code in found.fund_codes] == [
        ("011608", "011608"),
        ("005827", "OO5827"),
    ]


def rows(*lines: list[Any]) -> list[tuple[str, str, str]]:
    found = extract(page_of(list(lines))).holdings
    return [(row.fund_code, row.name, row.hold_share) for row in found]


def test_a_row_of_a_list_is_found_with_its_name_and_share() -> None:
    second = [
        ["基金代码:005827", 16, 300, 14],
        ["持有份额", 16, 320, 14],
        ["7.00", "r359", 320, 14],
    ]
    assert rows(
        ["恒澜消费升级混合(011608) 恒澜(011608)", 16, 100, 14],
        ["持有份额", 16, 120, 14],
        ["5.00", "r359", 120, 14],
        *second,
    ) == [("011608", "恒澜消费升级混合", "5.00"), ("005827", "", "7.00")]
    assert rows(
        ["011608 恒澜消费升级混合", 16, 100, 14],
        ["持有份额", 16, 120, 14],
        ["--", "r359", 120, 14],
        *second,
    ) == [("011608", "恒澜消费升级混合", ""), ("005827", "", "7.00")]


@pytest.mark.parametrize(("y", "second"), [(285, False), (287, True)])
def test_a_row_without_a_name_above_begins_half_a_height_above_its_code(
    y: int, second: bool
) -> None:
    first, other = rows(
        ["基金代码:011608", 16, 100, 14],
        ["基金代码:005827", 16, 300, 14],
        ["持有份额", 150, y, 10],
        ["7.00", "r359", y, 10],
    )
    assert (first[2], other[2]) == (("", "7.00") if second else ("7.00", ""))


def test_available_shares_of_a_row_come_before_held_ones() -> None:
    assert rows(
        ["恒澜消费升级混合(011608)", 16, 100, 14],
        ["持有份额", 16, 120, 14],
        ["5.00", "r359", 120, 14],
        ["可用份额", 16, 160, 14],
        ["4.00", "r359", 160, 14],
        ["易方达蓝筹精选混合(005827)", 16, 300, 14],
        ["持有份额", 16, 320, 14],
        ["7.00", "r359", 320, 14],
    ) == [("011608", "恒澜消费升级混合", "4.00"), ("005827", "易方达蓝筹精选混合", "7.00")]


def test_the_number_below_a_columns_head_is_the_rows() -> None:
    assert rows(
        ["名称", 16, 60, 14],
        ["持有份额", 200, 60, 14],
        ["恒澜消费升级混合(011608)", 0, 130, 14],
        ["5.00", 200, 130, 14],
        ["易方达蓝筹精选混合(005827)", 0, 230, 14],
        ["163407", 200, 215, 14],
        ["+1.00", 200, 232, 14],
        ["7.00", 200, 250, 14],
    )[0] == ("011608", "恒澜消费升级混合", "5.00")


def test_pages_are_left_as_they_were() -> None:
    page = page_of([*A, *SHARE])
    again = Page(lines=page.lines, width=page.width, height=page.height)
    extract(page)
    assert page == again
