"""One small drawn screen, and the same screen in every form that a file may have."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.settings import Settings

SETTINGS = Settings(max_bytes=2_000_000, max_pixels=1_000_000)
BGR = NDArray[np.uint8]


def screen(width: int = 120, height: int = 180) -> Image.Image:
    """Coloured fields and text on a light ground; no row or column is like its mirror."""
    picture = Image.new("RGB", (width, height), (244, 246, 250))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width // 3, height // 8), fill=(200, 30, 40))
    draw.rectangle((width // 2, height // 2, width - 9, height - 30), fill=(20, 90, 200))
    for line in range(5):
        draw.text((8, 30 + 22 * line), f"fund 01160{line}  {line}234.56", fill=(20, 20, 30))
    return picture


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def bgr_of(picture: Image.Image) -> BGR:
    return np.asarray(picture.convert("RGB"))[:, :, ::-1]


def png(header: bytes, raw: bytes, *before: tuple[bytes, bytes]) -> bytes:
    """A PNG from its header's 13 bytes, its unpacked data and further chunks before it."""
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int, depth: int = 8, colours: int = 2, laced: int = 0) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, laced)


def png_rows(samples: NDArray[Any]) -> bytes:
    """Unfiltered rows of a PNG from samples as they stand in the file."""
    return b"".join(b"\0" + row.tobytes() for row in samples)


def whole_files(width: int = 120, height: int = 180) -> dict[str, bytes]:
    """The screen in every allowed form that this module can write, by name."""
    picture = screen(width, height)
    films = [picture.transpose(Image.Transpose.ROTATE_180)] * 2
    film = {"save_all": True, "append_images": films, "duration": 10}
    grey = np.asarray(picture.convert("L"))
    return {
        "jpeg": saved(picture, "JPEG", quality=90),
        "jpeg-444": saved(picture, "JPEG", quality=95, subsampling=0),
        "jpeg-restarts": saved(picture, "JPEG", quality=90, restart_marker_blocks=2),
        "jpeg-progressive": saved(picture, "JPEG", quality=90, progressive=True),
        "jpeg-grey": saved(picture.convert("L"), "JPEG", quality=90),
        "jpeg-cmyk": saved(picture.convert("CMYK"), "JPEG", quality=95, subsampling=0),
        "png": saved(picture, "PNG"),
        "png-rgba": saved(picture.convert("RGBA"), "PNG"),
        "png-palette": saved(picture.quantize(64), "PNG"),
        "png-grey": saved(picture.convert("L"), "PNG"),
        "png-grey-alpha": saved(picture.convert("LA"), "PNG"),
        "png-1-bit": saved(picture.convert("1"), "PNG"),
        "png-16-bit-grey": saved(Image.fromarray(grey.astype(np.uint16) * 257), "PNG"),
        "png-film": saved(picture, "PNG", **film),
        "webp": saved(picture, "WEBP", quality=90),
        "webp-lossless": saved(picture, "WEBP", lossless=True),
        "webp-alpha": saved(_faded(picture), "WEBP", quality=90),
        "webp-film": saved(picture, "WEBP", lossless=True, **film),
        "bmp": saved(picture, "BMP"),
        "bmp-32-bit": saved(picture.convert("RGBA"), "BMP"),
        "bmp-palette": saved(picture.quantize(64), "BMP"),
        "bmp-1-bit": saved(picture.convert("1"), "BMP"),
    }


def _faded(picture: Image.Image) -> Image.Image:
    faded = picture.convert("RGBA")
    faded.putalpha(200)
    return faded
