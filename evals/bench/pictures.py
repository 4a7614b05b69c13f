"""The pictures that all systems read: drawn once, kept in var/bench/pictures, with the truth."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image as Pillow

from evals import screens
from evals.screens.corpus import draw
from evals.screens.screen import Screen
from pipeline.settings import PROJECT

FOLDER = PROJECT / "var" / "bench" / "pictures"
COUNT = 48
SEED = 20261125
Truth = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPicture:
    """file: below FOLDER. width, height in pixels; truth as cli.judge wants it."""

    file: str
    width: int
    height: int
    truth: Truth

    @property
    def megapixels(self) -> float:
        """Of the file as it is sent."""
        return self.width * self.height / 1e6


Pictures = tuple[BenchPicture, ...]


def some(pictures: Pictures, n: int) -> Pictures:
    """`n` of them, spread over the list: no layout is left out."""
    step = max(len(pictures) / n, 1)
    return tuple(pictures[int(k * step)] for k in range(min(n, len(pictures))))


def usual(n: int = COUNT) -> Pictures:
    """Screens of all layouts as screenshots arrive: PNG, or JPEG where they came as JPEG."""
    screens_drawn: list[Screen] = []

    def content(index: int) -> tuple[bytes, str, Truth]:
        if not screens_drawn:
            screens_drawn.extend(draw(n, SEED))
        screen = screens_drawn[index]
        truth = {"fund_code": screen.truth.fund_code, "hold_share": screen.truth.hold_share}
        return (*encoded(screen), truth)

    return _kept(f"usual-{n}-{SEED}", n, content)


def mixed(n: int = 120) -> Pictures:
    """The same kind of screens at many sizes and proportions, for what sizes do to memory: from a
    third to more than their width, some cut, every twentieth three screens long. Without truth.
    """
    rng = Random(SEED)  # noqa: S311 — pictures, not secrets
    source = draw(n, SEED + 1)

    def content(index: int) -> tuple[bytes, str, Truth]:
        screen = next(source)
        picture = screen.picture
        scale = rng.uniform(0.35, 1.2)
        if index % 20 == 19:
            tall = Pillow.new("RGB", (picture.width, picture.height * 3))
            for k in range(3):
                tall.paste(picture, (0, k * picture.height))
            picture, scale = tall, 1.0
        elif index % 3 == 2:
            picture = picture.crop((0, 0, picture.width, int(picture.height * rng.uniform(0.3, 1))))
        size = (max(200, int(picture.width * scale)), max(200, int(picture.height * scale)))
        return _jpeg(picture.resize(size), 85), "jpg", {"fund_code": "", "hold_share": ""}

    return _kept(f"mixed-{n}-{SEED}", n, content)


def of_sizes(sizes: Sequence[tuple[int, int]], each: int = 4) -> dict[str, Pictures]:
    """By `WIDTHxHEIGHT`: screens scaled to that width, repeated or cut to that height (pixels)."""
    found = {}
    for width, height in sizes:
        source = draw(each, SEED + 2, degraded=False)

        def content(
            _: int,
            width: int = width,
            height: int = height,
            source: Iterator[Screen] = source,
        ) -> tuple[bytes, str, Truth]:
            shown = next(source).picture
            shown = shown.resize((width, round(shown.height * width / shown.width)))
            canvas = Pillow.new("RGB", (width, height), "white")
            for top in range(0, height, shown.height):
                canvas.paste(shown, (0, top))
            return _jpeg(canvas, 90), "jpg", {"fund_code": "", "hold_share": ""}

        name = f"{width}x{height}"
        found[name] = _kept(f"size-{name}-{each}-{SEED}", each, content)
    return found


def encoded(screen: Screen) -> tuple[bytes, str]:
    """The file that such a screenshot comes as, and its suffix."""
    quality = next((int(t[5:]) for t in screen.tags if t.startswith("jpeg:")), None)
    if quality is not None:
        return _jpeg(screen.picture, quality), "jpg"
    data = BytesIO()
    screen.picture.save(data, "PNG")
    return data.getvalue(), "png"


def _jpeg(picture: Pillow.Image, quality: int) -> bytes:
    data = BytesIO()
    picture.save(data, "JPEG", quality=quality)
    return data.getvalue()


def _kept(name: str, n: int, content: Callable[[int], tuple[bytes, str, Truth]]) -> Pictures:
    """The pictures as they are kept; made where it is missing, or drawn by other code."""
    folder = FOLDER / f"{name}-{_drawing_code()}"
    index = folder / "pictures.json"
    if not index.exists():
        folder.mkdir(parents=True, exist_ok=True)
        listed: list[dict[str, Any]] = []
        for number in range(n):
            data, suffix, truth = content(number)
            file = folder / f"{number:03}.{suffix}"
            file.write_bytes(data)
            with Pillow.open(file) as picture:
                width, height = picture.size
            name = f"{folder.name}/{file.name}"
            listed.append({"file": name, "width": width, "height": height, "truth": truth})
        index.write_text(json.dumps(listed, indent=1), encoding="utf-8")
    rows = json.loads(index.read_text(encoding="utf-8"))
    return tuple(BenchPicture(**row) for row in rows)


def _drawing_code() -> str:
    """8 hex digits of the code that draws, so that no picture of older code stays in use."""
    package = Path(screens.__file__).parent
    digest = sha256(Path(__file__).read_bytes())
    for file in sorted(package.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
