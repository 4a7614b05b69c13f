"""Small pictures that are quick to read, any number of each kind with bytes of their own.

A kind is two strips of a bundled sample, one above the other: the line with the code, and the line
with the share. Several kinds, so that an answer that went to a neighbour is noticed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO
from itertools import count

from PIL import Image

from evals.bench.host import unique
from evals.testbed.picture_host import Behaviour
from pipeline.settings import PROJECT
from tests.faults.ledger import Values

# Sample → top and bottom (px) of the strip with the code, of the strip with the share, and what
# they show.
_STRIPS: dict[str, tuple[tuple[int, int], tuple[int, int], Values]] = {
    "alipay_light_rows.png": ((388, 460), (905, 1002), ("011608", "1234.56")),
    "licaitong_light_inline.png": ((354, 414), (745, 835), ("202015", "6.56")),
    "cmb_light_product_code.png": ((425, 492), (935, 1026), ("002611", "48211.90")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """content: a PNG file. shows: what is on it."""

    content: bytes
    shows: Values


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds."""
    return tuple(
        Kind(content=_strips_of(name, code, share), shows=shows)
        for name, (code, share, shows) in _STRIPS.items()
    )


def without_code() -> bytes:
    """A PNG file of the strip with the share alone: it must be refused."""
    name, (_, share, _) = next(iter(_STRIPS.items()))
    return _strips_of(name, share)


class Pictures(Mapping[str, "bytes | Behaviour"]):
    """Pictures without end, as the routes of a picture host: `/NUMBER.png`.

    `next_number()` gives numbers that nobody had before; threads may share it.
    """

    def __init__(self) -> None:
        self._kinds = kinds()
        self._numbers = count()

    def next_number(self) -> int:
        """A picture that nobody has asked for."""
        return next(self._numbers)

    def content(self, number: int) -> bytes:
        """The file with this number."""
        return unique(self._kind(number).content, number)

    def shows(self, number: int) -> Values:
        """What is on it."""
        return self._kind(number).shows

    def __getitem__(self, path: str) -> "bytes | Behaviour":
        number = path.removeprefix("/").removesuffix(".png")
        if not number.isdecimal():
            raise KeyError(path)
        return self.content(int(number))

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def _kind(self, number: int) -> Kind:
        return self._kinds[number % len(self._kinds)]


def upload_identity(content: bytes) -> str:
    """What a picture that was sent as bytes is called in the table."""
    return f"upload:sha256:{sha256(content).hexdigest()}"


def _strips_of(name: str, *strips: tuple[int, int]) -> bytes:
    with Image.open(PROJECT / "samples" / name) as sample:
        picture = sample.convert("RGB")
    height = sum(bottom - top for top, bottom in strips)
    small = Image.new("RGB", (picture.width, height), "white")
    y = 0
    for top, bottom in strips:
        small.paste(picture.crop((0, top, picture.width, bottom)), (0, y))
        y += bottom - top
    data = BytesIO()
    small.save(data, "PNG")
    return data.getvalue()
