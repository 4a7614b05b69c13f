"""A PNG's pixels, its data inflated by zlib-ng; what is not as usual is left to Pillow alone.

Pillow inflates with the machine's zlib, which takes several times as long. Here it does all the
rest (filters, bit depths, palettes): what it is given to inflate are blocks that are not packed.
"""

import struct
from io import BytesIO

from PIL.PngImagePlugin import PngImageFile
from zlib_ng import zlib_ng

# What decoders raise on damaged files.
DAMAGE = (
    *(OSError, SyntaxError, ValueError, LookupError, TypeError, EOFError, ArithmeticError),
    struct.error,
)
# Its types take the class for an instance.
_NOT_INFLATED: type[Exception] = zlib_ng.error  # type: ignore[assignment]
# Samples of a pixel, by IHDR's colour type.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The most that a stored block holds (RFC 1951, 3.2.4).
_MOST = 0xFFFF
# Little, because what has not been inflated yet is copied for each block.
_PACKED = 1 << 14
_ZLIB_HEADER = b"\x78\x01"


class _Unusual(Exception):
    """Pillow alone is to decide."""


class _InflatedPng(PngImageFile):
    """Pillow's picture, whose data comes to its decoder in stored blocks, one at a time.

    The last one is handed on once the data has ended behind it, with the right checksum.
    """

    # How many bytes of its rows have not been handed on; to be set before it is loaded.
    left: int

    def load_prepare(self) -> None:
        super().load_prepare()
        self._inflater = zlib_ng.decompressobj()
        self._before = _ZLIB_HEADER

    def load_read(self, read_bytes: int) -> bytes:
        """The next block. Pillow takes as much as it is given, whatever it asks for."""
        raw = self._inflated(min(self.left, _MOST)) if self.left else b""
        self.left -= len(raw)
        if not raw or (not self.left and self._inflated(1)):
            raise _Unusual
        block = struct.pack("<BHH", 0, len(raw), len(raw) ^ _MOST)
        before, self._before = self._before, b""
        return b"".join((before, block, raw))

    def _inflated(self, most: int) -> bytes:
        """At least one byte; nothing where the data has ended."""
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or super().load_read(_PACKED)
            raw = self._inflater.decompress(packed, most)
            if raw:
                return raw
            if not packed:
                raise _Unusual
        return b""


def load_quickly(data: bytes) -> PngImageFile | None:
    """The picture, loaded, of a PNG that begins with its IHDR; as Pillow alone would give it.

    None: Pillow alone is to read it, or to refuse it. So it is with what is interlaced, damaged,
    or has more or less data than its rows take. Some blocks are held beyond what Pillow holds, and
    one byte is inflated beyond the last row at most.
    """
    depth, colours, laced = data[24], data[25], data[28]
    if laced or colours not in _SAMPLES:
        return None
    try:
        picture = _InflatedPng(BytesIO(data))
        row = 1 + (picture.width * depth * _SAMPLES[colours] + 7) // 8
        picture.left = row * picture.height
        picture.load()
    except (_Unusual, _NOT_INFLATED, *DAMAGE):
        return None
    return None if picture.left else picture
