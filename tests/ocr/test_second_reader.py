"""The second recogniser reads what decides as the first one did."""

from functools import cache

import numpy as np
import pytest

from ocr.models import load_bundled
from ocr.second_reader import SecondReader
from postprocess.layout import extract
from postprocess.types import Line
from tests.ocr.reading import V4, V6, WEIGHTS, pages, picture, truth

ANSWERED = [name for name, answer in truth().items() if answer["fund_code"]]


@cache
def second(name: str) -> SecondReader:
    recogniser = load_bundled(WEIGHTS, name).second
    assert recogniser is not None
    return SecondReader(recogniser, threads=2, cache_dir=None)


def deciding(name: str) -> list[Line]:
    found = extract(pages("openvino", V6)[name])
    assert found.fund_code is not None and found.hold_share is not None
    return [*found.fund_code.lines, *found.hold_share.lines]


def digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


@pytest.mark.parametrize("name", [V6, V4])
def test_the_other_family_reads_what_decides_on_every_sample(name: str) -> None:
    asked = [(picture(sample), line) for sample in ANSWERED for line in deciding(sample)]
    texts = second(name).read([(image, line.quad) for image, line in asked])
    assert [digits(text) for text in texts] == [digits(line.text) for _, line in asked]


def test_the_two_families_name_different_recognisers() -> None:
    for name in (V6, V4):
        models = load_bundled(WEIGHTS, name)
        assert models.second is not None
        assert models.second.name != models.recogniser.name


def test_a_quad_at_the_edge_or_without_area_harms_no_neighbour() -> None:
    sample = ANSWERED[0]
    image, line = picture(sample), deciding(sample)[0]
    height, width = image.shape[:2]
    point = (5.0, 5.0)
    corner = (
        (width - 9.0, height - 9.0),
        (width, height - 9.0),
        (width, height),
        (width - 9.0, height),
    )
    beyond = tuple((x + 2.0 * width, y) for x, y in corner)
    texts = second(V6).read(
        [
            (image, (point, point, point, point)),
            (image, line.quad),
            (image, corner),
            (image, beyond),  # type: ignore[arg-type]
        ]
    )
    assert len(texts) == 4
    assert digits(texts[1]) == digits(line.text)
    assert texts[0] == texts[3] == ""


def test_nothing_asked_is_nothing_read() -> None:
    assert second(V6).read([]) == []


def test_a_blank_place_has_no_text() -> None:
    blank = np.full((60, 300, 3), 255, np.uint8)
    assert second(V6).read([(blank, ((10, 10), (200, 10), (200, 40), (10, 40)))]) == [""]
