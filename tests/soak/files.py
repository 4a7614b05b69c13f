"""The picture files of a soak; each can be had with bytes of its own for every number."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from random import Random

from PIL import Image as Pillow

from evals.bench.host import unique
from evals.bench.pictures import FOLDER, usual
from pipeline.settings import PROJECT

SAMPLES = PROJECT / "samples"
SEED = 20261126
Truth = dict[str, str]
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """content_type: as a caller would name it. truth: what it shows; None: nobody has looked."""

    content_type: str
    content: bytes
    truth: Truth | None

    def numbered(self, number: int) -> bytes:
        """The same picture with other bytes than for any other number."""
        if not self.content.startswith(b"RIFF"):
            return unique(self.content, number)
        chunk = b"SOAK" + struct.pack("<II", 4, number)
        size = struct.pack("<I", len(self.content) - 8 + len(chunk))
        return b"RIFF" + size + self.content[8:] + chunk


def samples() -> list[File]:
    """The bundled screenshots."""
    truth = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
    return [_file((SAMPLES / name).read_bytes(), shown) for name, shown in truth.items()]


def drawn() -> list[File]:
    """The screens of all layouts that `make bench` reads; those that must be refused too."""
    return [_file((FOLDER / one.file).read_bytes(), one.truth) for one in usual()]


def of_odd_sizes(source: Sequence[File], n: int) -> list[File]:
    """Small cuts, pictures from a third to more than their size, 8 megapixels, three screens in
    one; by turns PNG, JPEG and WEBP.
    """
    rng = Random(SEED)
    found = []
    for k in range(n):
        picture = Pillow.open(BytesIO(rng.choice(source).content)).convert("RGB")
        picture = _SHAPES[k % len(_SHAPES)](picture, rng)
        kind = ("PNG", "JPEG", "WEBP")[k // len(_SHAPES) % 3]
        found.append(encoded(picture, kind))
    return found


def encoded(picture: Pillow.Image, kind: str) -> File:
    """A file of this picture; kind: as Pillow names it."""
    data = BytesIO()
    picture.save(data, kind, quality=85)
    return File(content_type=_TYPES[kind], content=data.getvalue(), truth=None)


def _file(content: bytes, truth: Truth) -> File:
    kind = "PNG" if content.startswith(b"\x89PNG") else "JPEG"
    return File(content_type=_TYPES[kind], content=content, truth=truth)


def _small_cut(picture: Pillow.Image, rng: Random) -> Pillow.Image:
    width, height = rng.randint(40, 400), rng.randint(20, 300)
    left, top = rng.randint(0, picture.width // 2), rng.randint(0, picture.height // 2)
    return picture.crop((left, top, left + width, top + height))


def _scaled(picture: Pillow.Image, rng: Random) -> Pillow.Image:
    scale = rng.uniform(0.35, 1.2)
    return picture.resize((int(picture.width * scale), int(picture.height * scale)))


def _cut_off(picture: Pillow.Image, rng: Random) -> Pillow.Image:
    return picture.crop((0, 0, picture.width, int(picture.height * rng.uniform(0.3, 0.9))))


def _eight_megapixels(picture: Pillow.Image, rng: Random) -> Pillow.Image:
    scale = (rng.uniform(7.5e6, 8.5e6) / (picture.width * picture.height)) ** 0.5
    return picture.resize((int(picture.width * scale), int(picture.height * scale)))


def _three_in_one(picture: Pillow.Image, rng: Random) -> Pillow.Image:
    tall = Pillow.new("RGB", (picture.width, picture.height * 3))
    for k in range(3):
        tall.paste(picture, (0, k * picture.height))
    return tall


_SHAPES = (_scaled, _small_cut, _cut_off, _scaled, _eight_megapixels, _scaled, _three_in_one)
