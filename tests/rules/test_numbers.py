"""What a doubtful reading may stand for, and where a number can be one of shares."""

import pytest

from postprocess.numbers import Number, parse


@pytest.mark.parametrize(
    ("raw", "meanings"),
    [
        ("1O0", ("100",)),
        ("1O,000", ("10000",)),
        ("l,234", ("1234",)),
        ("1,234·56", ("1234.56",)),
        ("1.,5O", ("1.50",)),
        ("1.,.5", ("1.5",)),
        ("12.345.", ("12.345", "12345")),
        ("0012", ("0012",)),
        ("1O.234.56", ("10234.56",)),
        ("x", ()),
        ("1x", ()),
        (".", ()),
        ("9" * 20 + ".999", ("9" * 20 + ".999", "9" * 23)),
        ("9" * 21 + ".999", ()),
    ],
)
def test_a_doubtful_reading_may_stand_for_these(raw: str, meanings: tuple[str, ...]) -> None:
    assert parse(raw) == ("", meanings)


@pytest.mark.parametrize(
    ("number", "places", "share"),
    [
        (Number(raw="12", kind="sure", value="12"), 0, True),
        (Number(raw="12.50", kind="sure", value="12.50"), 2, True),
        (Number(raw="12份", kind="sure", value="12", unit="份"), 0, True),
        (Number(raw="12元", kind="sure", value="12", unit="元", money=True), 0, False),
        (Number(raw="¥12", kind="sure", value="12", money=True), 0, False),
        (Number(raw="12%", kind="other", unit="%"), 0, False),
        (Number(raw="--", kind="other"), 0, False),
        (Number(raw="1.234", kind="ambiguous", candidates=("1.234",)), 0, True),
    ],
)
def test_places_and_unit_say_what_a_number_can_be(number: Number, places: int, share: bool) -> None:
    assert (number.places, number.share) == (places, share)
