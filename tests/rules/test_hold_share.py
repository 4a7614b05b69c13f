"""Which number of shares is the answer, and why there is none."""

from typing import Any

import pytest

from postprocess.geometry import Sheet
from postprocess.hold_share import find_shares
from tests.rules.layout_pages import cases, page_of


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
    found = find_shares(Sheet(page_of(fields(*pairs))))
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
