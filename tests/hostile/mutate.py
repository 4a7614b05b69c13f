"""Pictures that are nearly right: small ones of every allowed form, changed by chance.

The same seed gives the same pictures. Half of the changes are followed by what a forger would do:
checksums and lengths are made to fit again, so that the change gets past the first check.
"""

import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence

from tests.image.pictures import png_chunk, whole_files

WIDTH, HEIGHT = 96, 200
_NUMBERS = (0, 1, 2, 14, 15, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 30_000, 50_000)
_LONG = (0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**24, 2**16)
_PNG = b"\x89PNG\r\n\x1a\n"


def mutated(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many pictures, each with the name of its form and of what was done to it."""
    draw = random.Random(seed)
    files = whole_files(WIDTH, HEIGHT)
    for _ in range(count):
        form = draw.choice(sorted(files))
        content, done = bytearray(files[form]), []
        for _ in range(draw.choice((1, 1, 1, 2, 4))):
            mutation = draw.choice((*_MUTATIONS, None))
            if mutation is None:
                splice(content, draw, list(files.values()))
                done.append("splice")
            else:
                mutation(content, draw)
                done.append(mutation.__name__)
        if draw.random() < 0.5:
            content = bytearray(made_to_fit(bytes(content)))
        yield f"{form}: {'+'.join(done)}", bytes(content)


def flip_bits(content: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 2, 8, 64))):
        content[_place(content, draw)] ^= 1 << draw.randrange(8)


def overwrite_run(content: bytearray, draw: random.Random) -> None:
    start, length = _place(content, draw), draw.choice((1, 2, 4, 16, 256))
    run = draw.choice((bytes(length), b"\xff" * length, draw.randbytes(length)))
    content[start : start + length] = run[: len(content) - start]


def delete_run(content: bytearray, draw: random.Random) -> None:
    start = _place(content, draw)
    del content[start : start + draw.choice((1, 2, 7, 64, 1024))]
    if not content:
        content.append(0)


def insert_run(content: bytearray, draw: random.Random) -> None:
    start = _place(content, draw)
    content[start:start] = draw.randbytes(draw.choice((1, 2, 7, 64, 1024)))


def repeat_run(content: bytearray, draw: random.Random) -> None:
    start, length = _place(content, draw), draw.choice((1, 8, 64, 1024))
    content[start:start] = content[start : start + length] * draw.choice((1, 2, 50))


def truncate(content: bytearray, draw: random.Random) -> None:
    del content[max(1, _place(content, draw)) :]


def append(content: bytearray, draw: random.Random) -> None:
    content += draw.randbytes(draw.choice((1, 100, 5000)))


def set_field(content: bytearray, draw: random.Random) -> None:
    """A number of the header that means something else to whoever calculates with it."""
    order, (kind, values) = (
        draw.choice("<>"),
        draw.choice((("H", _NUMBERS), ("I", _NUMBERS + _LONG))),
    )
    place = draw.randrange(min(64, len(content)))
    field = struct.pack(order + kind, draw.choice(values))
    content[place : place + len(field)] = field


def swap_parts(content: bytearray, draw: random.Random) -> None:
    """Two chunks or segments change places, or one is there twice, or one is gone."""
    parts = _parts(bytes(content))
    first, second = draw.randrange(len(parts)), draw.randrange(len(parts))
    what = draw.randrange(3)
    if what == 0:
        parts[first], parts[second] = parts[second], parts[first]
    elif what == 1:
        parts.insert(second, parts[first])
    elif len(parts) > 1:
        del parts[first]
    content[:] = b"".join(parts)


def change_unpacked(content: bytearray, draw: random.Random) -> None:
    """Change what a PNG's data is when it is unpacked; elsewhere flip bits."""
    found = re.search(rb"IDAT", content)
    if not content.startswith(_PNG) or found is None:
        flip_bits(content, draw)
        return
    start = found.end()
    (length,) = struct.unpack_from(">I", content, start - 8)
    try:
        raw = bytearray(zlib.decompress(content[start : start + length]))
    except zlib.error:
        raw = bytearray()
    if not raw:
        flip_bits(content, draw)
        return
    draw.choice((flip_bits, overwrite_run, delete_run, insert_run))(raw, draw)
    content[start - 8 : start + length + 4] = png_chunk(b"IDAT", zlib.compress(raw))


def splice(content: bytearray, draw: random.Random, others: Sequence[bytes]) -> None:
    """The beginning of this file and the end of another."""
    other = draw.choice(others)
    content[_place(content, draw) + 1 :] = other[draw.randrange(len(other)) :]


_MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(flip_bits, flip_bits, overwrite_run, delete_run, insert_run, repeat_run, truncate, append),
    *(set_field, set_field, swap_parts, swap_parts, change_unpacked),
)


def made_to_fit(content: bytes) -> bytes:
    """Checksums of a PNG and the length of a RIFF file as they should be."""
    if content[:4] == b"RIFF" and len(content) >= 12:
        return b"RIFF" + struct.pack("<I", len(content) - 8) + content[8:]
    if content.startswith(_PNG):
        head, *chunks = _parts(content)
        return head + b"".join(
            chunk[:-4] + struct.pack(">I", zlib.crc32(chunk[4:-4])) if len(chunk) >= 12 else chunk
            for chunk in chunks
        )
    return content


def _place(content: bytearray, draw: random.Random) -> int:
    """A place in the file, every other time in its header."""
    return draw.randrange(min(len(content), draw.choice((64, len(content)))))


def _parts(content: bytes) -> list[bytes]:
    """The chunks of a PNG or a RIFF file, the segments of a JPEG, pieces of a BMP."""
    if content.startswith(_PNG):
        return _cut(content, 8, lambda at: 12 + struct.unpack_from(">I", content, at)[0])
    if content[:4] == b"RIFF":
        return _cut(content, 12, lambda at: _even(8 + struct.unpack_from("<I", content, at + 4)[0]))
    if content.startswith(b"\xff\xd8"):
        return [part for part in re.split(rb"(?=\xff[\xc0-\xcf\xd8-\xfe])", content) if part]
    return [content[start : start + 500] for start in range(0, len(content), 500)]


def _cut(content: bytes, start: int, length_at: Callable[[int], int]) -> list[bytes]:
    """The head of `start` bytes and the chunks behind it; what is broken is one piece."""
    parts, position = [content[:start]], start
    while position + 8 <= len(content):
        length = length_at(position)
        parts.append(content[position : position + length])
        position += length
    if position < len(content):
        parts.append(content[position:])
    return parts


def _even(length: int) -> int:
    return length + length % 2
