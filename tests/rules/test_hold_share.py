"""Which number of shares is the answer, and why there is none."""

from typing import Any

import pytest

from postprocess.geometry import Sheet
from postprocess.hold_share import find_shares
from tests.rules.layout_pages import page_of


def told(*lines: list[Any]) -> tuple[str | None, list[str]]:
    """The reason, and the meanings of each share to choose from."""
    found = find_shares(Sheet(page_of(list(lines))))
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


@pytest.mark.parametrize(
    ("reason", "shares", "pairs"),
    [
        (None, ["12.50"], [("可用份额", "12.50")]),
        (None, ["12.50"], [("持有份额", "12.50")]),
        (None, ["12.50"], [("持有份额", "34.00"), ("可用份额", "12.50")]),
        (None, ["12.50"], [("可用份额", "12.50"), ("可卖份额", "12.5")]),
        (None, ["0.00"], [("可用份额", "0.00"), ("持有份额", "5.00")]),
        ("MANY_SHARES", ["12.50", "34.00"], [("可用份额", "12.50"), ("可卖份额", "34.00")]),
        ("MANY_SHARES", ["12.50", "34.00"], [("持有份额", "12.50"), ("持仓份额", "34.00")]),
        ("MANY_SHARES", ["12.50", "34.00", "56.00"], [("持有份额", "12.50"), ("持仓份额", "34.00"), ("总份额", "56.00")]),
        ("MANY_SHARES", ["12.50", "34.00"], [("持有份额", "12.50"), ("持仓份额", "34.00"), ("总份额", "12.50")]),
        # No number, or none of shares, at the label.
        ("NO_SHARE", [], [("持有份额", "")]),
        ("NO_SHARE", [], [("持有份额", "--")]),
        ("NO_SHARE", [], [("可用份额", "")]),
        ("NO_SHARE", [], [("冻结份额", "12.50")]),
        ("NO_SHARE", [], []),
        # The same label again, its number not read.
        ("NO_SHARE", ["12.50"], [("可用份额", "12.50"), ("可用份额", "")]),
        ("NO_SHARE", ["12.50"], [("持有份额", "12.50"), ("持有份额", "")]),
        (None, ["12.50"], [("持有份额", "12.50"), ("持仓份额", "")]),
        ("NO_SHARE", ["12.50"], [("持有份额", "12.50"), ("可用份额", "--")]),
        # A doubtful number is no answer, but may confirm one.
        ("AMBIGUOUS_NUMBER", ["1.234|1234"], [("可用份额", "1.234")]),
        (None, ["1234.00"], [("可用份额", "1.234"), ("可卖份额", "1234.00")]),
        ("MANY_SHARES", ["1.234|1234", "56.00"], [("可用份额", "1.234"), ("可卖份额", "56.00")]),
        # Short labels: 可用 is cash where it has money, nothing where it has nothing.
        (None, ["12.50"], [("可用", "12.50")]),
        (None, ["34.00"], [("可用", "¥12.50"), ("持有份额", "34.00")]),
        ("NO_SHARE", ["34.00"], [("可用", ""), ("持有份额", "34.00")]),
        (None, ["12.50"], [("可赎回", "12.50份")]),
        ("NO_SHARE", ["12.50"], [("可赎回", "12.50")]),
        (None, ["34.00"], [("可赎回", "34.00"), ("持有份额", "34.00")]),
        ("MANY_SHARES", ["34.00", "12.50"], [("可赎回", "12.50"), ("持有份额", "34.00")]),
        (None, ["34.00"], [("可赎回", ""), ("持有份额", "34.00")]),
        (None, ["12.50"], [("持有", "12.50份")]),
        ("NO_SHARE", [], [("持有", "12.50")]),
        # A label that may be one of available shares, and may not.
        ("NO_SHARE", ["12.50"], [("可用佘额", "12.50")]),
        (None, ["12.50"], [("可用佘额", "12.50"), ("持有份额", "12.50")]),
        ("MANY_SHARES", ["34.00", "12.50"], [("可用佘额", "12.50"), ("持有份额", "34.00")]),
        ("NO_SHARE", ["34.00"], [("可用佘额", ""), ("持有份额", "34.00")]),
        ("MANY_SHARES", ["34.00", "12.50"], [("可用佘额", "12.50"), ("可用份额", "34.00")]),
        # Three places and small: a net value, unless it stands in the label's line or has 份.
        ("NO_SHARE", [], [("持有份额", "1.2345")]),
        (None, ["1.2345"], [("持有份额 1.2345", "")]),
        (None, ["1.2345"], [("持有份额", "1.2345份")]),
        ("NO_SHARE", [], [("持有份额", "0.123")]),
        ("NO_SHARE", [], [("持有份额", "99.9999")]),
        (None, ["100.0000"], [("持有份额", "100.0000")]),
    ],
)  # fmt: skip
def test_labels_and_their_numbers_decide(
    reason: str | None, shares: list[str], pairs: list[tuple[str, str]]
) -> None:
    assert told(*fields(*pairs)) == (reason, shares)


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
    found = find_shares(Sheet(page_of(fields(*pairs))))
    assert [share.number.value for share in found.others] == others


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        # Beside a number in the row: one set flush with it above or below, whose label was lost.
        ("NO_SHARE", [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["12.50", "r359", 244, 14]]),
        (None, [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["12.50", "r359", 410, 14]]),
        (None, [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["说明", 16, 244, 14], ["12.50", "r359", 244, 14]]),
        (None, [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["1.2345", "r359", 244, 14]]),
        (None, [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["¥12.50", "r359", 244, 14]]),
        (None, [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["163407", "r359", 244, 14]]),
        (None, [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["12.50", "r359", 244, 20]]),
        (None, [["持有份额", 16, 200, 14], ["34.00", "r359", 200, 14], ["12.50", "r359", 244, 8]]),
        ("NO_SHARE", [["持有份额", 16, 200, 15], ["34.00", "r359", 200, 15], ["12.50", "r359", 244, 21]]),
    ],
)  # fmt: skip
def test_a_number_without_a_label_may_be_the_available_one(
    reason: str | None, lines: list[Any]
) -> None:
    assert told(*lines)[0] == reason
