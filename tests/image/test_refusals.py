"""Files that are cut, damaged, too large or no pictures are refused, each with its own code."""

import random
import re
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.decode.container import look_at_beginning, open_container
from pipeline.decode.image import MAX_SIDE, decode
from pipeline.errors import (
    BadPicture,
    NotAPicture,
    PictureTooLarge,
    ServiceError,
    TooManyPixels,
)
from tests.image.hostile_files import (
    harmless_bombs,
    other_kinds,
    other_pictures,
    oversized,
)
from tests.image.pictures import (
    SETTINGS,
    png,
    png_chunk,
    png_header,
    saved,
    screen,
    whole_files,
)

FILES = whole_files()
# Scans of several passes can be cut between two of them and closed again with an end marker:
# what is left is a whole file of lower quality.
ONE_SCAN = [name for name in FILES if name.startswith("jpeg") and name != "jpeg-progressive"]


def refusal(content: bytes) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        decode(content, SETTINGS)
    return caught.value


def is_read(content: bytes) -> bool:
    try:
        decode(content, SETTINGS)
    except (BadPicture, NotAPicture):
        return False
    return True


@pytest.mark.parametrize("name", FILES)
def test_no_cut_file_is_read_as_if_whole(name: str) -> None:
    content = FILES[name]
    cuts = {len(content) * percent // 100 for percent in range(1, 100)}
    cuts |= {len(content) - lost for lost in (1, 2, 3, 4, 5, 8, 12, 16, 32)} | set(range(40))
    assert [cut for cut in sorted(cuts) if is_read(content[:cut])] == []


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(("jpeg", "png"))])
def test_a_cut_file_filled_up_again_with_zeros_is_not_read(name: str) -> None:
    # What a download that reserves its space leaves behind. WEBP and BMP have no checksum and
    # no end marker that could tell.
    content = FILES[name]
    lengths = [len(content) * percent // 100 for percent in range(5, 100, 5)]
    assert [n for n in lengths if is_read(content[:n] + bytes(len(content) - n))] == []


@pytest.mark.parametrize("name", ONE_SCAN)
def test_a_cut_jpeg_that_was_given_an_end_marker_is_not_read(name: str) -> None:
    content = FILES[name]
    start = content.index(b"\xff\xda") + 20
    cuts = [*range(start, len(content) - 8, 37), len(content) - 8]
    assert [cut for cut in cuts if is_read(content[:cut] + b"\xff\xd9")] == []


@pytest.mark.parametrize("kind", [0xFE, 0xE0, 0xE1, 0xEE, 0xDB], ids=hex)
def test_a_jpeg_of_very_many_segments_is_not_walked_through(kind: int) -> None:
    """Ten megabytes of them took a worker six seconds."""
    content = FILES["jpeg"]
    body = content[content.index(b"\xff\xdb") + 4 :][:65] if kind == 0xDB else b"Exif\0\0"
    segment = b"\xff" + bytes([kind]) + (len(body) + 2).to_bytes(2, "big") + body
    assert isinstance(refusal(content[:2] + segment * 600 + content[2:]), BadPicture)
    few = decode(content[:2] + segment * 300 + content[2:], SETTINGS)
    assert np.array_equal(few.pixels, decode(content, SETTINGS).pixels)
    told = open_container(content[:2] + segment * 300 + content[2:]).data
    assert told.count(segment) == {0xE0: 1, 0xEE: 1, 0xDB: 301}.get(kind, 0)


@pytest.mark.parametrize("value", [0, 251, 128, 255])
@pytest.mark.parametrize(("colours", "samples"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_a_png_whose_data_has_too_few_rows_is_not_read(
    value: int, colours: int, samples: int
) -> None:
    header, row = png_header(64, 50, 8, colours), b"\0" + bytes([value]) * 64 * samples
    assert is_read(png(header, row * 50))
    for rows in (0, 1, 25, 49):
        assert not is_read(png(header, row * rows))
    assert not is_read(png(header, row * 50)[:-20] + png_chunk(b"IEND", b""))


@pytest.mark.parametrize("height", [49, 50])
def test_an_interlaced_png_that_ends_early_is_not_read(height: int) -> None:
    # A quarter of the data: the first passes, which already cover the whole picture coarsely.
    rows = (b"\0" + b"\x80" * 64) * (height // 4)
    assert not is_read(png(png_header(64, height, 8, 0, laced=1), rows))


def test_one_changed_byte_of_a_png_is_seen() -> None:
    content, draw = FILES["png"], random.Random(6)
    for _ in range(200):
        place = draw.randrange(8, len(content))
        changed = bytearray(content)
        changed[place] ^= 1 << draw.randrange(8)
        assert not is_read(bytes(changed)), place


def test_mutated_files_are_answered_with_pixels_or_a_refusal_and_nothing_else() -> None:
    draw = random.Random(66)
    for _ in range(1500):
        content = bytearray(draw.choice(list(FILES.values())))
        for _ in range(draw.choice((1, 2, 8))):
            place = draw.randrange(min(len(content), draw.choice((64, len(content)))))
            content[place : place + draw.choice((0, 1, 1, 9))] = draw.randbytes(
                draw.choice((0, 1, 1, 9))
            )
        try:
            decode(bytes(content), SETTINGS)
        except ServiceError as error:
            assert error.status in (413, 415, 422)


def test_a_png_that_contradicts_itself_is_damaged() -> None:
    crc_of_another_picture = FILES["png"].replace(b"IEND\xaeB`\x82", b"IEND\xaeB`\x83")
    two_headers = png_header(20, 20) + png_chunk(b"IHDR", png_header(30, 30))
    for content in (
        crc_of_another_picture,
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", two_headers),
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", png_header(20, 20)) + png_chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**32 - 1) + b"IHDR" + bytes(99),
        png(png_header(20, 20, 7), bytes(9999)),
        png(png_header(20, 20, 8, 5), bytes(9999)),
        png(png_header(20, 20, 8, 3), bytes(9999)),
        png(png_header(20, 20), b"\xff" * 9999),
    ):
        assert isinstance(refusal(content), BadPicture)


@pytest.mark.parametrize("name", oversized())
def test_a_bomb_is_refused_by_its_header(name: str) -> None:
    error = refusal(oversized()[name])
    assert (error.status, error.code) == (413, "TOO_MANY_PIXELS")


def test_a_bmp_that_states_more_pixels_than_it_has_bytes_is_damaged() -> None:
    content = bytearray(FILES["bmp"])
    struct.pack_into("<ii", content, 18, 20_000, 20_000)
    assert isinstance(refusal(bytes(content)), BadPicture)


def test_the_number_of_pixels_is_held_to_the_setting_exactly() -> None:
    settings = SETTINGS.model_copy(update={"max_pixels": 120 * 180})
    assert decode(FILES["png"], settings).pixels.shape == (180, 120, 3)
    with pytest.raises(TooManyPixels):
        decode(FILES["png"], settings.model_copy(update={"max_pixels": 120 * 180 - 1}))


def test_the_number_of_bytes_is_held_to_the_setting_exactly() -> None:
    content = FILES["png"]
    fits = SETTINGS.model_copy(update={"max_bytes": len(content)})
    assert decode(content, fits).pixels.size
    with pytest.raises(PictureTooLarge):
        decode(content, SETTINGS.model_copy(update={"max_bytes": len(content) - 1}))


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (15, 15, None),
        (14, 400, "PICTURE_TOO_SMALL"),
        (400, 14, "PICTURE_TOO_SMALL"),
        (1, 1, "PICTURE_TOO_SMALL"),
        (20, 1000, None),
        (20, 1001, "PICTURE_TOO_SMALL"),
        (1001, 20, "PICTURE_TOO_SMALL"),
        (MAX_SIDE + 1, 20, "TOO_MANY_PIXELS"),
        (20, MAX_SIDE + 1, "TOO_MANY_PIXELS"),
    ],
)
def test_sides_are_held_to_their_limits(width: int, height: int, code: str | None) -> None:
    content = saved(Image.new("L", (width, height), 200), "PNG")
    if code is None:
        assert decode(content, SETTINGS).pixels.shape == (height, width, 3)
    else:
        assert refusal(content).code == code


def test_a_size_of_nothing_is_damage() -> None:
    for width, height in ((0, 20), (20, 0), (0, 0)):
        assert isinstance(refusal(png(png_header(width, height), b"")), BadPicture)


@pytest.mark.parametrize("name", other_kinds())
def test_another_kind_of_file_is_not_a_picture(name: str) -> None:
    error = refusal(other_kinds()[name])
    assert (type(error), error.status) == (NotAPicture, 415)
    assert re.fullmatch(r"[^\n]+\.", str(error))
    assert any(word in str(error) for word in ("PNG", "JPEG", "picture itself", "BMP"))


def brand(*brands: bytes) -> bytes:
    return struct.pack(">I", 8 + 4 * len(brands)) + b"ftyp" + b"".join(brands) + b"\0\0\0\x08mdat"


@pytest.mark.parametrize(
    ("content", "name", "instead"),
    [
        (brand(b"heic", b"\0\0\0\0", b"mif1", b"heic"), "a HEIC picture", "most compatible"),
        (brand(b"mif1", b"\0\0\0\0", b"heic"), "a HEIC picture", "screenshot (PNG)"),
        (brand(b"avif", b"\0\0\0\0", b"mif1"), "an AVIF picture", "save it as JPEG or PNG"),
        (brand(b"mif1", b"\0\0\0\0", b"miaf", b"avif"), "an AVIF picture", "save it as JPEG"),
        (brand(b"isom", b"\0\0\0\0"), "a film", "a screenshot of it"),
        (saved(screen(64, 96), "AVIF"), "an AVIF picture", "save it as JPEG"),
        (saved(screen(64, 96), "GIF"), "a GIF", "a screenshot of it as PNG or JPEG"),
        (saved(screen(64, 96), "PDF"), "a PDF document", "a screenshot of it"),
        (saved(screen(64, 96), "TIFF"), "a TIFF picture", "save it as JPEG"),
        (b"\xff\x0a" + bytes(40), "a JPEG XL picture", "save it as JPEG"),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive or an office document", "a screenshot"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE HTML><p>", "a web page", "send the picture itself"),
        (b'<?xml version="1.0"?><svg width="9">', "an SVG drawing", "a screenshot"),
    ],
)
def test_other_kinds_are_told_by_name_and_what_to_send_instead(
    content: bytes, name: str, instead: str
) -> None:
    said = str(refusal(content))
    assert said.startswith(f"This is {name}, which is not read; ")
    assert instead in said


@pytest.mark.parametrize(
    "content", [b"\0\0\0\x14ftyp", b"\xff\xff\xff\xffftypheic", b"GIF8", b"\xff"]
)
def test_a_beginning_of_another_kind_is_no_picture(content: bytes) -> None:
    assert type(refusal(content)) is NotAPicture


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded() -> None:
    content = FILES["jpeg-progressive"]
    scan = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(BadPicture):
        open_container(content[:-2] + scan * 100 + b"\xff\xd9")


def test_files_of_endless_chunks_are_refused() -> None:
    crumbs = png_chunk(b"IDAT", b"") * 150_000
    head = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", png_header(20, 20))
    assert isinstance(refusal(head + crumbs + png_chunk(b"IEND", b"")), BadPicture)
    frames = b"ANMF\0\0\0\0" * 150_000
    webp = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2" + bytes(9) + frames
    assert isinstance(refusal(b"RIFF" + struct.pack("<I", len(webp)) + webp), BadPicture)


def test_only_a_films_first_frame_is_handed_to_the_decoder() -> None:
    frames = [Image.effect_noise((64, 64), sigma).convert("RGB") for sigma in range(1, 60)]
    content = saved(
        screen(64, 64), "WEBP", save_all=True, append_images=frames, lossless=True, duration=5
    )
    container = open_container(content)
    assert Image.open(BytesIO(container.data)).n_frames == 1
    assert len(container.data) < len(content) // 10
    first = np.asarray(Image.open(BytesIO(content)).convert("RGB"))[:, :, ::-1]
    assert np.array_equal(decode(content, SETTINGS).pixels, first)


def test_compressed_data_beyond_the_last_row_is_left_packed() -> None:
    row = b"\0" + b"\x80" * 64
    content = png(png_header(64, 50, 8, 0), row * 50 + bytes(10**9 // 50))
    assert len(content) < 10**5
    assert zlib.crc32(decode(content, SETTINGS).pixels.tobytes()) == zlib.crc32(b"\x80" * 9600)


@pytest.mark.parametrize("name", harmless_bombs())
def test_what_would_explode_in_whoever_unpacks_it_is_left_out(name: str) -> None:
    bomb, plain = harmless_bombs()[name], FILES[name.split()[0]]
    assert np.array_equal(decode(bomb, SETTINGS).pixels, decode(plain, SETTINGS).pixels)
    assert len(open_container(bomb).data) <= len(open_container(plain).data)


def test_the_other_kinds_are_those_that_pillow_would_read() -> None:
    pictures = other_pictures()
    assert len(pictures) >= 30
    for kind, content in pictures.items():
        _, accepts = Image.OPEN.get(kind, (None, None))
        assert accepts is None or accepts(content[:16]), kind


def test_of_several_pictures_in_one_file_the_first_is_read() -> None:
    others = [screen().rotate(180), screen().rotate(90, expand=True)]
    content = saved(screen(), "MPO", save_all=True, append_images=others)
    first = decode(content, SETTINGS).pixels
    assert np.array_equal(first, decode(saved(screen(), "JPEG"), SETTINGS).pixels)


@pytest.mark.parametrize("name", FILES)
def test_the_beginning_of_a_picture_is_passed(name: str) -> None:
    look_at_beginning(FILES[name])
    look_at_beginning(FILES[name][: len(FILES[name]) // 2])


def test_by_its_beginning_a_jpeg_of_very_many_segments_is_refused_and_nothing_else() -> None:
    content = FILES["jpeg"]
    for other in (b"%PDF-1.7 ", b"<svg/>", b"\xff\xd8", b"x", b""):
        look_at_beginning(other)
    for length in (0, 2, 200):
        segment = b"\xff\xfe" + length.to_bytes(2, "big") + bytes(max(length - 2, 0))
        with pytest.raises(BadPicture):
            look_at_beginning(content[:2] + segment * 600 + content[2:])
