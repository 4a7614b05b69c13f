"""Which number is a label's, by where the two and their neighbours stand."""

from typing import Any

import pytest

from postprocess.geometry import Sheet
from postprocess.pairing import pair
from tests.rules.layout_pages import cases, page_of


def told(label: str, *lines: list[Any]) -> str:
    """`12.50` where that is sure, `?12.50|34.00` where it may be meant or another, else nothing."""
    sheet = Sheet(page_of(list(lines)))
    (token,) = (token for token in sheet.tokens if token.part.text == label)
    found = pair(sheet, token)
    assert found.label is token
    assert found.value is None or not found.rivals
    if found.value is not None:
        return found.value.part.text
    return "?" * bool(found.rivals) + "|".join(token.part.text for token in found.rivals)


@pytest.mark.parametrize("case", cases("pairing_cases.jsonl"))
def test_a_label_has_the_number_that_stands_best(case: dict[str, Any]) -> None:
    assert told("甲份额", *case["lines"]) == case["number"]


def test_labels_beside_say_on_which_side_their_numbers_stand() -> None:
    between = [["12.50", 16, 170, 14], ["甲份额", 16, 200, 14], ["34.00", 16, 230, 14]]
    below = [["净值", "r359", 200, 14], ["1.2345", "r359", 225, 14]]
    above = [["净值", "r359", 200, 14], ["1.2345", "r359", 175, 14]]
    small = [["净值", "r359", 200, 6], ["1.2345", "r359", 175, 14]]
    assert told("甲份额", *between) == "?34.00|12.50"
    assert told("甲份额", *between, *below) == "34.00"
    assert told("甲份额", *between, *above) == "12.50"
    assert told("甲份额", *between, *small) == "?34.00|12.50"
    third = [["成本", 200, 200, 14], ["1.1111", 200, 225, 14]]
    assert told("甲份额", *between, *above, *third) == "?34.00|12.50"
    assert told("甲份额", *between, *below, *third) == "34.00"


def test_a_label_leans_to_no_side_against_the_labels_beside_it() -> None:
    own = [["甲份额", 16, 200, 14], ["12.50", 16, 225, 14]]
    against = [["净值", "r359", 200, 14], ["1.2345", "r359", 175, 14]]
    assert told("甲份额", *own) == "12.50"
    assert told("甲份额", *own, *against) == "?12.50"


@pytest.mark.parametrize(
    ("leans", "behind"),
    [
        (True, []),
        (False, [["成本", 280, 50, 14]]),
        (True, [["成本", 280, 65, 14]]),
        (True, [["说明", 280, 50, 14]]),
        (True, [["1.1111", 280, 50, 14]]),
    ],
)
def test_a_label_beside_whose_number_may_be_anothers_says_nothing(
    leans: bool, behind: list[Any]
) -> None:
    between = [["12.50", 16, 170, 14], ["甲份额", 16, 200, 14], ["34.00", 16, 230, 14]]
    column = [["净值", 280, 0, 14], ["1.2345", 280, 26, 14], *behind]
    down = [[text, x, 200 + y, height] for text, x, y, height in column]
    up = [[text, x, 200 - y, height] for text, x, y, height in column]
    assert told("甲份额", *between, *down) == ("34.00" if leans else "?34.00|12.50")
    assert told("甲份额", *between, *up) == ("12.50" if leans else "?34.00|12.50")


def test_a_text_beside_the_label_may_have_the_number() -> None:
    # It reaches as far down as the label and is centred above the number.
    lines = [["甲份额", 16, 200, 14], ["12.50", 75, 230, 14]]
    assert told("甲份额", ["甲份额", 16, 200, 14], ["12.50", 30, 230, 14]) == "12.50"
    assert told("甲份额", *lines, ["净值", 78, 200, 14]) == ""
