"""Files that claim to be what they are not: bombs, nested files, and all other kinds."""

import gzip
import random
import struct
import zlib
from functools import cache

import PIL.Image
from PIL import Image, ImageDraw, ImageFont

from tests.image.pictures import png, png_chunk, png_header, saved, screen, whole_files

ALLOWED = {"JPEG", "PNG", "WEBP", "BMP"}
# Its first picture is a whole JPEG; those behind it are never looked at.
AS_JPEG = {"MPO"}
# How the kinds begin that Pillow does not write here, or not without a warning.
_BEGINNINGS = {
    "BUFR": b"BUFR",
    "CUR": b"\0\0\2\0\1\0\x20\x20\0\0\0\0\0\0",
    "DCX": struct.pack("<III", 0x3ADE68B1, 12, 0),
    "FITS": b"SIMPLE  =                    T".ljust(80) + b"BITPIX  = 8".ljust(80),
    "FLI": struct.pack("<IHHHHHHI", 128, 0xAF12, 1, 64, 64, 8, 3, 5),
    "FTEX": b"FTEX" + struct.pack("<IIIII", 1, 64, 64, 1, 1),
    "GBR": struct.pack(">IIIII", 28, 2, 64, 64, 1) + b"GIMP" + struct.pack(">I", 1),
    "GRIB": b"GRIB\0\0\0\1",
    "HDF5": b"\x89HDF\r\n\x1a\n",
    "IM": b"Image type: RGB image\r\nName: a\r\nImage size (x*y): 64*64\r\n".ljust(511, b"\0")
    + b"\x1a",
    "IMT": b"*\0width 64\nheight 64\n\f\n",
    "IPTC": b"\x1c\x03\x3c\0\2\1\0",
    "MCIDAS": b"\0\0\0\0\0\0\0\4" + bytes(248),
    "MPEG": b"\0\0\1\xb3\x04\x00\x40\x13",
    "PCD": bytes(2048) + b"PCD_" + bytes(1600),
    "PIXAR": b"\x80\xe8\0\0" + bytes(600),
    "PSD": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3),
    "SUN": struct.pack(">IIIIIIII", 0x59A66A95, 64, 64, 24, 12288, 1, 0, 0),
    "WMF": b"\xd7\xcd\xc6\x9a\0\0" + bytes(40),
    "XPM": b'/* XPM */\nstatic char *a[] = {\n"2 1 1 1",\n"a c #000000",\n"aa"};\n',
    "XVTHUMB": b"P7 332\n#END_OF_COMMENTS\n2 1 255\nab",
}


def kinds_of_pillow() -> set[str]:
    """Every kind of file that this Pillow knows how to read or write."""
    PIL.Image.init()
    return set(PIL.Image.OPEN) | set(PIL.Image.SAVE)


def other_pictures() -> dict[str, bytes]:
    """A picture, or the beginning of one, in each of these kinds that is not allowed."""
    return {
        kind: _BEGINNINGS[kind] + bytes(99) if kind in _BEGINNINGS else _written(kind)
        for kind in sorted(kinds_of_pillow() - ALLOWED - AS_JPEG)
    }


def _written(kind: str) -> bytes:
    picture = screen(64, 96)
    modes = {"GIF": "P", "MSP": "1", "XBM": "1", "PALM": "P", "BLP": "P", "SPIDER": "F"}
    return saved(picture.convert(modes.get(kind, "RGB")), kind)


@cache
def other_kinds() -> dict[str, bytes]:
    """What is no picture of any of the four kinds."""
    whole = whole_files()
    return other_pictures() | {
        "nothing": b"",
        "text": b"no picture at all",
        "json": b'{"image_url": "x"}',
        "html": b"<!doctype html><img src=a.png>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "zip": b"PK\x03\x04" + bytes(99),
        "gzip of a png": gzip.compress(whole["png"]),
        "wave": b"RIFF" + struct.pack("<I", 40) + b"WAVE" + bytes(36),
        "text that starts like a bmp": b"BMW drives on, for many more than fourteen bytes",
        "png after a space": b" " + whole["png"],
        "bmp with a png in it": bmp_of(5, whole["png"]),
        "bmp with a jpeg in it": bmp_of(4, whole["jpeg"]),
        "bmp with run lengths": bmp_of(1, bytes(99)),
        "icon with a png in it": icon_of(whole["png"]),
        "icon with a bmp in it": icon_of(whole["bmp"][14:]),
        "webp in a list": riff(b"AVI ", b"LIST" + whole["webp"][4:]),
        "tiff with a jpeg in it": saved(screen(), "TIFF", compression="jpeg"),
        "jpeg in a postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n" + whole["jpeg"],
    }


def bmp_of(compression: int, data: bytes) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, 20, 20, 1, 8, compression, len(data), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54) + header + data


def icon_of(data: bytes) -> bytes:
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 120, 180, 0, 0, 1, 32, len(data), 22) + data


def riff(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + kind + body


@cache
def oversized() -> dict[str, bytes]:
    """Small files that state a huge size, by their header."""
    whole = whole_files()
    jpeg, progressive = bytearray(whole["jpeg"]), bytearray(whole["jpeg-progressive"])
    struct.pack_into(">HH", jpeg, jpeg.index(b"\xff\xc0") + 5, 65000, 65000)
    struct.pack_into(">HH", progressive, progressive.index(b"\xff\xc2") + 5, 65535, 65535)
    webp, lossless = bytearray(whole["webp"]), bytearray(whole["webp-lossless"])
    struct.pack_into("<HH", webp, 26, 16383, 16383)
    struct.pack_into("<I", lossless, 21, 0x0FFFFFFF)
    film = bytearray(whole["webp-film"])
    film[24:30] = b"\xff\x3f\0\xff\x3f\0"
    wide = bytearray(whole["webp-film"])
    wide[24:30] = b"\xff\xff\xff\xff\xff\xff"
    return {
        "jpeg": bytes(jpeg),
        "jpeg-progressive": bytes(progressive),
        "webp": bytes(webp),
        "webp-lossless": bytes(lossless),
        "webp-film": bytes(film),
        "webp-film-of-the-largest-size": bytes(wide),
        "png": png(png_header(50_000, 50_000), bytes(10**6)),
        "png-laced": png(png_header(50_000, 50_000, laced=1), bytes(10**6)),
        "png-1-bit": png(png_header(2**31 - 1, 2**31 - 1, 1, 0), bytes(10**6)),
        "png-film": _film_of(png_header(40_000, 40_000)),
        "long": png(png_header(60_000, 20), bytes(10**6)),
    }


def _film_of(header: bytes) -> bytes:
    """An APNG that states a million frames."""
    return png(header, bytes(10**6), (b"acTL", struct.pack(">II", 10**6, 0)))


@cache
def harmless_bombs() -> dict[str, bytes]:
    """The plain screen as PNG, JPEG and WEBP, with what would explode in who unpacks it: it must be
    read as if that were not there. By name, which begins with the form."""
    whole = whole_files()
    packed = zlib.compress(bytes(2**26), 9)
    bombs = {
        "png zTXt": png_chunk(b"zTXt", b"x\0\0" + packed),
        "png iTXt": png_chunk(b"iTXt", b"x\0\1\0\0\0" + packed),
        "png iCCP": png_chunk(b"iCCP", b"x\0\0" + packed),
        "png many zTXt": png_chunk(b"zTXt", b"x\0\0" + packed[:1000]) * 900,
        "png frames": png_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
        + png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 120, 180, 0, 0, 1, 1, 0, 0)),
        "png eXIf": png_chunk(b"eXIf", _looping_exif() + bytes(10**6)),
    }
    png_files = {
        name: whole["png"][:33] + chunk + whole["png"][33:] for name, chunk in bombs.items()
    }
    thumbnail = b"Exif\0\0" + _looping_exif() + whole["jpeg"]
    segments = {
        "jpeg EXIF with a picture in it": _segment(0xE1, thumbnail),
        "jpeg many EXIF": _segment(0xE1, b"Exif\0\0" + _looping_exif() + bytes(60_000)) * 20,
        "jpeg ICC": _segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000)) * 20,
        "jpeg MPF": _segment(0xE2, b"MPF\0" + _looping_exif() * 40),
        "jpeg comments": _segment(0xFE, b"x" * 3) * 400,
    }
    jpeg_files = {
        name: whole["jpeg"][:2] + part + whole["jpeg"][2:] for name, part in segments.items()
    }
    return png_files | jpeg_files | {"jpeg then a jpeg": whole["jpeg"] + whole["jpeg-444"]}


def film_of(frames: int) -> bytes:
    """A WEBP of so many frames, each another picture."""
    noise = [Image.effect_noise((64, 64), 1 + n % 90).convert("RGB") for n in range(frames - 1)]
    options = {"save_all": True, "append_images": noise, "duration": 5, "lossless": True}
    return saved(screen(64, 64), "WEBP", **options)


def _looping_exif() -> bytes:
    """A directory of 65,535 entries whose next one is itself."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"II*\0\x08\0\0\0\xff\xff" + entry * 100 + struct.pack("<I", 8)


def _segment(kind: int, body: bytes) -> bytes:
    return b"\xff" + bytes([kind]) + struct.pack(">H", len(body) + 2) + body


def as_large_as_allowed() -> dict[str, bytes]:
    """Small files of nearly 50 million pixels, the default limit, each the worst of its kind."""
    side = 7_070
    row = b"\0" + b"\xff" * (8 * side)
    return {
        "1 bit": png(png_header(side, side, 1, 0), row[: 1 + (side + 7) // 8] * side),
        "16 bit with alpha": png(png_header(side, side, 16, 6), row * side),
        "words": full_of_text(640, 30_000, 12, gap=" " * 8),
        "lines": full_of_text(640, 30_000, 12),
        "large text": full_of_text(1_660, 30_000, 24),
        "wide": full_of_text(30_000, 1_660, 24),
        # As much as is read, or nearly.
        "many words": full_of_text(640, 1_900, 12, gap=" " * 8),
        "many lines": full_of_text(640, 2_150, 12),
    }


def full_of_text(width: int, height: int, size: int, *, gap: str = " ", pitch: int = 0) -> bytes:
    """A PNG full of numbers. size: of the letters. pitch: from line to line; both in pixels. gap:
    between two numbers."""
    pitch = pitch or 2 * size
    draw_from = random.Random(size)
    band = Image.new("L", (width, pitch * 40), 255)
    draw, font = ImageDraw.Draw(band), ImageFont.load_default(size)
    for top in range(0, band.height, pitch):
        words = (str(draw_from.randrange(10**6)) for _ in range(width // (3 * size)))
        draw.text((0, top), gap.join(words), font=font, fill=0)
    page = Image.new("L", (width, height), 255)
    for top in range(0, height, band.height):
        page.paste(band, (0, top))
    return saved(page, "PNG", compress_level=1)
