"""A row as its card shows it: fields, candidates, outlines."""

import pytest

from evals.screens.corpus import draw
from evals.screens.screen import Screen
from front.pages.card_view import KEYS, Card, card_of
from front.pages.outlines import Mark
from tests.pages.rows import HEIGHT, WIDTH, page, row_of

SURE = page(
    ("嘉澄精选混合A 011608", 40, 200),
    ("可用份额", 40, 400),
    ("1,234.56", 700, 400),
    ("单位净值(11-20)", 40, 500),
    ("1.8742", 700, 500),
)
LISTED = page(
    *(("南屿稳健增利债券A", 40, 200), ("002611", 800, 200)),
    *(("持有份额", 40, 260), ("48,211.90", 40, 310)),
    *(("泽信医药健康股票C", 40, 500), ("000934", 800, 500)),
    *(("持有份额", 40, 560), ("5,600.00", 40, 610)),
)
NO_CODE = page(("恒澜消费升级混合A", 40, 200), ("持有份额", 40, 400), ("1,234.56", 700, 400))
NOTHING = page(
    ("账户余额", 40, 200), ("507.60", 40, 300), ("2024-09-27", 400, 300), ("12.5%", 700, 300)
)


def kinds(card: Card) -> list[str]:
    return [mark.kind for mark in card.marks if mark.kind != "number"]


def numbers(card: Card) -> list[Mark]:
    return [mark for mark in card.marks if mark.kind == "number"]


def test_an_answer_stands_in_the_fields_with_its_place() -> None:
    card = card_of(row_of(SURE))
    code, share = card.fund_code, card.hold_share
    assert (code.value, code.state, share.value, share.state) == (
        "011608",
        "sure",
        "1234.56",
        "sure",
    )
    assert (share.text, share.label, card.answer) == ("1,234.56", "可用份额", True)
    assert kinds(card) == ["code", "share", "label"]
    assert code.crop is not None and share.crop is not None
    for crop in (code.crop, share.crop):
        assert crop.x >= 0 and crop.y >= 0
        assert crop.x + crop.width <= WIDTH and crop.y + crop.height <= HEIGHT
    assert share.crop.y < 400 and share.crop.y + share.crop.height > 440
    assert card.checks == {"share_times_nav": "absent"}


def test_a_persons_values_stand_in_the_fields_of_a_corrected_row() -> None:
    row = row_of(
        SURE, review_state="corrected", update_fund_code="000934", update_hold_share="1234.56"
    )
    card = card_of(row)
    assert (card.fund_code.value, card.fund_code.state) == ("000934", "person")
    assert card.answer


def test_what_later_rules_read_is_told_and_offered_until_somebody_judges() -> None:
    other = {
        "fund_code": "011608",
        "hold_share": "9999.99",
        "reason": None,
        "rules_version": "layout@9",
    }
    card = card_of(row_of(SURE, doubt=other))
    assert card.doubt == other
    assert card.hold_share.value == "1234.56", "the row's own answer stands first"
    assert [(one.fund_code, one.hold_share) for one in card.candidates if one.named] == [
        ("011608", ""),
        ("", "1234.56"),
        ("", "9999.99"),
    ]
    assert card_of(row_of(SURE, doubt=other, review_state="confirmed")).doubt is None


def test_a_dismissed_row_has_no_answer_to_confirm() -> None:
    assert not card_of(row_of(SURE, review_state="dismissed")).answer


def test_one_candidate_of_a_refused_page_is_offered_as_unsure() -> None:
    card = card_of(row_of(NO_CODE))
    assert card.row.reason == "NO_CODE"
    assert (card.fund_code.value, card.fund_code.state) == ("", "none")
    assert (card.hold_share.value, card.hold_share.state) == ("1234.56", "unsure")
    assert not card.answer


def test_each_holding_of_a_list_is_one_candidate_and_nothing_is_chosen() -> None:
    card = card_of(row_of(LISTED))
    assert (card.fund_code.state, card.fund_code.count, card.fund_code.value) == ("many", 2, "")
    assert [(one.key, one.kind, one.fund_code, one.hold_share) for one in card.candidates] == [
        ("1", "holding", "002611", "48211.90"),
        ("2", "holding", "000934", "5600.00"),
    ]
    assert card.candidates[0].name == "南屿稳健增利债券A"
    assert kinds(card).count("code") == kinds(card).count("share") == 2


def test_where_no_rule_names_a_value_the_pages_numbers_are_offered_last() -> None:
    card = card_of(row_of(NOTHING))
    assert [(one.hold_share, one.named) for one in card.candidates] == [("507.60", False)]
    assert kinds(card) == []


def test_only_nine_candidates_have_a_key() -> None:
    many = page(*((f"{n}00.5{n}", 40.0, 100.0 + 60 * n) for n in range(1, 13)))
    keys = [one.key for one in card_of(row_of(many)).candidates]
    assert keys[:KEYS] == [str(n) for n in range(1, 10)]
    assert len(keys) > KEYS and set(keys[KEYS:]) == {""}


def test_of_two_equal_numbers_the_one_that_decided_comes_first() -> None:
    twice = page(
        ("基金代码 011608", 40, 100),
        ("市值 1,234.56", 40, 300),
        ("可用份额", 40, 900),
        ("1,234.56", 700, 900),
    )
    card = card_of(row_of(twice))
    first = next(mark for mark in numbers(card) if mark.hold_share == "1234.56")
    assert card.hold_share.value == "1234.56"
    assert first.crop is not None and first.crop.y > 600


def test_a_number_is_outlined_within_its_line() -> None:
    inline = page(("基金代码：011608", 40, 100), ("可用份额 1,234.56 净值 1.8742", 40, 300))
    by_value = {
        mark.fund_code or mark.hold_share: mark for mark in numbers(card_of(row_of(inline)))
    }
    assert set(by_value) == {"011608", "1234.56", "1.8742"}

    def span(value: str) -> tuple[float, float]:
        xs = [float(point.split(",")[0]) for point in by_value[value].points.split()]
        return min(xs), max(xs)

    assert span("1234.56")[0] > 40 + 22 * 7
    assert span("1234.56")[1] < span("1.8742")[0]


@pytest.mark.parametrize(
    "evidence",
    [{}, {"lines": "none"}, {"width": 10, "height": 10, "lines": [{}]}, {"answer": None}],
)
def test_a_row_of_another_origin_has_a_card_too(evidence: dict[str, object]) -> None:
    card = card_of(row_of(SURE, evidence=evidence))
    assert (card.fund_code.value, card.hold_share.value, card.answer) == ("011608", "1234.56", True)
    assert card.lines == () and card.marks == ()


def test_rules_that_are_gone_leave_the_values_where_their_lines_show_them() -> None:
    card = card_of(row_of(LISTED, rules_version="forgotten@3"))
    assert kinds(card).count("code") == kinds(card).count("share") == 2


def test_what_is_hidden_in_the_evidence_is_hidden_on_the_card() -> None:
    shown = page(("张三丰", 40, 100), ("基金代码 011608", 40, 200))
    assert [line.text for line in card_of(row_of(shown)).lines] == ["", "基金代码 011608"]


@pytest.fixture(scope="module")
def screens() -> list[Screen]:
    """Not drawn where tests are only listed."""
    return list(draw(20, 11, degraded=False))


@pytest.mark.parametrize("number", range(20))
def test_every_candidate_of_a_drawn_screen_has_its_outline_on_the_page(
    screens: list[Screen], number: int
) -> None:
    shown = screens[number].page()
    card = card_of(row_of(shown))
    candidates = card.row.evidence["answer"]["candidates"]
    assert kinds(card).count("code") == len(set(candidates["fund_codes"]))
    assert kinds(card).count("share") == len(set(candidates["hold_shares"]))
    for mark in card.marks:
        for point in mark.points.split():
            x, y = map(float, point.split(","))
            assert -20 <= x <= shown.width + 20 and -20 <= y <= shown.height + 20
