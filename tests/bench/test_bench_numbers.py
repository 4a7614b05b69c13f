"""Percentiles by nearest rank, least-squares lines, exponents."""

import pytest

from evals.bench.report import exponent, percentile, slope, spread


def test_a_percentile_is_one_of_the_values_and_never_less_than_its_share() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile(values, 1) == 100
    assert percentile([3.0], 0.99) == 3
    assert percentile([1.0, 2.0], 0.5) == 1
    assert percentile([1.0, 2.0], 0.51) == 2
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_spread_tells_middle_range_and_number() -> None:
    assert spread([7.0, 6.5, 9.0]).text() == "7.00 (6.50–9.00, n = 3)"


def test_the_slope_of_a_line_and_the_exponent_of_a_power() -> None:
    assert slope([0, 1, 2], [5, 7, 9]) == pytest.approx(2)
    assert exponent([1, 10, 100], [3, 30 * 10**0.5, 3000]) == pytest.approx(1.5)
    with pytest.raises(ValueError, match="one x"):
        slope([1, 1], [2, 3])
