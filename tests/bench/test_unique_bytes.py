"""Bytes of their own for every link, the same pixels for all."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from evals.bench.host import split, unique
from pipeline.decode.image import decode
from pipeline.settings import Settings


def picture(kind: str) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    data = BytesIO()
    Image.fromarray(pixels).save(data, kind)
    return data.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_every_number_gives_other_bytes_and_the_same_pixels(kind: str) -> None:
    content = picture(kind)
    plain = decode(content, Settings())
    seen = {plain.sha256}
    for number in (0, 7, 8, 10**12):
        image = decode(unique(content, number), Settings())
        seen.add(image.sha256)
        assert np.array_equal(image.pixels, plain.pixels)
    assert len(seen) == 5


def test_what_is_neither_png_nor_jpeg_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        split(picture("BMP"))
