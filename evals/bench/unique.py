"""Any number of files with the same pixels and different bytes.

The service recognises the same bytes under another link without reading them again, so a load of
pictures that were never seen needs bytes that were never seen.
"""

import struct
from zlib import crc32

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER_END = len(_PNG_START) + 25
_JPEG_START = b"\xff\xd8"


def split(content: bytes) -> tuple[bytes, bytes]:
    """A PNG or JPEG file, cut where a comment may stand; ValueError for another kind."""
    if content.startswith(_PNG_START):
        return content[:_PNG_HEADER_END], content[_PNG_HEADER_END:]
    if content.startswith(_JPEG_START):
        return content[:2], content[2:]
    raise ValueError("neither PNG nor JPEG")


def comment(start: bytes, number: int) -> bytes:
    """What makes the file of `start` (the first part of `split`) the one with this number: a PNG
    text chunk with its CRC, or a JPEG comment; decoders pass over both.
    """
    text = str(number).encode()
    if start.startswith(_PNG_START):
        body = b"tEXtbench\0" + text
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", crc32(body))
    return b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text


def unique(content: bytes, number: int) -> bytes:
    """The same picture with other bytes than for any other number."""
    start, rest = split(content)
    return start + comment(start, number) + rest
