"""Text to typed columns: exact, or nothing."""

from decimal import Decimal

import pytest

from db import column_types


@pytest.mark.parametrize("text", ["000001", "011608", "999999"])
def test_six_ascii_digits_are_a_code(text: str) -> None:
    assert column_types.fund_code(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "12345", "1234567", "０１１６０８", "01160８", "٠١١٦٠٨", "01160a", "011608\n", " 011608"],
)
def test_anything_else_is_no_code(text: str) -> None:
    assert column_types.fund_code(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("12", "12"),
        ("7.1", "7.1"),
        ("1234.56", "1234.56"),
        ("0.0001", "0.0001"),
        ("9999999999999999.9999", "9999999999999999.9999"),
        ("1234567890123456.1234", "1234567890123456.1234"),
    ],
)
def test_a_plain_decimal_is_a_share_to_the_last_digit(text: str, number: str) -> None:
    value = column_types.hold_share(text)

    assert isinstance(value, Decimal)
    assert value == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.00001",
        "1.23450",
        "10000000000000000",
        "00000000000000001",
        "-1",
        "+1",
        "1e3",
        "NaN",
        "Infinity",
        "1,234.56",
        "1_000",
        ".5",
        "5.",
        "1.2.3",
        "１２.５",
        "1|2",
        " 1",
        "1\n",
    ],
)
def test_anything_else_is_no_share_and_is_never_rounded(text: str) -> None:
    assert column_types.hold_share(text) is None
