"""The replaced service's rules, to the letter: 3,000 pages with its answers."""

import json
from pathlib import Path
from typing import Any

from postprocess import seed
from postprocess.extract import extract
from postprocess.types import Line, Page, Reason

VECTORS = Path(__file__).parents[1] / "seed_rule_vectors.jsonl"


def page(*texts: str) -> Page:
    """Lines that stand one below the other."""
    lines = tuple(
        Line(
            text=text,
            confidence=1.0,
            quad=((0, 10 * i), (99, 10 * i), (99, 10 * i + 9), (0, 10 * i + 9)),
        )
        for i, text in enumerate(texts)
    )
    return Page(lines=lines, width=100, height=10 * len(texts))


def verdict(texts: list[str]) -> dict[str, Any]:
    """The rules' answer in the form of the vectors."""
    found = seed.extract(page(*texts))
    if found.reason is Reason.RULE_ERROR:
        assert found.fund_code is None and found.hold_share is None
        return {"crash": True}
    return {
        "fund_codes": [code.value for code in found.fund_codes],
        "hold_shares": [share.value for share in found.hold_shares],
        "flag": found.reason is None,
    }


def test_every_vector_is_answered_as_today() -> None:
    vectors = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
    assert len(vectors) == 3000
    differing = [
        vector
        for vector in vectors
        if verdict(vector["lines"]) != {k: v for k, v in vector.items() if k != "lines"}
    ]
    assert differing == []


def test_a_page_says_why_it_has_no_answer() -> None:
    assert seed.extract(page()).reason is Reason.NO_TEXT
    assert seed.extract(page("资产详情")).reason is Reason.NO_CODE
    assert seed.extract(page("011608", "005827")).reason is Reason.MANY_CODES
    assert seed.extract(page("011608")).reason is Reason.NO_SHARE
    twice = page("011608", "可用份额 1.00", "可用份额 2.00")
    assert seed.extract(twice).reason is Reason.MANY_SHARES
    assert seed.extract(page("011608", "可用份额")).reason is Reason.RULE_ERROR


def test_an_answer_tells_where_it_was_read() -> None:
    found = seed.extract(page("(011608)", "可用份额", "1,234.56"))
    assert found.reason is None
    assert found.fund_code is not None and found.fund_code.text == "(011608)"
    assert found.hold_share is not None
    assert (found.hold_share.value, found.hold_share.label) == ("1234.56", "可用份额")
    assert found.hold_share.quad[0] == (0, 20)


def test_a_page_is_told_by_which_rules_it_was_read() -> None:
    assert seed.extract(page("011608")).rules == "seed@1"
    assert seed.extract(page("011608", "可用份额")).rules == "seed@1"


def test_an_answer_in_its_labels_line_tells_the_label_too() -> None:
    line = Line(
        text="持有 可用份额 12.30 可用份额", confidence=0.75, quad=((0, 0), (9, 0), (9, 9), (0, 9))
    )
    found = seed.extract(Page(lines=(line,), width=9, height=9))
    (share,) = found.hold_shares
    assert (share.value, share.label, share.confidence) == ("12.30", "可用份额", 0.75)


def test_a_number_before_its_label_is_looked_for_in_the_next_line() -> None:
    (share,) = seed.extract(page("12 可用份额 12", "7.00")).hold_shares
    assert (share.value, share.quad[0]) == ("7.00", (0, 10))


def test_the_switch_names_both_rule_sets() -> None:
    assert extract(page("011608"), "seed").rules == "seed@1"
    assert extract(page("011608"), "layout").rules == "layout@2"
