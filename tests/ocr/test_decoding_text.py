"""From the recogniser's best classes to a text and its confidence."""

import numpy as np
import pytest

from ocr.ctc import Reading, decode

CHARACTERS = ("", "1", "2", ".", " ", "ab")


def read(classes: list[int], probabilities: list[float] | None = None) -> tuple[str, float]:
    found = read_characters(classes, probabilities)
    return found.text, found.confidence


def read_characters(classes: list[int], probabilities: list[float] | None = None) -> Reading:
    return decode(np.array(classes), np.array(probabilities or [0.5] * len(classes)), CHARACTERS)


def test_blanks_are_left_out() -> None:
    assert read([0, 1, 0, 0, 2, 0]) == ("12", 0.5)


def test_a_character_seen_in_several_steps_is_one() -> None:
    assert read([1, 1, 1, 2, 2]) == ("12", 0.5)


def test_a_character_on_both_sides_of_a_blank_is_two() -> None:
    assert read([1, 0, 1]) == ("11", 0.5)


def test_the_last_class_is_the_space() -> None:
    assert read([1, 4, 2]) == ("1 2", 0.5)


def test_only_blanks_give_an_empty_text_without_confidence() -> None:
    assert read([0, 0, 0]) == ("", 0.0)


def test_confidence_is_the_mean_over_the_first_step_of_each_character() -> None:
    text, confidence = read([0, 1, 1, 0, 3], [0.1, 0.9, 0.2, 0.1, 0.7])
    assert text == "1."
    assert confidence == pytest.approx(0.8)


def test_each_character_has_its_own_probability_also_of_an_entry_of_two() -> None:
    found = read_characters([1, 0, 5, 2], [0.9, 0.1, 0.8, 0.7])
    assert (found.text, found.probabilities) == ("1ab2", (0.9, 0.8, 0.8, 0.7))
