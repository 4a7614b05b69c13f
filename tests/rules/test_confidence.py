"""The confidence of a field is that of its own characters."""

from dataclasses import replace

import pytest

from postprocess.layout import extract
from postprocess.types import Page
from tests.rules.layout_pages import page_of

TEXT = "可用份额 1,234.56 份"
DIGITS = range(5, 13)


def page(characters: tuple[float, ...], text: str = TEXT) -> Page:
    plain = page_of([["恒澜消费升级混合(011608)", 16, 130, 15], [text, 16, 160, 13]])
    code, share = plain.lines
    share = replace(share, text=text, characters=characters, confidence=0.97)
    return replace(plain, lines=(code, share))


def probabilities(default: float, **faint: float) -> tuple[float, ...]:
    return tuple(faint.get(f"at{k}", default) for k in range(len(TEXT)))


def test_a_faint_label_does_not_lower_its_number() -> None:
    found = extract(page(probabilities(0.99, at0=0.2, at3=0.3, at13=0.1, at14=0.1)))
    assert found.hold_share is not None
    assert found.hold_share.confidence == 0.99


@pytest.mark.parametrize("place", DIGITS)
def test_one_faint_digit_or_mark_makes_the_number_faint(place: int) -> None:
    found = extract(page(probabilities(0.99, **{f"at{place}": 0.49})))
    assert found.reason == "LOW_CONFIDENCE"
    assert found.hold_shares[0].confidence == 0.49


def test_a_digit_that_is_likelier_than_anything_else_is_answered() -> None:
    found = extract(page(probabilities(0.99, at6=0.51)))
    assert found.reason is None
    assert found.hold_shares[0].confidence == 0.51


def test_where_a_sign_changes_its_length_all_digits_of_the_line_answer() -> None:
    text = "℃ 可用份额 1,234.56 份"
    sure = tuple(0.4 if character == "2" else 0.9 for character in text)
    assert extract(page(sure, text)).reason == "LOW_CONFIDENCE"


@pytest.mark.parametrize(("mean", "reason"), [(0.79, "LOW_CONFIDENCE"), (0.81, None)])
def test_without_characters_the_mean_of_the_line_has_to_do(mean: float, reason: str | None) -> None:
    lines = page(()).lines
    found = extract(replace(page(()), lines=(lines[0], replace(lines[1], confidence=mean))))
    assert (found.reason and found.reason.value) == reason
    assert found.hold_shares[0].confidence == mean
