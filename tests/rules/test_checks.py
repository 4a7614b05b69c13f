"""share × net value against the amount, and how much each difference proves."""

from decimal import Decimal
from typing import Any

import pytest

from postprocess.checks import CheckResult, check, exceeds_held
from postprocess.claims import Share
from postprocess.geometry import TokenGrid
from postprocess.hold_share import find_shares
from tests.rules.layout_pages import page_of

AGREES, DISAGREES, ABSENT = CheckResult.AGREES, CheckResult.DISAGREES, CheckResult.ABSENT


def grid(*lines: list[Any]) -> TokenGrid:
    return TokenGrid(page_of(list(lines)))


def fields(*pairs: tuple[str, str]) -> TokenGrid:
    """Labels on the left, their numbers at the right edge."""
    lines: list[list[Any]] = []
    for index, (label, number) in enumerate(pairs):
        lines += [[label, 16, 100 + 60 * index, 14], [number, "r359", 100 + 60 * index, 14]]
    return grid(*lines)


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [
        ("100.00", AGREES),
        ("97.08", ABSENT),
        ("97.09", AGREES),
        ("103.09", AGREES),
        ("103.10", ABSENT),
        ("83.34", ABSENT),
        ("83.33", DISAGREES),
        ("125.00", ABSENT),
        ("125.01", DISAGREES),
        ("1000.00", DISAGREES),
    ],
)
def test_the_difference_counts_against_the_amount(amount: str, verdict: CheckResult) -> None:
    # Worth exactly 100: 3 % and 20 % of the amount are the limits.
    assert check(fields(("净值", "1.0000"), ("持有金额", amount)), "100.00", ()) is verdict


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        ("388.00", AGREES),
        ("412.00", AGREES),
        ("320.00", ABSENT),
        ("319.99", DISAGREES),
        ("412.01", ABSENT),
        ("480.01", DISAGREES),
    ],
)
def test_the_limits_themselves_are_within(share: str, verdict: CheckResult) -> None:
    assert check(fields(("净值", "1.0000"), ("持有金额", "400.00")), share, ()) is verdict


@pytest.mark.parametrize(
    ("share", "what"),
    [
        ("1204.56", "another character"),
        ("1234.5", "the last one covered"),
        ("234.56", "the first one cut off"),
        ("34.56", "a bar over the beginning"),
        ("1234", "a ball over the end"),
        ("12345.56", "one too many"),
        ("124.56", "one lost"),
    ],
)
def test_an_amount_that_is_to_the_cent_that_of_a_like_share_disagrees(
    share: str, what: str
) -> None:
    page = fields(("净值", "1.8742"), ("持有金额", "2,313.81"))  # 1,234.56 × 1.8742
    assert check(page, share, ()) is DISAGREES, what
    assert check(page, share, (), is_part=True) is DISAGREES, what
    # Where the page shows that other share, the amount is its.
    assert check(page, share, ("1234.56",)) is not DISAGREES


@pytest.mark.parametrize("share", ["1234.56", "1250.11", "1201.01"])
def test_an_amount_of_another_day_is_of_no_like_share(share: str) -> None:
    page = fields(("净值", "1.8742"), ("持有金额", "2,313.81"))
    assert check(page, share, ()) is AGREES


def test_numbers_of_few_characters_are_alike_by_chance() -> None:
    page = fields(("净值", "1.2176"), ("持有金额", "0.15"))
    assert check(page, "0.11", ()) is not AGREES
    assert check(fields(("净值", "3.6917"), ("持有金额", "14.25")), "3.83", ()) is AGREES


@pytest.mark.parametrize(
    ("amount", "verdict"), [("0.02", AGREES), ("0.03", DISAGREES), ("0.00", AGREES)]
)
def test_a_cent_and_a_half_may_be_rounding(amount: str, verdict: CheckResult) -> None:
    # 0.01 × 1.0000: 0.0100, off by 0.01 and by 0.02.
    assert check(fields(("净值", "1.0000"), ("持有金额", amount)), "0.01", ()) is verdict


def test_a_difference_of_just_the_rounding_is_none() -> None:
    assert check(fields(("净值", "1.5000"), ("持有金额", "0.00")), "0.01", ()) is AGREES


@pytest.mark.parametrize(
    ("net", "verdict"),
    [
        ("1.0000", AGREES),
        ("1.000", AGREES),
        ("0.0100", DISAGREES),
        ("0.0099", ABSENT),
        ("1000.0000", DISAGREES),
        ("1000.0001", ABSENT),
        ("1.00", ABSENT),
        ("1.0", ABSENT),
        ("¥1.0000", AGREES),
        ("1.0000元", AGREES),
        ("1.0000份", ABSENT),
        ("+1.0000", ABSENT),
        ("--", ABSENT),
    ],
)
def test_a_net_value_has_three_or_four_places_and_a_usual_size(
    net: str, verdict: CheckResult
) -> None:
    if net == "1.000":  # could be 1000 as well
        verdict = ABSENT
    assert check(fields(("净值", net), ("持有金额", "100.00")), "100.00", ()) is verdict


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [("100", AGREES), ("100.0", AGREES), ("100.0000", ABSENT), ("100.00份", ABSENT)],
)
def test_an_amount_has_at_most_two_places(amount: str, verdict: CheckResult) -> None:
    assert check(fields(("净值", "1.0000"), ("持有金额", amount)), "100.00", ()) is verdict


def test_a_number_too_long_for_a_holding_proves_nothing() -> None:
    longest, longer = "9" * 15 + ".00", "9" * 16 + ".00"
    assert check(fields(("净值", "1.0000"), ("持有金额", longest)), "100.00", ()) is DISAGREES
    assert check(fields(("净值", "1.0000"), ("持有金额", longer)), "100.00", ()) is ABSENT
    both = fields(("持有金额", longer), ("净值", "1.0000"), ("持有市值", "100.00"))
    assert check(both, "100.00", ()) is AGREES


def test_a_number_that_was_not_read_does_not_hide_the_next() -> None:
    page = fields(("净值", "--"), ("单位净值", "1.0000"), ("市值", "--"), ("持有金额", "100.00"))
    assert check(page, "100.00", ()) is AGREES


def test_one_of_several_net_values_or_amounts_is_enough() -> None:
    nets = fields(("净值", "9.0000"), ("单位净值", "1.0000"), ("持有金额", "100.00"))
    assert check(nets, "100.00", ()) is AGREES
    amounts = fields(("净值", "1.0000"), ("持有金额", "930.00"), ("持有市值", "100.00"))
    assert check(amounts, "100.00", ()) is AGREES
    # One is far off, the other is not: no verdict.
    near = fields(("净值", "1.0000"), ("持有金额", "930.00"), ("持有市值", "112.00"))
    assert check(near, "100.00", ()) is ABSENT
    other_way = fields(("净值", "1.0000"), ("持有金额", "112.00"), ("持有市值", "930.00"))
    assert check(other_way, "100.00", ()) is ABSENT


def test_another_share_that_agrees_explains_the_amount() -> None:
    page = fields(("净值", "1.0000"), ("持有金额", "100.00"))
    assert check(page, "10.00", ()) is DISAGREES
    assert check(page, "10.00", ("50.00",)) is DISAGREES
    assert check(page, "10.00", ("50.00", "100.00")) is ABSENT


@pytest.mark.parametrize(
    "pairs",
    [(("净值", "1.0000"),), (("持有金额", "100.00"),), (), (("净值", "1.0000"), ("金额", "9.00"))],
)
def test_without_net_value_and_amount_there_is_no_verdict(pairs: Any) -> None:
    assert check(fields(*pairs), "100.00", ()) is ABSENT


def share(label: str, number: str) -> Share:
    (found,) = find_shares(fields((label, number))).found
    return found


@pytest.mark.parametrize(
    ("available", "held", "exceeds"),
    [
        ("100.00", "100.00", False),
        ("120.00", "100.00", False),
        ("120.01", "100.00", True),
        ("50.00", "100.00", False),
        ("1000.00", "100.00", True),
    ],
)
def test_more_available_than_held_is_a_misreading(available: str, held: str, exceeds: bool) -> None:
    assert exceeds_held(share("可用份额", available), [share("持有份额", held)]) is exceeds
    assert Decimal(available) > 0


def test_held_shares_exceed_nothing() -> None:
    assert not exceeds_held(share("持有份额", "100.00"), [share("持仓份额", "1.00")])
    assert not exceeds_held(share("可用份额", "100.00"), [])


@pytest.mark.parametrize(
    ("part", "verdict"),
    [
        # Less than the amount says: the rest may be held and not be available.
        ("500.00", ABSENT),
        ("79.99", ABSENT),
        ("1.50", ABSENT),
        # Worth as if a point or a digit was lost.
        ("100.00", DISAGREES),
        ("97.00", DISAGREES),
        ("103.00", DISAGREES),
        ("10.00", DISAGREES),
        ("1.00", DISAGREES),
        ("0.10", ABSENT),
        ("96.99", ABSENT),
        ("103.01", ABSENT),
        # As much as, or more than, all held shares are worth.
        ("990.00", AGREES),
        ("1500.00", DISAGREES),
        ("10000.00", DISAGREES),
        # None of them can be used now.
        ("0.00", ABSENT),
    ],
)
def test_a_part_of_the_held_shares_is_worth_less_than_the_amount(
    part: str, verdict: CheckResult
) -> None:
    page = fields(("净值", "1.0000"), ("持有金额", "1000.00"))
    assert check(page, part, (), is_part=True) is verdict


@pytest.mark.parametrize("share", ["500.00", "0.00"])
def test_all_held_shares_are_worth_the_amount(share: str) -> None:
    page = fields(("净值", "1.0000"), ("持有金额", "1000.00"))
    assert check(page, share, ()) is DISAGREES


def test_one_amount_of_which_the_shares_may_be_a_part_is_enough() -> None:
    page = fields(("净值", "1.0000"), ("持有金额", "100.00"), ("持有市值", "930.00"))
    assert check(page, "520.00", ()) is DISAGREES
    assert check(page, "520.00", (), is_part=True) is ABSENT
