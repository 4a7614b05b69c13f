"""What a second recogniser reads where the answer stands decides whether it is answered."""

from dataclasses import replace

import pytest

from postprocess.evidence import page_from_json, page_to_json, redact
from postprocess.layout import extract
from postprocess.types import Extraction, Page
from tests.rules.layout_pages import page_of

LINES = [
    ["恒澜消费升级混合(011608)", 16, 130, 15],
    ["可用份额", 16, 160, 13],
    ["1,234.56", "r359", 160, 13],
]


def page(code: str | None, share: str | None) -> Page:
    plain = page_of(LINES)
    name, label, number = plain.lines
    lines = (replace(name, second=code), label, replace(number, second=share))
    return replace(plain, lines=lines)


def told(found: Extraction) -> tuple[str | None, list[str], list[str]]:
    return (
        found.reason and found.reason.value,
        [one.value for one in found.fund_codes],
        [one.value for one in found.hold_shares],
    )


@pytest.mark.parametrize(
    ("code", "share"),
    [
        (None, None),
        ("恒澜消费升级混合(011608)", "1,234.56"),
        ("恒澜消费升及混台（011608）", "1234.56份"),
        ("011608", "1，234．56"),
        ("混合 011608A", "1.234.56"),
        ("混合(011608", "1,234:56"),
        ("混合(011608)", "12.34.56"),
        ("混合(011608)", "可用12.34.56份"),
        ("混合(011608)", "可用 1,234.56 持有 2,000.00"),
    ],
)
def test_what_both_read_alike_is_answered(code: str | None, share: str | None) -> None:
    assert told(extract(page(code, share))) == (None, ["011608"], ["1234.56"])


@pytest.mark.parametrize(
    ("code", "share", "codes", "shares"),
    [
        ("恒澜(011609)", "1,234.56", ["011608", "011609"], ["1234.56"]),
        ("恒澜(01168)", "1,234.56", ["011608"], ["1234.56"]),
        ("恒澜(O11608)", "1,234.56", ["011608"], ["1234.56"]),
        ("", "1,234.56", ["011608"], ["1234.56"]),
        ("(011608)", "1,234.50", ["011608"], ["1234.56", "1234.50"]),
        ("(011608)", "123456", ["011608"], ["1234.56", "123456"]),
        ("(011608)", "-1,234.56", ["011608"], ["1234.56"]),
        ("(011608)", "¥1,234.56", ["011608"], ["1234.56"]),
        ("(011608)", "1,234.56%", ["011608"], ["1234.56"]),
        ("(011608)", "1.234", ["011608"], ["1234.56", "1.234", "1234"]),
        ("(011608)", "1234,5", ["011608"], ["1234.56", "1234.5", "12345"]),
        ("(011608)", "1.23.456", ["011608"], ["1234.56", "123.456", "123456"]),
        ("(011608)", "12 34.56", ["011608"], ["1234.56", "12"]),
        ("(011608)", "1,234.5", ["011608"], ["1234.56", "1234.5"]),
        ("(011608)", "看不清", ["011608"], ["1234.56"]),
        ("(011609)", "7.10", ["011608", "011609"], ["1234.56", "7.10"]),
    ],
)
def test_what_they_read_otherwise_is_refused_with_both_readings(
    code: str, share: str, codes: list[str], shares: list[str]
) -> None:
    found = extract(page(code, share))
    assert told(found) == ("READINGS_DISAGREE", codes, shares)
    assert found.fund_code is None and found.hold_share is None


def test_the_pieces_of_a_number_that_was_cut_are_compared_as_one() -> None:
    plain = page_of([*LINES[:2], ["1,234", 250, 160, 13], [".56", 284, 160, 13]])
    assert told(extract(plain)) == (None, ["011608"], ["1234.56"])
    *others, first, last = plain.lines
    for pieces, reason in ((("1,234", ".56"), None), (("1,284", ".56"), "READINGS_DISAGREE")):
        again = (replace(first, second=pieces[0]), replace(last, second=pieces[1]))
        assert told(extract(replace(plain, lines=(*others, *again))))[0] == reason


def test_a_refusal_is_the_same_on_what_the_row_keeps() -> None:
    kept, found = redact(page("恒澜(011609)", "1,234.56"), extract)
    again = extract(page_from_json(page_to_json(kept)))
    assert told(again) == told(found) == ("READINGS_DISAGREE", ["011608", "011609"], ["1234.56"])


def test_a_second_reading_with_a_long_run_of_digits_is_masked_like_the_first() -> None:
    kept, _ = redact(page("6222021234567890 (011608)", "1,234.56"), extract)
    assert kept.lines[0].second == "**************** (011608)"
