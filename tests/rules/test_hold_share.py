"""Which number of shares is the answer, and why there is none."""

from typing import Any

import pytest

from postprocess.geometry import TokenGrid
from postprocess.hold_share import find_shares
from tests.rules.layout_pages import cases, page_of


def told(*lines: list[Any]) -> tuple[str | None, list[str]]:
    """The reason, and the meanings of each share to choose from."""
    found = find_shares(TokenGrid(page_of(list(lines))))
    meanings = ["|".join(share.values) for share in found.found]
    return (found.reason.value if found.reason else None), meanings


def fields(*pairs: tuple[str, str]) -> list[list[Any]]:
    """Labels on the left, their numbers at the right edge; no number where it is empty."""
    lines: list[list[Any]] = []
    for index, (label, number) in enumerate(pairs):
        y = 200 + 80 * index
        lines.append([label, 16, y, 14])
        if number:
            lines.append([number, "r359", y, 14])
    return lines


@pytest.mark.parametrize("case", cases("share_cases.jsonl"))
def test_labels_and_their_numbers_decide(case: dict[str, Any]) -> None:
    assert told(*fields(*case["pairs"])) == (case["reason"], case["shares"])


@pytest.mark.parametrize(
    ("available", "held", "others"),
    [
        ("12.50", ["34.00"], ["34.00"]),
        ("12.50", ["34.00", "56.00"], ["34.00", "56.00"]),
        ("12.50", ["1.234"], []),
        ("12.50", ["--"], []),
    ],
)
def test_held_shares_are_told_beside_available_ones(
    available: str, held: list[str], others: list[str]
) -> None:
    labels = ["持有份额", "持仓份额"]
    pairs = [("可用份额", available), *zip(labels, held, strict=False)]
    found = find_shares(TokenGrid(page_of(fields(*pairs))))
    assert [share.number.value for share in found.others] == others


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        # Beside a number in the row: one set flush with it above or below, whose label was lost.
        ("NO_SHARE", [["12.50", "r359", 244, 15]]),
        (None, [["12.50", "r359", 411, 15]]),
        ("NO_SHARE", [["12.50", "r359", 409, 15]]),
        (None, [["说明", 16, 244, 15], ["12.50", "r359", 244, 15]]),
        (None, [["1.2345", "r359", 244, 15]]),
        (None, [["¥12.50", "r359", 244, 15]]),
        (None, [["163407", "r359", 244, 15]]),
        (None, [["12.50", "r359", 244, 22]]),
        ("NO_SHARE", [["12.50", "r359", 244, 21]]),
        ("NO_SHARE", [["12.50", "r359", 244, 9]]),
        (None, [["12.50", "r359", 244, 8]]),
        (None, [["12.50", 100, 244, 15]]),
    ],
)  # fmt: skip
def test_a_number_without_a_label_may_be_the_available_one(
    reason: str | None, lines: list[Any]
) -> None:
    held = [["持有份额", 16, 200, 15], ["34.00", "r359", 200, 15]]
    assert told(*held, *lines)[0] == reason


def column(*texts: str) -> list[list[Any]]:
    """Texts below each other, a line apart."""
    return [[text, 16, 200 + 25 * at, 14] for at, text in enumerate(texts)]


def row_at(y: float, *texts: str) -> list[list[Any]]:
    return [[text, 16 + 110 * at, y, 14] for at, text in enumerate(texts)]


def test_the_columns_of_a_table_of_fees_are_no_shares() -> None:
    held = fields(("持有份额", "34.00"))
    numbers = [*row_at(425, "10.00", "5.00"), *row_at(450, "20.00", "6.00")]
    fees = [*row_at(400, "持有份额", "费率"), *numbers]
    assert told(*held, *fees) == (None, ["34.00"])
    named = [*row_at(400, "持有份额", "名称"), *numbers]
    assert told(*held, *named) == ("MANY_SHARES", ["34.00", "10.00", "20.00"])
    # Nothing else says how many are held.
    assert told(*fees) == ("MANY_SHARES", ["10.00", "20.00"])


def test_two_numbers_of_one_label_may_stand_in_two_cells() -> None:
    label = ["持仓/可用", 16, 200, 14]
    assert told(label, ["79300", 16, 225, 14], ["1000", 16, 250, 14]) == (None, ["1000"])
    assert told(label, ["79300", 200, 200, 14], ["1000", "r359", 200, 14]) == (None, ["1000"])


def test_one_number_for_two_words_is_neither_ones() -> None:
    assert told(*fields(("持仓/可用", "79300")))[0] == "NO_SHARE"
    assert told(*fields(("持仓/可用", "")))[0] == "NO_SHARE"


@pytest.mark.parametrize("title", ["赎回后", "卖出后", "预计"])
@pytest.mark.parametrize("label", ["持有份额", "可用份额"])
def test_below_a_title_of_what_will_be_no_share_is_told(title: str, label: str) -> None:
    assert told(*column(title, label, "12.50")) == ("NO_SHARE", [])
    assert told(*column("说明", label, "12.50")) == (None, ["12.50"])


def test_what_will_be_says_nothing_against_what_is() -> None:
    now = [["可用份额", 16, 100, 14], ["34.00", "r359", 100, 14]]
    assert told(*now, *column("赎回后", "可用份额", "12.50")) == (None, ["34.00"])


def test_a_day_before_the_number_makes_it_that_days() -> None:
    labels, number = row_at(200, "日期", "可用份额"), ["12.50", 126, 225, 14]
    assert told(*labels, number) == (None, ["12.50"])
    assert told(*labels, ["2026-01-02", 16, 225, 14], number) == ("NO_SHARE", ["12.50"])


@pytest.mark.parametrize(
    ("name", "label", "reason"),
    [
        ("华夏上证50ETF", "可用数量", None),
        ("华夏上证50ETF", "持有数量", None),
        ("华夏上证50ETF", "可用", "NO_SHARE"),
        ("招商双债LOF", "可用数量", None),
        ("华夏上证50ETF联接A", "可用数量", "NO_SHARE"),
        ("华夏成长混合", "可用数量", "NO_SHARE"),
    ],
)
def test_what_is_traded_on_an_exchange_is_counted_in_shares(
    name: str, label: str, reason: str | None
) -> None:
    assert told([name, 16, 100, 14], *fields((label, "12")))[0] == reason


def test_a_number_that_a_label_has_is_not_without_one() -> None:
    held = [["持有份额", 16, 200, 15], ["34.00", "r359", 200, 15]]
    stray = ["12.50", "r359", 244, 15]
    assert told(*held, stray)[0] == "NO_SHARE"
    assert told(*held, stray, ["市值", "r359", 268, 15])[0] is None
    assert told(*held, ["2026-01-02", 16, 244, 15], stray)[0] is None


def test_a_mark_of_the_status_bar_is_no_share_without_a_label() -> None:
    held = [["持有份额", 16, 200, 15], ["34", "r359", 200, 15]]
    assert told(*held, ["5", "r359", 20, 15])[0] == "NO_SHARE"
    assert told(*held, ["5G", "r359", 20, 15])[0] is None
    assert told(*held, ["5", "r359", 20, 15, 0.3])[0] is None


BALANCE = (("持有份额", "1,000.00"), ("可用余额", "600.00"))


@pytest.mark.parametrize(
    ("rest", "reason", "shares"),
    [
        ([("冻结份额", "400.00")], None, ["600.00"]),
        ([("在途赎回份额", "400.00")], None, ["600.00"]),
        ([("冻结份额", "400.01")], "MANY_SHARES", ["1000.00", "600.00"]),
        ([], "MANY_SHARES", ["1000.00", "600.00"]),
    ],
)
def test_a_balance_is_one_of_shares_where_it_adds_up_to_the_held_ones(
    rest: list[tuple[str, str]], reason: str | None, shares: list[str]
) -> None:
    assert told(*fields(*BALANCE, *rest)) == (reason, shares)


def test_two_numbers_of_one_label_may_stand_one_above_the_other() -> None:
    lines = [["可用/总份额", 16, 200, 12], ["253.60", 16, 222, 14]]
    assert told(*lines, ["/357.18", 16, 238, 14]) == (None, ["253.60"])
    assert told(*lines, ["/收益", 16, 238, 14])[0] == "NO_SHARE"


def test_an_english_label_below_one_that_says_the_same_is_no_second_label() -> None:
    chinese = [["可赎回份额", 16, 200, 14], ["12.50", "r359", 200, 14]]
    assert told(*chinese, ["Available units", 16, 217, 11]) == (None, ["12.50"])
    # With a number of its own, or another meaning, it is.
    held = [["持有份额", 16, 200, 14], ["12.50", "r359", 200, 14]]
    assert told(*held, ["Available units", 16, 217, 11])[0] == "NO_SHARE"
    own = [["Available units", 16, 217, 11], ["13.00", "r359", 217, 11]]
    assert told(*chinese, *own)[0] == "MANY_SHARES"


def test_a_balance_of_shares_is_held_and_a_label_in_units_has_no_net_value() -> None:
    above = [["份额余额", 16, 200, 13], ["持仓成本", 200, 200, 13]]
    assert told(*above, ["958.15", 16, 222, 14], ["2.7170", 200, 222, 14]) == (None, ["958.15"])
    units = [["可赎回份额(份)", 16, 200, 13], ["51.3700", 16, 222, 14]]
    assert told(*units) == (None, ["51.3700"])
    assert told(["可赎回份额", 16, 200, 13], units[1])[0] == "NO_SHARE"


def test_shares_of_a_day_that_were_ordered_or_paid_upon_are_no_further_ones() -> None:
    held = [["持有份额", 16, 200, 14], ["12.50", "r359", 200, 14]]
    assert told(*held, ["成交20.06份", "r359", 400, 12])[0] is None
    assert told(*held, ["每10份派0.85元。", 16, 400, 12])[0] is None
    assert told(*held, ["另有20.06份", "r359", 400, 12])[0] == "NO_SHARE"
