"""Which lines a light recogniser may not have read alone."""

from dataclasses import replace

import pytest

from pipeline.doubts import SURE, doubtful_lines
from postprocess.extract import RULES
from postprocess.types import Line, Page, Quad, Reason

RULES_NOW = RULES["layout"]
HOLDING = (
    ("基金详情", 400),
    ("嘉澄蓝筹精选混合C", 60),
    ("011608", 60),
    ("持有份额", 60),
    ("1,234.56", 800),
    ("最新净值", 60),
    ("2.0000", 800),
    ("基金经理的话", 60),
)
"""Of each line its text and where it begins."""
_BESIDE = {"1,234.56", "2.0000", "9,999.00"}


def page(*rows: tuple[str, int], doubt: str = "", sure: float = SURE - 0.01) -> Page:
    """A page of lines read surely, but for the characters of `doubt`."""
    lines, y = [], 100.0
    for text, x in rows:
        y += 0 if text in _BESIDE else 90
        width = sum(40.0 if ord(c) > 255 else 22.0 for c in text)
        characters = tuple(sure if c in doubt else 0.99 for c in text)
        lines.append(
            Line(
                text=text,
                confidence=sum(characters) / len(characters),
                quad=((x, y), (x + width, y), (x + width, y + 40), (x, y + 40)),
                characters=characters,
            )
        )
    return Page(lines=tuple(lines), width=1080, height=2400)


def doubted(page: Page) -> set[str]:
    return {line.text for line in doubtful_lines(page, RULES_NOW)}


AVAILABLE = tuple(("可用份额", x) if text == "持有份额" else (text, x) for text, x in HOLDING)


def test_of_an_answer_the_lines_that_decide_and_the_labels_of_shares() -> None:
    assert RULES_NOW(page(*AVAILABLE)).reason is None
    assert doubted(page(*AVAILABLE)) == {"011608", "可用份额", "1,234.56"}
    another = (*AVAILABLE, ("冻结份额", 60))
    assert doubted(page(*another)) == {"011608", "可用份额", "1,234.56", "冻结份额"}


def test_beside_a_share_that_is_only_held_what_may_be_another_one_too() -> None:
    assert RULES_NOW(page(*HOLDING, ("+12.00", 60), ("12.00元", 60))).reason is None
    assert doubted(page(*HOLDING, ("+12.00", 60), ("12.00元", 60))) == {
        *("011608", "持有份额", "1,234.56", "2.0000"),
    }


def test_a_line_with_one_unsure_character_is_in_doubt_whatever_it_says() -> None:
    assert "基金经理的话" in doubted(page(*HOLDING, doubt="话"))
    assert "基金经理的话" not in doubted(page(*HOLDING, doubt="话", sure=SURE))


def test_a_line_of_which_no_characters_are_told_is_in_doubt() -> None:
    whole = page(*HOLDING)
    untold = replace(whole, lines=tuple(replace(one, characters=()) for one in whole.lines))
    assert doubted(untold) == {text for text, _ in HOLDING}


@pytest.mark.parametrize(
    ("text", "is_doubted"),
    [
        ("<", False),
        ("V", False),
        ("国", False),
        ("7", True),
        ("O", True),
        ("l", True),
        ("基金公告>", False),
        ("基金公告(新)", False),
        ("基金,公告", True),
    ],
)
def test_an_icon_and_a_mark_that_matters_not_may_be_unsure(text: str, is_doubted: bool) -> None:
    assert (text in doubted(page(*HOLDING, (text, 60), doubt="<V国7Ol>() ,"))) is is_doubted


def test_where_a_page_would_be_refused_marks_matter_too() -> None:
    rows = (*(row for row in HOLDING if row[0] != "011608"), ("混合型高风险]", 60))
    refused = page(*rows, doubt="]")
    assert RULES_NOW(refused).reason is Reason.NO_CODE
    assert "混合型高风险]" in doubted(refused)


@pytest.mark.parametrize(
    ("text", "doubt", "is_doubted"),
    [
        ("+4.80%", "48.", False),
        ("4.80%", "0", False),
        ("-1,234.56", "123", False),
        ("2026-04-17", "0147", False),
        ("2026-04-17 14:35:08", "6 :8", False),
        ("2026-04-1714:35", "4", False),
        ("+4.80%", "%", True),
        ("-1,234.56", "-", True),
        ("2026-04-17", "-", True),
        ("4.80", "8", True),
        ("202604", "4", True),
        ("-4.80份", "8", True),
    ],
)
def test_of_a_rate_a_change_or_a_day_digits_may_be_unsure(
    text: str, doubt: str, is_doubted: bool
) -> None:
    doubted = doubtful_lines(page(*AVAILABLE, (text, 60), doubt=doubt), RULES_NOW)
    assert (text in {line.text for line in doubted}) is is_doubted


def test_nor_are_they_among_the_numbers_that_may_be_why_a_page_would_be_refused() -> None:
    amount = (("持有金额(元)", 60), ("9,999.00", 800), ("+4.80%", 60), ("-1,234.56", 60))
    refused = page(*HOLDING, *amount)
    assert RULES_NOW(refused).reason is Reason.CHECK_DISAGREES
    assert not {"+4.80%", "-1,234.56"} & doubted(refused)


def test_a_phones_status_bar_may_be_unsure_beside_its_clock() -> None:
    whole = page(("9:41", 60), ("l 5G", 800), *AVAILABLE, doubt="5l")
    lines = [replace(line, quad=_raised(line)) for line in whole.lines[:2]]
    assert "l 5G" not in doubted(replace(whole, lines=(*lines, *whole.lines[2:])))
    assert "l 5G" in doubted(replace(whole, lines=(lines[1], *whole.lines[2:])))
    unsure = page(("9:41", 60), *AVAILABLE, doubt="9")
    raised = replace(unsure.lines[0], quad=_raised(unsure.lines[0]))
    assert "9:41" in doubted(replace(unsure, lines=(raised, *unsure.lines[1:])))


def _raised(line: Line) -> Quad:
    """To the picture's upper edge."""
    (left, _), (right, _), _, _ = line.quad
    return (left, 10.0), (right, 10.0), (right, 50.0), (left, 50.0)


def test_one_character_for_a_whole_line_is_no_icon() -> None:
    whole = page(*HOLDING, ("国", 60), doubt="国")
    *others, last = whole.lines
    (x, y), _, _, bottom = last.quad
    wide = replace(last, quad=((x, y), (x + 90, y), (x + 90, y + 40), bottom))
    assert "国" in doubted(replace(whole, lines=(*others, wide)))


def test_of_a_holding_without_a_code_what_may_be_one() -> None:
    others = (row for row in HOLDING if row[0] != "011608")
    refused = page(*others, ("011608.0F", 60), ("委托 12:30", 60))
    assert RULES_NOW(refused).reason is Reason.NO_CODE
    assert doubted(refused) == {"持有份额", "1,234.56", "2.0000", "011608.0F"}


def test_of_a_page_without_code_and_shares_nothing() -> None:
    others = (row for row in HOLDING if row[0] not in ("011608", "持有份额"))
    refused = page(*others, ("2026.04.17", 60))
    assert RULES_NOW(refused).reason is Reason.NO_CODE
    assert doubted(refused) == set()


def test_where_a_number_may_be_the_reason_all_numbers_are_in_doubt() -> None:
    amount = (("持有金额(元)", 60), ("9,999.00", 800))
    refused = page(*HOLDING, *amount)
    assert RULES_NOW(refused).reason is Reason.CHECK_DISAGREES
    assert {"011608", "1,234.56", "2.0000", "9,999.00"} <= doubted(refused)
    assert "基金经理的话" not in doubted(refused)


def test_of_a_page_in_traditional_characters_all_lines() -> None:
    rows = (*HOLDING[:-1], ("基金經理的話", 60))
    assert doubted(page(*rows)) == {text for text, _ in rows}
