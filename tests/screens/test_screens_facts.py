from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.screens import facts
from evals.screens.brief import AVAILABLE, HELD, Brief


@given(st.integers(), st.booleans())
def test_the_numbers_of_a_position_fit_each_other(seed: int, part_frozen: bool) -> None:
    p = facts.position(Random(seed), part_frozen=part_frozen)
    assert Decimal("0.01") <= p.available <= p.held <= facts.MAX_SHARE
    assert p.available + p.frozen == p.held
    assert abs(p.amount - p.held * p.nav) <= Decimal("0.005")
    assert p.amount - p.profit == facts.cents(p.held * p.cost_price)
    assert p.amount - p.day_profit == facts.cents(p.held * p.previous_nav)
    assert abs(p.cost_price * (1 + p.profit_rate / 100) - p.nav) <= Decimal("0.001")


@given(st.integers())
def test_a_fund_code_is_six_ascii_digits(seed: int) -> None:
    code = facts.fund(Random(seed)).code
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()


def test_shares_of_every_order_of_magnitude_occur() -> None:
    rng = Random(3)
    magnitudes = {facts.position(rng).held.adjusted() for _ in range(400)}
    assert magnitudes == set(range(-2, 7))


@pytest.mark.parametrize(
    ("style", "drawn", "answer"),
    [
        ("comma", "1,234.50", "1234.50"),
        ("plain", "1234.50", "1234.50"),
        ("comma_unit", "1,234.50份", "1234.50"),
        ("plain_unit", "1234.50份", "1234.50"),
        ("short", "1234.5", "1234.5"),
    ],
)
def test_the_answer_is_the_drawn_number_without_separators_and_unit(
    style: str, drawn: str, answer: str
) -> None:
    position = facts.position(Random(1))
    brief = Brief(position=position, held=HELD[0], share_style=style)
    assert brief.number(Decimal("1234.50")) == drawn
    assert brief.plain(Decimal("1234.50")) == answer


def test_a_third_of_the_labels_of_each_family_is_held_out() -> None:
    for labels in (AVAILABLE, HELD):
        assert 3 * sum(label.held_out for label in labels) in range(len(labels), len(labels) + 2)


def test_no_label_is_in_two_families() -> None:
    texts = [label.text for label in (*AVAILABLE, *HELD)]
    assert len(set(texts)) == len(texts)
