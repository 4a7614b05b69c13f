"""Whole pictures come out as a person sees them, whatever form the file has."""

import struct
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageFile
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.decode.image import decode
from tests.image.pictures import (
    BGR,
    SETTINGS,
    bgr_of,
    png,
    png_chunk,
    png_header,
    png_rows,
    saved,
    screen,
    whole_files,
)

FILES = whole_files()
LOSSLESS = ("png", "png-rgba", "png-film", "webp-lossless", "webp-film", "bmp", "bmp-32-bit")


def pixels_of(content: bytes) -> BGR:
    return decode(content, SETTINGS).pixels


def mean_difference(one: BGR, other: BGR) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("name", FILES)
def test_every_form_gives_plain_pixels_and_the_files_digest(name: str) -> None:
    image = decode(FILES[name], SETTINGS)
    assert image.sha256 == sha256(FILES[name]).digest()
    assert (image.pixels.shape, image.pixels.dtype) == ((180, 120, 3), np.uint8)
    assert image.pixels.flags.c_contiguous
    assert image.pixels.flags.writeable


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_forms_give_exactly_the_screen(name: str) -> None:
    assert np.array_equal(pixels_of(FILES[name]), bgr_of(screen()))


@pytest.mark.parametrize("header", [56, 108, 124])
@pytest.mark.parametrize("mask", [0xFF000000, 0])
def test_a_bmp_whose_alpha_is_zero_everywhere_is_opaque(header: int, mask: int) -> None:
    """Windows' own programs write it so, and show it so."""
    clear = np.zeros(screen().size[::-1], np.uint8)
    assert np.array_equal(pixels_of(bmp_with_alpha(header, mask, clear)), bgr_of(screen()))


def test_a_bmp_that_is_transparent_in_part_stands_on_white() -> None:
    alpha = np.zeros(screen().size[::-1], np.uint8)
    alpha[:90] = 255
    seen = pixels_of(bmp_with_alpha(124, 0xFF000000, alpha))
    assert np.array_equal(seen[:90], bgr_of(screen())[:90])
    assert (seen[90:] == 255).all()


def bmp_with_alpha(header: int, mask: int, alpha: NDArray[np.uint8]) -> bytes:
    """The screen with 32 bits a pixel, and where its masks say that alpha is (0: nowhere)."""
    pixels = np.dstack([bgr_of(screen()), alpha])[::-1].tobytes()
    height, width = alpha.shape
    masks = (0xFF0000, 0xFF00, 0xFF, mask)
    head = struct.pack("<IiiHHIIiiII", header, width, height, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    head = (head + struct.pack("<4I", *masks)).ljust(header, b"\0")
    start = 14 + len(head)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + pixels


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("jpeg")])
def test_jpeg_twins_are_near_the_screen(name: str) -> None:
    plain = screen().convert("L") if name == "jpeg-grey" else screen()
    assert mean_difference(pixels_of(FILES[name]), bgr_of(plain)) < 4


@pytest.mark.parametrize("name", ["png-grey", "png-grey-alpha", "png-16-bit-grey"])
def test_grey_twins_are_the_grey_screen(name: str) -> None:
    assert np.array_equal(pixels_of(FILES[name]), bgr_of(screen().convert("L")))


@pytest.mark.parametrize("name", ["png-palette", "bmp-palette"])
def test_palette_twins_have_the_palettes_colours(name: str) -> None:
    assert np.array_equal(pixels_of(FILES[name]), bgr_of(screen().quantize(64)))


@pytest.mark.parametrize("name", ["png-1-bit", "bmp-1-bit"])
def test_one_bit_twins_are_black_and_white(name: str) -> None:
    assert np.array_equal(pixels_of(FILES[name]), bgr_of(screen().convert("1")))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(9))
@pytest.mark.parametrize("order", ["little", "big"])
def test_exif_turns_a_picture_exactly_once(form: str, orientation: int, order: str) -> None:
    exif = PIL.Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[0x010F] = "maker"
    exif[0x0112] = orientation
    content = saved(screen(), form, exif=exif, **({"lossless": True} if form == "WEBP" else {}))
    seen = ImageOps.exif_transpose(Image.open(BytesIO(content)))
    assert np.array_equal(pixels_of(content), bgr_of(seen))


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x63\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\2\0\1\0\0\0\6\0\0\0",
        b"Exif\0\0XX*\0\x08\0\0\0",
    ],
)
def test_exif_that_cannot_be_read_leaves_the_picture_upright(exif: bytes) -> None:
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    plain = FILES["jpeg"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(pixels_of(plain[:2] + segment + plain[2:]), pixels_of(plain))


def test_transparent_parts_are_white() -> None:
    picture = screen().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 90, 120, 180))
    on_white = Image.new("RGB", picture.size, "white")
    on_white.paste(picture, mask=picture.getchannel("A"))
    for content in (saved(picture, "PNG"), saved(picture, "WEBP", lossless=True)):
        pixels = pixels_of(content)
        assert (pixels[90:] == 255).all()
        assert np.array_equal(pixels, bgr_of(on_white))


def test_half_transparent_parts_are_mixed_with_white() -> None:
    pixels = pixels_of(saved(Image.new("RGBA", (20, 20), (200, 100, 0, 128)), "PNG"))
    assert np.abs(pixels.astype(int) - (127, 177, 227)).max() <= 1


def test_a_transparent_palette_entry_and_a_transparent_colour_are_white() -> None:
    index = screen().quantize(64)
    background = int(np.bincount(np.asarray(index).ravel()).argmax())
    pixels = pixels_of(saved(index, "PNG", transparency=background))
    assert (pixels[np.asarray(index) == background] == 255).all()
    assert np.array_equal(
        pixels[np.asarray(index) != background], bgr_of(index)[np.asarray(index) != background]
    )
    red = Image.new("RGB", (20, 20), (250, 1, 2))
    red.paste((1, 2, 3), (0, 0, 20, 10))
    pixels = pixels_of(saved(red, "PNG", transparency=(250, 1, 2)))
    assert (pixels[10:] == 255).all()
    assert (pixels[:10] == (3, 2, 1)).all()


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_white_in_every_depth(depth: int) -> None:
    # The left half has the transparent value 1, the right half 0, which is black.
    values = np.zeros((16, 32), np.uint16)
    values[:, :16] = 1
    if depth == 16:
        rows = png_rows(values.astype(">u2"))
    elif depth == 8:
        rows = png_rows(values.astype(np.uint8))
    else:
        bits = ((values[:, :, None] >> np.arange(depth)[::-1]) & 1).reshape(16, -1)
        rows = png_rows(np.packbits(bits.astype(np.uint8), axis=1))
    key = (b"tRNS", struct.pack(">H", 1))
    pixels = pixels_of(png(png_header(32, 16, depth, 0), rows, key))
    assert (pixels[:, :16] == 255).all()
    assert (pixels[:, 16:] == 0).all()


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_of_every_depth_fills_the_whole_range(depth: int) -> None:
    top = np.full((16, 16 * depth // 8), 255, np.uint8)
    white = pixels_of(png(png_header(16, 16, depth, 0), png_rows(top)))
    black = pixels_of(png(png_header(16, 16, depth, 0), png_rows(top * 0)))
    assert (white == 255).all()
    assert (black == 0).all()


def test_16_bits_are_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 16 * 256).round().astype(np.uint16).reshape(16, 256)
    expected = (ramp / 257).round().astype(int)
    grey = pixels_of(png(png_header(256, 16, 16, 0), png_rows(ramp.astype(">u2"))))
    assert np.abs(grey[:, :, 0] - expected).max() == 0
    colour = np.repeat(ramp[:, :, None], 3, axis=2).astype(">u2")
    rows = png_rows(colour.reshape(16, -1))
    assert (
        np.abs(pixels_of(png(png_header(256, 16, 16, 2), rows)) - expected[:, :, None]).max() <= 1
    )
    opaque = np.full((16, 256, 1), 65535)
    alpha = np.concatenate([colour, opaque], axis=2).astype(">u2")
    rows = png_rows(alpha.reshape(16, -1))
    assert (
        np.abs(pixels_of(png(png_header(256, 16, 16, 6), rows)) - expected[:, :, None]).max() <= 1
    )


def test_an_interlaced_png_is_read() -> None:
    # Adam7 of a plain field: every pass has the same rows.
    for height in (16, 17):
        rows = b""
        for x, y, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                             (1, 0, 2, 2), (0, 1, 1, 2)]:  # fmt: skip
            width = len(range(x, 24, dx))
            rows += (b"\0" + bytes([9, 8, 7]) * width) * len(range(y, height, dy))
        pixels = pixels_of(png(png_header(24, height, laced=1), rows))
        assert (pixels == (7, 8, 9)).all()


@pytest.mark.parametrize("value", [251, 0, 255])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1", "P", "I;16"])
def test_plain_fields_of_any_value_are_read(mode: str, value: int) -> None:
    picture = Image.new(mode, (20, 20), value)
    expected = bgr_of(picture) if mode != "I;16" else np.full((20, 20, 3), round(value / 257))
    if mode in ("RGBA", "LA"):
        white = Image.new("RGBA", (20, 20), "white")
        expected = bgr_of(Image.alpha_composite(white, picture.convert("RGBA")))
    assert np.array_equal(pixels_of(saved(picture, "PNG")), expected)


def test_a_long_screenshot_is_read_whole() -> None:
    settings = SETTINGS.model_copy(update={"max_pixels": 50_000_000, "max_bytes": 10_000_000})
    picture = Image.new("RGB", (1080, 12000), "white")
    picture.paste(screen(), (400, 11800))
    assert np.array_equal(decode(saved(picture, "PNG"), settings).pixels, bgr_of(picture))


def test_what_follows_a_whole_file_is_ignored() -> None:
    for name in ("jpeg", "jpeg-progressive", "png", "webp", "bmp"):
        assert np.array_equal(pixels_of(FILES[name] + b"\0tail" * 99), pixels_of(FILES[name]))


def test_comments_profiles_and_texts_change_nothing_and_warn_of_nothing() -> None:
    jpeg, chunk = FILES["jpeg"], FILES["png"][:33]
    noise = b"".join(
        b"\xff" + bytes([kind]) + struct.pack(">H", 2002) + b"MPF\0" * 500
        for kind in (0xE1, 0xE2, 0xED, 0xFE)
    )
    bomb = (b"zTXt", b"x\0\0" + zlib.compress(bytes(10**7)))
    animation = (b"acTL", struct.pack(">II", 0, 0))
    texts = png_chunk(*bomb) + png_chunk(*animation) + png_chunk(b"iCCP", b"broken")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(pixels_of(jpeg[:2] + noise + jpeg[2:]), pixels_of(jpeg))
        spiked = chunk + texts + FILES["png"][33:]
        assert np.array_equal(pixels_of(spiked), pixels_of(FILES["png"]))


def test_pillows_process_wide_limit_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    long = Image.new("RGB", (60, 2000), "white")
    content = saved(long, "PNG")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 20_000)
    assert np.array_equal(pixels_of(content), np.full((2000, 60, 3), 255))


def test_threads_and_pillows_process_wide_switch_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = {name: pixels_of(content) for name, content in FILES.items()}
    monkeypatch.setattr(PIL.ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        warnings.simplefilter("error")
        names = list(FILES) * 8
        together = pool.map(lambda name: pixels_of(FILES[name]), names)
        for name, pixels in zip(names, together, strict=True):
            assert np.array_equal(pixels, alone[name]), name


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and watching and args[1] not in (None, "r", "rb"):
            opened.append(args)

    watching = True
    sys.addaudithook(audit)
    monkeypatch.chdir(tmp_path)
    for content in FILES.values():
        decode(content, SETTINGS)
    watching = False
    assert opened == []
    assert list(tmp_path.iterdir()) == []
