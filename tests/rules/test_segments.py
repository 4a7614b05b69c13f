"""What a part of a line and its number tell, to the last mark."""

import pytest

from postprocess.labels import Role
from postprocess.numbers import Number
from postprocess.segments import Part, segments


def number(text: str) -> Number:
    """The only number of a line."""
    (found,) = (part.number for part in segments(text) if part.number)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.56", Number(raw="1,234.56", kind="sure", value="1234.56")),
        ("1,234.56份", Number(raw="1,234.56份", kind="sure", value="1234.56", unit="份")),
        ("12.50 元", Number(raw="12.50 元", kind="sure", value="12.50", unit="元", money=True)),
        ("¥12.50", Number(raw="¥12.50", kind="sure", value="12.50", money=True)),
        ("$12.50", Number(raw="$12.50", kind="sure", value="12.50", money=True)),
        ("€12.50", Number(raw="€12.50", kind="sure", value="12.50", money=True)),
        ("1,000股", Number(raw="1,000股", kind="sure", value="1000", unit="股")),
        ("163407", Number(raw="163407", kind="sure", value="163407", digits=True)),
        ("+12.50", Number(raw="+12.50", kind="other")),
        ("-¥12.50", Number(raw="-¥12.50", kind="other", money=True)),
        ("9.60%", Number(raw="9.60%", kind="other", unit="%")),
        ("1/2", Number(raw="1/2", kind="other")),
        ("12**", Number(raw="12**", kind="other")),
        ("****", Number(raw="****", kind="other")),
        ("1.234", Number(raw="1.234", kind="ambiguous", candidates=("1.234", "1234"))),
        ("12.5O", Number(raw="12.5", kind="ambiguous", candidates=("12.50",), touched=True)),
        ("12.50x", Number(raw="12.50", kind="ambiguous", candidates=("12.50",), touched=True)),
        ("x12.50", Number(raw="12.50", kind="ambiguous", candidates=("12.50",), touched=True)),
        ("12.5|", Number(raw="12.5", kind="ambiguous", candidates=("12.51",), touched=True)),
        ("1 234.56", Number(raw="1 234.56", kind="ambiguous", candidates=("1234.56", "1"))),
        (
            "12 34.56份",
            Number(raw="12 34.56份", kind="ambiguous", candidates=("1234.56", "12"), unit="份"),
        ),
    ],
)  # fmt: skip
def test_a_number_tells_what_it_can_mean_and_what_touches_it(text: str, expected: Number) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("011608", True),
        ("混合011608", True),
        ("ETF011608", True),
        ("A011608", True),
        ("T011608", False),
        ("011608A", True),
        ("011608T", False),
        ("011608.OF", True),
        ("011608.SH", True),
        ("011608.5", False),
        ("¥011608", False),
        ("+011608", False),
        ("011608元", False),
        ("0116080", False),
        ("01160", False),
        ("0,1160", False),
        ("1-011608", False),
        ("011608-1", False),
        ("恒澜消费混合-011608", True),
        ("恒澜消费混合A - 011608", True),
        ("No.011608", True),
        ("#011608", True),
        ("恒澜消费混合-011608.5", False),
    ],
)
def test_six_digits_that_nothing_touches_may_be_a_code(text: str, digits: bool) -> None:
    assert any(part.number is not None and part.number.digits for part in segments(text)) is digits


def test_parts_lie_where_their_characters_are_cjk_twice_as_wide() -> None:
    # 4 × 2 for the label, 1 for the space, 5 for the number.
    assert segments("持有份额 12.50") == (
        Part(text="持有份额", start=0.0, end=8 / 14, role=Role.HELD),
        Part(
            text="12.50",
            start=9 / 14,
            end=1.0,
            number=Number(raw="12.50", kind="sure", value="12.50"),
            bound=True,
        ),
    )


def test_spaces_around_words_are_none_of_theirs() -> None:
    (part,) = segments("  净值  ")
    assert (part.text, part.start, part.end) == ("净值", 2 / 8, 6 / 8)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("12.50", [False]),
        ("持有份额 12.50", [True]),
        ("持有份额 12.50 13.50", [True, False]),
        ("> 12.50", [False]),
        ("沪深300", [True]),
        ("300指数", [True]),
        ("12.50O", [False]),
        ("12.50x", [True]),
    ],
)
def test_a_number_that_words_of_its_line_stand_at_is_theirs(text: str, bound: list[bool]) -> None:
    assert [part.bound for part in segments(text) if part.number] == bound


@pytest.mark.parametrize(
    ("text", "noise"),
    [
        ("i", True),
        ("ab", True),
        ("abc", False),
        ("份", True),
        ("(份)", True),
        ("单位:份", True),
        ("可用", False),
        ("用x", False),
    ],
)
def test_icons_and_lone_units_are_noise(text: str, noise: bool) -> None:
    assert [part.noise for part in segments(text)] == [noise]


@pytest.mark.parametrize("text", ["", "   ", "\n", ",", " :()", "\u200b"])
def test_a_line_of_spaces_and_marks_says_nothing(text: str) -> None:
    assert segments(text) == ()


def test_a_text_too_long_for_a_line_is_words() -> None:
    text = "可用份额 12.50 " * 40
    assert segments(text) == (Part(text=text, start=0.0, end=1.0),)
    assert len(segments(text[:400])) > 1


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2024-01-12 12.50", ["12.50"]),
        ("2024-01-12 15:00 12.50", ["12.50"]),
        ("2024/01/12", []),
        ("01-12 15:00:30", []),
        ("9:41", []),
        ("1月12日 12.50", ["12.50"]),
        ("2024年1月", []),
        ("T+1 12.50", ["12.50"]),
        ("T + 2日 12.50", ["12.50"]),
        ("ET+12.50", ["+12.50"]),
    ],
)
def test_days_and_times_are_no_numbers(text: str, numbers: list[str]) -> None:
    assert [part.number.raw for part in segments(text) if part.number] == numbers


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2024-01-12 15:00 12.50", ["2024-01-12 15:00"]),
        ("可用份额 T+1 12.50", ["T+1"]),
        ("净值(08-14) 1.2345", ["08-14"]),
        ("可用份额 12.50", []),
    ],
)
def test_a_day_is_kept_at_its_place_as_noise(text: str, days: list[str]) -> None:
    parts = [part for part in segments(text) if part.role is Role.DAY]
    assert [part.text for part in parts] == days
    assert all(part.noise and part.number is None for part in parts)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("3张", "张"), ("2款", "款"), ("4项", "项"), ("500积分", "积分"), ("12人", "人")],
)
def test_things_that_are_counted_are_no_shares(text: str, unit: str) -> None:
    found = number(text)
    assert (found.kind, found.unit, found.share) == ("other", unit, False)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("12 34", ["12 34"]),
        ("12 34 56", ["12 34 56"]),
        ("12.5 34", ["12.5", "34"]),
        ("12份 34", ["12份", "34"]),
        ("163407 34", ["163407", "34"]),
        ("34 163407", ["34", "163407"]),
        ("12 ¥34", ["12", "¥34"]),
        ("12 +34", ["12", "+34"]),
        ("12% 34", ["12%", "34"]),
        ("12 34%", ["12", "34%"]),
    ],
)
def test_two_numbers_are_one_only_where_the_first_has_no_end(text: str, parts: list[str]) -> None:
    assert [part.text for part in segments(text)] == parts


def test_a_number_cut_by_a_space_reaches_to_the_end_of_its_last_piece() -> None:
    (part,) = segments("12 34.56")
    assert (part.text, part.start, part.end) == ("12 34.56", 0.0, 1.0)
    assert part.number is not None
    assert (part.number.digits, part.number.value) == (False, "")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("持有份额可用份额", ["持有份额", "可用份额"]),
        ("持有份额(份)可用份额(份)", ["持有份额(份)", "可用份额(份)"]),
        ("可用份额明细", ["可用份额明细"]),
        ("恒澜消费升级混合 可用份额", ["恒澜消费升级混合", "可用份额"]),
        ("可用 份额", ["可用 份额"]),
        ("Available Shares", ["Available Shares"]),
        ("说明 其他", ["说明", "其他"]),
    ],
)
def test_words_are_cut_at_labels_and_spaces(text: str, parts: list[str]) -> None:
    assert [part.text for part in segments(text)] == parts


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("混合型|163702", True),
        ("中风险|163702", True),
        ("份额|163702", False),
        ("混合型|1637021", False),
    ],
)
def test_a_rule_between_a_kind_and_a_code_is_no_digit(text: str, digits: bool) -> None:
    assert any(part.number and part.number.digits for part in segments(text)) is digits
