"""Twins of a screenshot that only a decoder can tell apart are read like the plain one."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipeline.decode.image import decode
from pipeline.extractor import Extracted, Extractor
from pipeline.open_reader import open_extractor
from pipeline.settings import PROJECT, Settings
from tests.image.pictures import bgr_of, screen
from tests.image.twins import twins
from tests.ocr.reading import V6, models, truth

SETTINGS = Settings()
NAMES = (
    "alipay_light_rows.png",
    pytest.param("cmb_dark_two_labels.jpg", marks=pytest.mark.drill),
)


# What is read of a sample, where that is not all of it: top and bottom of the part that decides.
PARTS = {"alipay_light_rows.png": (360, 1020)}


def plain(name: str) -> Image.Image:
    with Image.open(PROJECT / "samples" / name) as picture:
        top, bottom = PARTS.get(name, (0, picture.height))
        return picture.crop((0, top, picture.width, bottom)).convert("RGB")


def test_the_twins_are_what_their_names_say() -> None:
    """Or the test below would hold for eighteen copies of one file."""
    shown = screen()
    shown.paste("white", (0, 155, 120, 180))
    seen = {name: Image.open(BytesIO(content)) for name, content in twins(shown).items()}
    assert len(seen) == 18
    assert seen["transparent PNG"].getpixel((60, 170)) == (0, 0, 0, 0)
    assert seen["transparent PNG"].getpixel((60, 5)) == (244, 246, 250, 255)
    assert seen["half-transparent PNG"].getextrema()[3][0] < 30
    assert seen["CMYK JPEG"].mode == "CMYK"
    assert seen["16-bit grey"].mode == "I;16"
    for name, picture in seen.items():
        if "EXIF" in name:
            assert picture.getexif()[0x0112] == int(name[-1])
            upright = bgr_of(ImageOps.exif_transpose(picture)).astype(int)
            assert np.abs(upright - bgr_of(shown)).mean() < 4


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    """The reader, the rules and the second reading, as in a worker."""
    return open_extractor(SETTINGS, models(V6))


@pytest.mark.parametrize("name", NAMES)
def test_a_twin_is_read_like_the_plain_one(extractor: Extractor, name: str) -> None:
    files = twins(plain(name))
    read = {}
    for twin, content in files.items():
        (extracted,) = extractor.extract([decode(content, SETTINGS)])
        assert isinstance(extracted, Extracted), (twin, extracted)
        code, share = extracted.extraction.fund_code, extracted.extraction.hold_share
        read[twin] = (code and code.value, share and share.value)
    expected = truth()[name]
    assert read == dict.fromkeys(files, (expected["fund_code"], expected["hold_share"]))
