"""From the recogniser's scores to a text and its confidence."""

import numpy as np
import numpy.typing as npt
import pytest

from ocr.ctc import LineText, best_classes, decode

HALF = pytest.approx(0.5)
CHARACTERS = ("", "1", "2", ".", " ", "ab")


def read(classes: list[int], probabilities: list[float] | None = None) -> tuple[str, float]:
    found = read_characters(classes, probabilities)
    return found.text, found.confidence


def read_characters(classes: list[int], probabilities: list[float] | None = None) -> LineText:
    return decode(scores(classes, probabilities or [0.5] * len(classes)), CHARACTERS)


def scores(classes: list[int], probabilities: list[float]) -> npt.NDArray[np.float32]:
    """Scores of which a softmax gives these classes these probabilities."""
    rest = (1 - np.array(probabilities)) / (len(CHARACTERS) - 1)
    shares = np.repeat(rest[:, np.newaxis], len(CHARACTERS), axis=1)
    shares[np.arange(len(classes)), classes] = probabilities
    return np.log(shares).astype(np.float32)


def bits(floats: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """The upper halves of the floats: bfloat16, as the graph hands it out."""
    return (floats.view(np.uint32) >> 16).astype(np.uint16).view(np.int16)


def test_blanks_are_left_out() -> None:
    assert read([0, 1, 0, 0, 2, 0]) == ("12", HALF)


def test_a_character_seen_in_several_steps_is_one() -> None:
    assert read([1, 1, 1, 2, 2]) == ("12", HALF)


def test_a_character_on_both_sides_of_a_blank_is_two() -> None:
    assert read([1, 0, 1]) == ("11", HALF)


def test_the_last_class_is_the_space() -> None:
    assert read([1, 4, 2]) == ("1 2", HALF)


def test_only_blanks_give_an_empty_text_without_confidence() -> None:
    assert read([0, 0, 0]) == ("", 0.0)


def test_confidence_is_the_mean_over_the_first_step_of_each_character() -> None:
    text, confidence = read([0, 1, 1, 0, 3], [0.4, 0.9, 0.3, 0.4, 0.7])
    assert text == "1."
    assert confidence == pytest.approx(0.8)


def test_each_character_has_its_own_probability_also_of_an_entry_of_two() -> None:
    found = read_characters([1, 0, 5, 2], [0.9, 0.4, 0.8, 0.7])
    assert found.text == "1ab2"
    assert found.probabilities == pytest.approx((0.9, 0.8, 0.8, 0.7))


def test_bits_of_bfloat16_are_read_like_the_floats_that_they_are() -> None:
    random = np.random.default_rng(5)
    floats = bits(random.normal(0, 4, (60, 40)).astype(np.float32)).view(np.uint16)
    floats = (floats.astype(np.uint32) << 16).view(np.float32)
    characters = [str(k % 10) for k in range(40)]
    plain, of_bits = decode(floats, characters, 300), decode(bits(floats), characters, 300)
    assert len(plain.text) > 20
    assert of_bits == plain


def test_where_all_scores_are_negative_the_largest_counts_all_the_same() -> None:
    floats = -np.array([[2.0, 0.5, 7.0], [1.0, 3.0, 0.25]], np.float32)
    assert best_classes(bits(floats)).tolist() == best_classes(floats).tolist() == [1, 2]


def test_of_equal_scores_the_first_class_is_the_best() -> None:
    floats = np.full((2, 5), 3.0, np.float32)
    assert best_classes(floats).tolist() == best_classes(bits(floats)).tolist() == [0, 0]
