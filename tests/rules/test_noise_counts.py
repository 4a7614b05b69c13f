"""Noise that leaves another well-formed number is counted apart and seen by a second reading."""

from tests.rules.drawn_screens import NOISY_PAGES
from tests.rules.drawn_screens import noisy_pages as found


def test_every_noisy_page_is_counted_once() -> None:
    kept, turned = found().kept, found().turned
    assert kept.pages + turned.pages == NOISY_PAGES
    assert turned.pages > NOISY_PAGES / 60
    for one in (kept, turned, found().turned_twice):
        assert one.right + one.refused + one.wrong == one.pages


def test_noise_that_left_the_answer_there_makes_at_most_one_wrong_number_in_10_000() -> None:
    assert found().kept.wrong_in_10_000 <= 1
    assert found().kept.right > found().kept.pages / 3


def test_another_deciding_number_is_seen_by_the_checks_or_by_a_second_reading() -> None:
    """Where no check can see it the first reading is believed; the second one says otherwise."""
    alone, twice = found().turned, found().turned_twice
    assert alone.wrong > 0, "nothing to see: the noise is too weak"
    assert alone.refused > alone.pages / 10
    assert twice.wrong == 0
    assert {"CHECK_DISAGREES", "READINGS_DISAGREE"} <= set(found().reasons)
