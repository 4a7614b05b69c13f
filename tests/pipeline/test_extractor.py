"""Pictures become decisions; what two recognisers read otherwise is not answered."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ocr.crops import Pixels
from ocr.ctc import LineText
from ocr.models import load_bundled
from ocr.openvino.recogniser import OpenVinoRecogniser
from ocr.reader import Doubts
from pipeline.decode.image import Image, decode
from pipeline.errors import ServiceError
from pipeline.extractor import Extracted, Extractor, deciding_lines
from pipeline.open_reader import open_extractor
from pipeline.response import answer_of
from pipeline.settings import PROJECT, Settings
from pipeline.upright import upright
from postprocess.evidence import page_from_json, page_to_json
from postprocess.types import Page
from tests.conftest import SAMPLES

SAMPLE = "alipay_light_rows.png"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("decide"))


@pytest.fixture(scope="module")
def extractor(settings: Settings) -> Extractor:
    return open_extractor(settings, load_bundled(PROJECT / "weights", "PP-OCRv6_cascade"))


class Misreading:
    """The real reader, but that it takes one text for another."""

    def __init__(self, extractor: Extractor, right: str, wrong: str) -> None:
        self._reader, self._right, self._wrong = extractor.reader, right, wrong

    @property
    def model_version(self) -> str:
        return self._reader.model_version

    def read(self, images: Sequence[Pixels], doubts: Doubts | None = None) -> list[Page]:
        return [self._misread(page) for page in self._reader.read(images, doubts)]

    def _misread(self, page: Page) -> Page:
        lines = (
            replace(line, text=line.text.replace(self._right, self._wrong)) for line in page.lines
        )
        return replace(page, lines=tuple(lines))


class Lying:
    """The real light recogniser, but that it takes one text for another, as sure as told."""

    def __init__(self, light: OpenVinoRecogniser, right: str, wrong: str, sure: float) -> None:
        self._light, self._right, self._wrong, self._sure = light, right, wrong, sure
        self.lies = 0

    def read(self, crops: Sequence[Pixels]) -> list[LineText]:
        return [self._misread(reading) for reading in self._light.read(crops)]

    def _misread(self, reading: LineText) -> LineText:
        if self._right not in reading.text:
            return reading
        self.lies += 1
        text = reading.text.replace(self._right, self._wrong)
        places = reading.places + reading.places[-1:] * len(text)
        return LineText(
            text=text, probabilities=(self._sure,) * len(text), places=places[: len(text)]
        )


def image(settings: Settings, name: str = SAMPLE) -> Image:
    """A sample; of SAMPLE the part that decides, which takes a third of the time."""
    whole = decode((SAMPLES / name).read_bytes(), settings)
    part = slice(360, 1020) if name == SAMPLE else slice(None)
    return replace(whole, pixels=np.ascontiguousarray(whole.pixels[part]))


def extracted(found: Extracted | ServiceError) -> Extracted:
    assert isinstance(found, Extracted)
    return found


def test_the_lines_of_an_answer_are_read_twice_and_no_others(
    extractor: Extractor, settings: Settings
) -> None:
    (found,) = extractor.extract([image(settings)])
    page, extraction = extracted(found).page, extracted(found).extraction
    assert extraction.reason is None
    twice = [line for line in page.lines if line.second is not None]
    assert set(twice) == set(deciding_lines(extraction))
    texts = " ".join(line.second or "" for line in twice)
    assert "011608" in texts and "1,234.56" in texts


def test_a_refused_page_is_not_read_again(extractor: Extractor, settings: Settings) -> None:
    (found,) = extractor.extract([image(settings, "tiantian_light_list.png")])
    assert extracted(found).extraction.reason == "MANY_CODES"
    assert all(line.second is None for line in extracted(found).page.lines)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("011608", "011603"),
        ("1,234.56", "1,284.56"),
        ("1,234.56", "1,23456"),
        ("1,234.56", "234.56"),
    ],
)
def test_a_misread_digit_or_point_is_refused_beside_an_answered_neighbour(
    extractor: Extractor, settings: Settings, right: str, wrong: str
) -> None:
    slipping = replace(extractor, reader=Misreading(extractor, right, wrong))
    neighbour = image(settings, "fundhouse_light_label_above.png")
    one, other = map(extracted, slipping.extract([image(settings), neighbour]))
    assert one.extraction.reason in ("READINGS_DISAGREE", "AMBIGUOUS_NUMBER", "CHECK_DISAGREES")
    assert one.extraction.fund_code is None
    assert other.extraction.hold_share is not None
    assert other.extraction.hold_share.value == "103620.08"


@pytest.mark.parametrize(
    ("right", "wrong", "sure"),
    [
        ("011608", "011603", 0.99),  # a digit of the code
        ("1,234.56", "1,284.56", 0.99),
        ("1,234.56", "1,23456", 0.99),
        ("011608", "", 0.0),  # no code: a page that would be refused
        ("011608", "011G0B", 0.7),
        ("份额", "价膝", 0.7),  # no label of shares
    ],
)
def test_what_the_light_recogniser_misreads_is_put_right(
    extractor: Extractor, settings: Settings, right: str, wrong: str, sure: float
) -> None:
    reader: Any = copy(extractor.reader)
    reader._light = lying = Lying(reader._light, right, wrong, sure)
    slipping = replace(extractor, reader=reader)
    (found,), (as_ever,) = (d.extract([image(settings)]) for d in (slipping, extractor))
    assert lying.lies > 0
    extraction = extracted(found).extraction
    assert extraction.fund_code is not None and extraction.hold_share is not None
    assert (extraction.fund_code.value, extraction.hold_share.value) == ("011608", "1234.56")
    assert extraction == extracted(as_ever).extraction


def test_a_surely_read_line_that_decides_nothing_is_the_light_recogniser_s(
    extractor: Extractor, settings: Settings
) -> None:
    reader: Any = copy(extractor.reader)
    reader._light = Lying(reader._light, "持有收益", "持有收盆", 0.99)
    (found,) = replace(extractor, reader=reader).extract([image(settings)])
    texts = " ".join(line.text for line in extracted(found).page.lines)
    assert "持有收盆" in texts and "持有收益" not in texts


def test_what_a_row_keeps_decides_the_same_again(extractor: Extractor, settings: Settings) -> None:
    for reader in (extractor.reader, Misreading(extractor, "1,234.56", "1,234.50")):
        (found,) = replace(extractor, reader=reader).extract([image(settings)])
        page, extraction = extracted(found).page, extracted(found).extraction
        again = extractor.rules(page_from_json(page_to_json(page), page.model_version))
        assert again.reason == extraction.reason
        assert [f.value for f in again.hold_shares] == [f.value for f in extraction.hold_shares]
        assert [f.confidence for f in again.hold_shares] == [
            f.confidence for f in extraction.hold_shares
        ]


def test_where_the_second_reading_fails_nothing_is_answered(
    extractor: Extractor, settings: Settings
) -> None:
    class Failing:
        def read(self, lines: object, margin: float) -> list[str]:
            raise RuntimeError("out of memory")

    failing = replace(extractor, second=Failing())  # type: ignore[arg-type]
    (found,) = failing.extract([image(settings)])
    assert extracted(found).extraction.reason == "READINGS_DISAGREE"


def test_today_s_rules_read_nothing_twice(settings: Settings) -> None:
    seed = settings.model_copy(update={"rules": "seed"})
    opened = open_extractor(seed, load_bundled(PROJECT / "weights", "PP-OCRv6_cascade"))
    assert opened.second is None
    (found,) = opened.extract([image(settings)])
    assert all(line.second is None for line in extracted(found).page.lines)


def test_digits_under_something_else_are_refused_and_rows_say_so(
    extractor: Extractor, settings: Settings
) -> None:
    folder = PROJECT / "tests" / "rules" / "handed" / "pictures"
    files = sorted(folder.glob("covered_*.png"))
    found = extractor.extract([decode(file.read_bytes(), settings) for file in files])
    reasons = {
        file.name: extracted(one).extraction.reason for file, one in zip(files, found, strict=True)
    }
    assert len(reasons) == 10
    assert set(reasons.values()) <= {"LOW_CONFIDENCE", "NO_SHARE", "AMBIGUOUS_NUMBER"}, reasons
    of_ball = extracted(found[files.index(folder / "covered_ball_160.png")]).page
    (covered,) = [line for line in of_ball.lines if line.covered]
    assert covered.text == "1,234.50"
    assert all(line.second is None for line in of_ball.lines)
    kept = page_from_json(page_to_json(of_ball), of_ball.model_version)
    assert [line for line in kept.lines if line.covered] == [covered]
    assert extractor.rules(kept).reason == "LOW_CONFIDENCE"


def test_what_cannot_be_looked_at_is_not_answered(
    extractor: Extractor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> bool:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("pipeline.extractor.is_covered", failing)
    (found,) = extractor.extract([image(settings)])
    assert extracted(found).extraction.reason == "LOW_CONFIDENCE"


def test_a_turned_picture_is_read_as_the_upright_one(
    extractor: Extractor, settings: Settings
) -> None:
    plain = image(settings)
    turned = [replace(plain, pixels=upright(plain, degrees)) for degrees in (90, 180)]
    first, *others = map(extracted, extractor.extract([plain, *turned]))
    assert [one.page.turned for one in (first, *others)] == [0, 270, 180]
    for one in others:
        assert replace(one.page, turned=0) == first.page
        assert one.extraction == first.extraction
        assert answer_of(one.extraction, one.page)["turned"] == one.page.turned
    assert "turned" not in answer_of(first.extraction, first.page)
