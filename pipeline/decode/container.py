"""Checks a picture file's structure before any decoder sees it.

The walk proves that the file is whole, tells its size in pixels before memory is spent on them,
and hands on a copy with nothing but what decides the pixels of the first frame: no text, no
profiles, no thumbnails, no further frames for a decoder to stumble over. Decoders themselves
return half a picture without a word.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.errors import BadPicture, NotAPicture

# What a file is that is no picture we read, and how to send instead what it shows.  Decoding more
# kinds would let more strangers' bytes into more decoders; whoever sends one is told what kind it
# is.

_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_AS_SCREENSHOT = "send a screenshot of it as PNG or JPEG"
_AS_PHOTO = "save it as JPEG or PNG and send that"
# An iPhone's camera does not write JPEG unless it is told to; its screenshots are PNG.
_FROM_A_PHONE = (
    "send a screenshot (PNG), or set the phone's camera to the most compatible format (JPEG)"
)
_KINDS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b"GIF87a", b"GIF89a"), "a GIF", _AS_SCREENSHOT),
    ((b"%PDF-",), "a PDF document", _AS_SCREENSHOT),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "a TIFF picture", _AS_PHOTO),
    ((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"), "a JPEG XL picture", _AS_PHOTO),
    ((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"), "a JPEG 2000 picture", _AS_PHOTO),
    ((b"PK\x03\x04",), "a ZIP archive or an office document", _AS_SCREENSHOT),
)
_BEGINNING = 512
_PAGES = (b"<!doctype html", b"<html")


def named(content: bytes) -> str | None:
    """One sentence that names the kind and what to send instead; None where it is not known."""
    kind = _kind(content)
    return None if kind is None else f"This is {kind[0]}, which is not read; {kind[1]}."


def _kind(content: bytes) -> tuple[str, str] | None:
    for beginnings, name, instead in _KINDS:
        if content.startswith(beginnings):
            return name, instead
    if content[4:8] == b"ftyp":
        return _of_brands(content)
    text = content[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PAGES):
        return "a web page", "send the picture itself, or a link that leads to nothing else"
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "an SVG drawing", _AS_SCREENSHOT
    return None


def _of_brands(content: bytes) -> tuple[str, str] | None:
    """Of an ISO base media file (ISO/IEC 14496-12) by its main and its compatible brands."""
    length = min(int.from_bytes(content[:4]), _BEGINNING)
    brands = {content[place : place + 4] for place in (8, *range(16, length, 4))}
    if brands & _AVIF:
        return "an AVIF picture", _AS_PHOTO
    if brands & _HEIF:
        return "a HEIC picture", _FROM_A_PHONE
    return "a film", _AS_SCREENSHOT


# The one EXIF entry that decides how a picture is seen.

UPRIGHT = 1
_ORIENTATION = 0x0112
_SHORT, _LONG = 3, 4


def orientation_of(exif: bytes) -> int:
    """The orientation, 1–8, from EXIF data with or without its `Exif` prefix.

    Whatever cannot be read counts as upright, as viewers take it. Values as in CIPA DC-008
    (EXIF 2.32), tag 274.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, entry)
            if tag == _ORIENTATION and kind in (_SHORT, _LONG):
                form = order + ("H" if kind == _SHORT else "I")
                (value,) = struct.unpack_from(form, tiff, entry + 8)
                return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        return UPRIGHT
    return UPRIGHT


# Progressive files have about ten scans; each one costs a pass over all pixels.
_MOST_SCANS = 32
_MOST_CHUNKS = 100_000
# A colour profile comes in up to 255 segments, and a scan brings a handful of tables. Ten megabytes
# of empty segments would keep a worker for seconds.
_MOST_SEGMENTS = 512
_LONGEST_SEGMENT = 1 << 16
_JPEG_MAGIC = b"\xff\xd8\xff"
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
# A decoder that runs out of entropy-coded data reads these instead; no Huffman code is all ones.
_JPEG_PADDING = b"\xff\x00" * 16
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PNG_PALETTE = 3
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_BMP_UNCOMPRESSED = (0, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A whole picture file.

    kind: `JPEG`, `PNG`, `WEBP` or `BMP`. width, height: pixels as stored, before EXIF is
    applied. orientation: EXIF's 1–8. data: the first frame alone, for the decoder.
    """

    kind: str
    width: int
    height: int
    orientation: int = UPRIGHT
    data: bytes


def open_container(content: bytes) -> Container:
    """Tell the kind by content and walk it; NotAPicture for another kind, BadPicture for damage."""
    walk = _walk_of(content)
    try:
        return walk(content)
    except (struct.error, IndexError) as error:
        raise BadPicture from error


def look_at_beginning(content: bytes) -> None:
    """BadPicture for a JPEG of too many segments: in half a millisecond, for a server that is asked
    by many at once. What passes may be no picture all the same."""
    if not content.startswith(_JPEG_MAGIC):
        return
    position = 2
    for _ in range(_MOST_SEGMENTS):
        marker = _JPEG_MARKER.search(content, position, position + _LONGEST_SEGMENT)
        if marker is None or marker[1][0] in (0xD9, 0xDA):
            return
        position = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2])
    raise BadPicture


def _walk_of(content: bytes) -> Callable[[bytes], Container]:
    if content.startswith(_JPEG_MAGIC):
        return _jpeg
    if content.startswith(_PNG_MAGIC):
        return _png
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp
    if content[:2] == b"BM" and content[14:18] in (struct.pack("<I", n) for n in _BMP_HEADERS):
        return _bmp
    raise NotAPicture(named(content))


def _jpeg(content: bytes) -> Container:
    kept: list[bytes] = [content[:2]]
    exif: int | None = None
    frame: tuple[int, int, int] | None = None
    position, scans = 2, 0
    colours_told: set[int] = set()
    for _ in range(_MOST_SEGMENTS):
        marker = _JPEG_MARKER.search(content, position)
        if marker is None:
            raise BadPicture
        # What stands before a marker is a scan's data, or junk that every decoder skips.
        if scans:
            kept.append(content[position : marker.start()])
        kind, start = marker[1][0], marker.end()
        if kind == 0xD9:
            break
        (length,) = struct.unpack_from(">H", content, start)
        position = start + length
        segment = content[start + 2 : position]
        if length < 2 or position > len(content) or kind == 0xD8:
            raise BadPicture
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            if frame is not None:
                raise BadPicture
            frame = (kind, *struct.unpack_from(">HH", segment, 1))
        elif kind == 0xDA:
            scans += 1
        elif kind == 0xE1 and segment.startswith(b"Exif\0\0") and exif is None:
            exif = orientation_of(segment)
        # APP0 and APP14 say how colours are coded, once; the other APPn and comments say nothing.
        if kind in (0xE0, 0xEE):
            is_kept = kind not in colours_told
            colours_told.add(kind)
        else:
            is_kept = not 0xE1 <= kind <= 0xEF and kind != 0xFE
        if is_kept:
            kept.append(b"\xff" + bytes([kind]) + content[start:position])
    else:
        raise BadPicture
    if frame is None or not 0 < scans <= _MOST_SCANS:
        raise BadPicture
    # Decoders fill a scan that ends too early with grey, in silence, once they see the end
    # marker. Without it they ask for more, and a short scan shows. (Files of several scans
    # need the marker.)
    single = scans == 1 and frame[0] in (0xC0, 0xC1)
    kept.append(_JPEG_PADDING if single else b"\xff\xd9")
    return Container(
        kind="JPEG",
        width=frame[2],
        height=frame[1],
        orientation=UPRIGHT if exif is None else exif,
        data=b"".join(kept),
    )


def _png(content: bytes) -> Container:
    kept, orientation = [_PNG_MAGIC], UPRIGHT
    header = b""
    position = len(_PNG_MAGIC)
    for _ in range(_MOST_CHUNKS):
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 12 + length
        if end > len(content):
            raise BadPicture
        kind, body = content[position + 4 : position + 8], content[position + 8 : end - 4]
        if kind in _PNG_KEPT or kind == b"eXIf":
            (crc,) = struct.unpack_from(">I", content, end - 4)
            if crc != zlib.crc32(body, zlib.crc32(kind)):
                raise BadPicture
        if kind == b"IHDR":
            if header or length != 13:
                raise BadPicture
            header = body
        elif not header:
            raise BadPicture
        elif kind == b"eXIf":
            orientation = orientation_of(body)
        elif kind == b"tRNS":
            body = _transparency(header, body)
        if kind in _PNG_KEPT and (body or kind != b"tRNS"):
            kept.append(_png_chunk(kind, body))
        if kind == b"IEND":
            width, height = struct.unpack_from(">II", header)
            if header[9] == _PNG_PALETTE and not any(part[4:8] == b"PLTE" for part in kept):
                raise BadPicture
            return Container(
                kind="PNG",
                width=width,
                height=height,
                orientation=orientation,
                data=b"".join(kept),
            )
        position = end
    raise BadPicture


def _transparency(header: bytes, body: bytes) -> bytes:
    """The transparent colour in the scale in which Pillow compares it; empty: none.

    Pillow widens grey of 2 and 4 bits to 8 and narrows colour of 16 bits to 8, but not the
    colour that is to be transparent.
    """
    depth, colours = header[8], header[9]
    if colours == 0 and depth in (2, 4):
        return struct.pack(">H", struct.unpack_from(">H", body)[0] * 255 // (2**depth - 1))
    return b"" if colours == 2 and depth == 16 else body


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(body, zlib.crc32(kind))
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def _webp(content: bytes) -> Container:
    size: tuple[int, int] | None = None
    kept, orientation, frames = [], UPRIGHT, 0
    for kind, body in _riff_chunks(content):
        if kind == b"VP8X":
            size = _uint24(body, 4) + 1, _uint24(body, 7) + 1
            # Bits for profile, EXIF and XMP, which are not handed on.
            body = bytes([body[0] & ~0x2C]) + body[1:]
        elif kind == b"EXIF":
            orientation = orientation_of(body)
        elif kind == b"VP8 " and size is None:
            size = (_uint16(body, 6) & 0x3FFF, _uint16(body, 8) & 0x3FFF)
        elif kind == b"VP8L" and size is None:
            (bits,) = struct.unpack_from("<I", body, 1)
            size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        frames += kind == b"ANMF"
        first = kind == b"ANMF" and frames == 1
        if first or kind in (b"VP8X", b"ANIM", b"ALPH", b"VP8 ", b"VP8L"):
            kept.append(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))
    if size is None:
        raise BadPicture
    riff = b"WEBP" + b"".join(kept)
    return Container(
        kind="WEBP",
        width=size[0],
        height=size[1],
        orientation=orientation,
        data=b"RIFF" + struct.pack("<I", len(riff)) + riff,
    )


def _riff_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = 8 + struct.unpack_from("<I", content, 4)[0]
    if end > len(content):
        raise BadPicture
    position = 12
    for _ in range(_MOST_CHUNKS):
        if position + 8 > end:
            return
        (length,) = struct.unpack_from("<I", content, position + 4)
        if position + 8 + length > end:
            raise BadPicture
        yield content[position : position + 4], content[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    raise BadPicture


def _uint16(body: bytes, offset: int) -> int:
    return int.from_bytes(body[offset : offset + 2], "little")


def _uint24(body: bytes, offset: int) -> int:
    return int.from_bytes(body[offset : offset + 3], "little")


def _bmp(content: bytes) -> Container:
    said, start = struct.unpack_from("<I", content, 2)[0], struct.unpack_from("<I", content, 10)[0]
    header = struct.unpack_from("<I", content, 14)[0]
    if header == 12:
        width, height, _, depth = struct.unpack_from("<HHHH", content, 18)
        compression = 0
    else:
        width, height, _, depth, compression = struct.unpack_from("<iiHHI", content, 18)
    if compression not in _BMP_UNCOMPRESSED:
        raise NotAPicture("Compressed BMP pictures are not read.")
    row = (width * depth + 31) // 32 * 4
    if said > len(content) or start + row * abs(height) > len(content):
        raise BadPicture
    return Container(kind="BMP", width=width, height=abs(height), data=content)
