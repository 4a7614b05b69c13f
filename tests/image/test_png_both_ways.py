"""Whatever a PNG is like: inflated by zlib-ng, it is read and refused as by Pillow alone."""

import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import pipeline.decode.image
from pipeline.decode.container import open_container
from pipeline.decode.image import decode
from pipeline.decode.png import load_quickly
from pipeline.errors import ServiceError
from pipeline.settings import PROJECT
from tests.hostile.mutate import mutated
from tests.image.hostile_files import harmless_bombs, oversized
from tests.image.pictures import SETTINGS, png_chunk, png_header, saved, screen, whole_files
from tests.image.twins import twins

WIDTH, HEIGHT = 37, 29
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = [
    (colours, depth, laced) for colours in DEPTHS for depth in DEPTHS[colours] for laced in (0, 1)
]
# Adam7: the first column, the first row, and how far apart they are (PNG, 8.2).
PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)),
    *((1, 0, 2, 2), (0, 1, 1, 2)),
)
SAMPLES_OF_SCREENS = sorted((PROJECT / "samples").glob("*.png"))
WHOLE = {name: content for name, content in whole_files().items() if name.startswith("png")}

Answer = bytes | str
BothWays = Callable[[bytes], tuple[Answer, Answer]]


def answer(content: bytes) -> Answer:
    """The size and the pixels, or the refusal's code."""
    try:
        pixels = decode(content, SETTINGS.model_copy(update={"max_pixels": 4_000_000})).pixels
    except ServiceError as error:
        return error.code
    return repr(pixels.shape).encode() + pixels.tobytes()


@pytest.fixture
def both_ways(monkeypatch: pytest.MonkeyPatch) -> BothWays:
    def answers(content: bytes) -> tuple[Answer, Answer]:
        quick = answer(content)
        with monkeypatch.context() as patch:
            patch.setattr(pipeline.decode.image, "load_quickly", lambda data: None)
            return quick, answer(content)

    return answers


def is_quick(content: bytes) -> bool:
    return load_quickly(open_container(content).data) is not None


def rows(colours: int, depth: int, laced: int, draw: random.Random) -> bytes:
    """Rows of every filter, filled by chance, with runs so that there is something to pack."""
    sizes = [(WIDTH, HEIGHT)]
    if laced:
        sizes = [(-(-(WIDTH - x) // dx), -(-(HEIGHT - y) // dy)) for x, y, dx, dy in PASSES]
    raw = bytearray()
    for width, height in sizes:
        length = (width * depth * SAMPLES[colours] + 7) // 8
        for _ in range(height):
            row = draw.randbytes(-(-length // 3)) + bytes([draw.randrange(256)]) * length
            raw += bytes([draw.randrange(5)]) + row[:length]
    return bytes(raw)


def file_of(
    packed: bytes,
    *more: bytes,
    kind: tuple[int, int, int] = (2, 8, 0),
    before: bytes = b"",
    between: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A PNG of IDATs that hold these bytes, with chunks before, between and behind them."""
    if kind[0] == 3:
        before = png_chunk(b"PLTE", bytes(range(256)) * 3) + before
    header = png_chunk(b"IHDR", png_header(WIDTH, HEIGHT, kind[1], kind[0], kind[2]))
    data = between.join(png_chunk(b"IDAT", part) for part in (packed, *more))
    end = png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + before + data + behind + end


def packed_by(raw: bytes, level: int = 6, strategy: int = 0, bits: int = 15) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, bits, 8, strategy)
    return packer.compress(raw) + packer.flush()


RAW = rows(2, 8, 0, random.Random(1))
ROW = len(RAW) // HEIGHT
PACKED = zlib.compress(RAW)
# PACKED's checksum, and what a zlib stream of no checksum ends with.
END = PACKED[-4:]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_of_png_is_read_alike(both_ways: BothWays, kind: tuple[int, int, int]) -> None:
    draw = random.Random(str(kind))
    packed = zlib.compress(rows(*kind, draw))
    clear = {0: draw.randrange(2 ** kind[1]).to_bytes(2), 2: bytes([0, 7] * 3), 3: b"\x07\0\xff"}
    keyed = png_chunk(b"tRNS", clear[kind[0]]) if kind[0] in clear else b""
    for content in (file_of(packed, kind=kind), file_of(packed, kind=kind, before=keyed)):
        quick, alone = both_ways(content)
        assert isinstance(alone, bytes)
        assert quick == alone
        assert is_quick(content) is not bool(kind[2])


@pytest.mark.parametrize("name", WHOLE)
def test_every_form_of_a_screen_is_read_alike(both_ways: BothWays, name: str) -> None:
    quick, alone = both_ways(WHOLE[name])
    assert quick == alone
    assert is_quick(WHOLE[name])


def test_twins_and_bombs_are_answered_alike(both_ways: BothWays) -> None:
    files = twins(screen()) | harmless_bombs() | oversized()
    pngs = {name: content for name, content in files.items() if content.startswith(b"\x89PNG")}
    assert len(pngs) > 15
    for name, content in pngs.items():
        quick, alone = both_ways(content)
        assert quick == alone, name


@pytest.mark.parametrize(
    "packed",
    [
        packed_by(RAW, 0),
        packed_by(RAW, 1, zlib.Z_FIXED),
        packed_by(RAW, 9, zlib.Z_HUFFMAN_ONLY),
        packed_by(RAW, 6, zlib.Z_RLE),
        packed_by(RAW, 6, 0, 9),
        # More zlib than the rows take, behind its end.
        PACKED + b"junk",
        PACKED + PACKED,
        PACKED + bytes(20_000),
    ],
)
def test_whatever_packed_it_whole_data_is_read_quickly(both_ways: BothWays, packed: bytes) -> None:
    quick, alone = both_ways(file_of(packed))
    assert quick == alone == answer(file_of(PACKED))
    assert is_quick(file_of(packed))


def test_data_in_very_many_or_empty_pieces_is_read_quickly(both_ways: BothWays) -> None:
    one_by_one = [PACKED[place : place + 1] for place in range(len(PACKED))]
    for parts in (one_by_one, [b"", PACKED, b""], [b"", b"", *one_by_one, b""]):
        quick, alone = both_ways(file_of(*parts))
        assert quick == alone == answer(file_of(PACKED))
        assert is_quick(file_of(*parts))


@cache
def unusual() -> dict[str, bytes]:
    other_sum = PACKED[:-4] + bytes([END[0] ^ 1]) + END[1:]
    packer = zlib.compressobj(zdict=RAW[:500])
    with_dictionary = packer.compress(RAW) + packer.flush()
    bad_filter = zlib.compress(RAW[:-ROW] + b"\x05" + RAW[1 - ROW :])
    palette = png_chunk(b"PLTE", bytes(768))
    halves = PACKED[:200], PACKED[200:]
    return {
        "another checksum of the data": file_of(other_sum),
        "no checksum of the data": file_of(PACKED[:-4]),
        "a checksum cut in two": file_of(PACKED[:-2], PACKED[-2:]),
        "another checksum of a chunk": file_of(PACKED)[:-13] + b"?" + file_of(PACKED)[-12:],
        "a dictionary": file_of(with_dictionary),
        "an unknown filter": file_of(bad_filter),
        "no data": file_of(b""),
        "no header of zlib": file_of(PACKED[2:]),
        "another method": file_of(b"\x77\x85" + PACKED[2:]),
        "a window that is too large": file_of(b"\x88\x1c" + PACKED[2:]),
        "a smaller window than is used": file_of(b"\x08\x1d" + PACKED[2:]),
        "gzip": file_of(packed_by(RAW, bits=31)),
        "a row too few": file_of(zlib.compress(RAW[:-ROW])),
        "a byte too few": file_of(zlib.compress(RAW[:-1])),
        "a byte too many": file_of(zlib.compress(RAW + b"\0")),
        "a row too many": file_of(zlib.compress(RAW + RAW[:ROW])),
        "far too much": file_of(zlib.compress(RAW + bytes(10**6))),
        "damage behind the last row": file_of(zlib.compress(RAW + RAW)[: len(PACKED)]),
        "a palette between": file_of(*halves, between=palette),
        "a palette behind": file_of(*halves, behind=palette),
        "an end between": file_of(*halves, between=png_chunk(b"IEND", b"")),
        "a depth that is none": file_of(PACKED, kind=(2, 7, 0)),
        "a colour type that is none": file_of(PACKED, kind=(5, 8, 0)),
        "an interlace that is none": file_of(PACKED, kind=(2, 8, 2)),
        "more depth than data": file_of(PACKED, kind=(2, 16, 0)),
        "less depth than data": file_of(PACKED, kind=(0, 8, 0)),
    }


@pytest.mark.parametrize("name", unusual())
def test_what_is_unusual_is_answered_alike(both_ways: BothWays, name: str) -> None:
    quick, alone = both_ways(unusual()[name])
    assert quick == alone


def test_of_the_unusual_pillow_alone_decides() -> None:
    """It reads some of it. Where zlib-ng sees no whole data of just these rows, it is not asked."""
    files = unusual()
    quick = {name for name in files if is_quick_or_refused(files[name])}
    assert quick == {"a checksum cut in two", "a palette behind", "a smaller window than is used"}


def is_quick_or_refused(content: bytes) -> bool:
    try:
        return is_quick(content)
    except ServiceError:
        return False


def test_data_cut_anywhere_and_closed_again_is_answered_alike(both_ways: BothWays) -> None:
    cuts = [*range(0, len(PACKED), 29), *range(len(PACKED) - 12, len(PACKED))]
    for cut in cuts:
        quick, alone = both_ways(file_of(PACKED[:cut]))
        assert quick == alone, cut


def test_data_changed_by_chance_is_answered_alike(both_ways: BothWays) -> None:
    met = set()
    for content in changed(1500, 7):
        quick, alone = both_ways(content)
        assert quick == alone
        met.add(type(alone))
    assert met == {bytes, str}


def changed(count: int, seed: int) -> Iterator[bytes]:
    """PNGs whose data is not what it was when it was packed; every chunk's checksum is right."""
    draw = random.Random(seed)
    for _ in range(count):
        packed = bytearray(draw.choice((PACKED, packed_by(RAW, 1), packed_by(RAW, 0))))
        for _ in range(draw.choice((1, 1, 2, 8))):
            # The first bytes say how it is packed, the last ones are the checksum.
            far = draw.choice((12, len(packed)))
            place = draw.choice((draw.randrange(far), -1 - draw.randrange(far)))
            packed[place] ^= 1 << draw.randrange(8)
        middle = draw.randrange(len(packed))
        yield file_of(bytes(packed[:middle]), bytes(packed[middle:]))


def test_files_changed_by_chance_are_answered_alike(both_ways: BothWays) -> None:
    for name, content in mutated(2000, 45):
        if name.startswith("png"):
            quick, alone = both_ways(content)
            assert quick == alone, name


@pytest.mark.parametrize("file", SAMPLES_OF_SCREENS, ids=lambda file: file.name)
def test_the_samples_are_read_quickly_and_alike(both_ways: BothWays, file: Path) -> None:
    content = file.read_bytes()
    quick, alone = both_ways(content)
    assert isinstance(alone, bytes)
    assert quick == alone
    assert is_quick(content)


def test_no_more_than_some_blocks_are_held_beside_the_picture() -> None:
    """Pillow keeps its pixels where Python does not count; what is read into blocks, it does."""
    content = saved(screen(600, 1200), "PNG")
    data = open_container(content).data
    assert load_quickly(data) is not None
    tracemalloc.start()
    try:
        load_quickly(data)
        assert tracemalloc.get_traced_memory()[1] < 6 * 0xFFFF
    finally:
        tracemalloc.stop()
