"""The bundled models and samples, for tests that read pictures."""

import json
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ocr.crops import Pixels
from ocr.models import Models, load_models
from ocr.reader import Reader, open_reader
from postprocess.types import Page

PROJECT = Path(__file__).resolve().parents[2]
WEIGHTS = PROJECT / "weights"
SAMPLES = PROJECT / "samples"
V6 = "PP-OCRv6_small"
TINY = "PP-OCRv6_tiny"
V4 = "PP-OCRv4_mobile"
NUMBER_MARKS = ".,+-%:/"


@cache
def truth() -> dict[str, dict[str, str]]:
    """What the bundled samples show: file → fund_code and hold_share."""
    return dict(json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8")))


@cache
def picture(name: str) -> Pixels:
    image = cv2.imread(str(SAMPLES / name))
    assert image is not None, f"samples/{name} cannot be decoded"
    return np.asarray(image, np.uint8)


def models(name: str) -> Models:
    return load_models(WEIGHTS / name)


@cache
def reader(engine: str, name: str) -> Reader:
    """One reader of each kind, shared by all tests of this process."""
    # onnxruntime's threads wait for one another by spinning: two cost twice what one does.
    return open_reader(models(name), engine=engine, threads=2 if engine == "openvino" else 1)


@cache
def pages(engine: str, name: str) -> dict[str, Page]:
    """Every sample as this engine reads it."""
    names = list(truth())
    return dict(zip(names, reader(engine, name).read([picture(n) for n in names]), strict=True))


@cache
def page(engine: str, models: str, name: str) -> Page:
    """One sample as this engine reads it alone."""
    (read,) = reader(engine, models).read([picture(name)])
    return read


def texts(page: Page) -> list[str]:
    return [line.text for line in page.lines]


def words(lines: Iterable[str]) -> list[str]:
    """The lines that say something, down to letters, digits and the marks of a number.

    Full width and half width are the same and spaces do not count, as for the rules. A line
    without a Chinese character and with fewer than two digits is a pictogram: a chevron, the dots
    of a menu, the bars of a phone's signal, which no two engines read as the same letters.
    """
    folded = (
        "".join(c for c in unicodedata.normalize("NFKC", line) if c.isalnum() or c in NUMBER_MARKS)
        for line in lines
    )
    return [
        line
        for line in folded
        if any("\u4e00" <= c <= "\u9fff" for c in line) or sum(c.isdigit() for c in line) >= 2
    ]


def alike(pairs: Iterable[tuple[Page, Page]]) -> tuple[int, int, list[str]]:
    """Lines read alike and in the same order, of how many, and those that differ."""
    equal = total = 0
    different = []
    for page, other in pairs:
        ours, theirs = words(texts(page)), words(texts(other))
        matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
        equal += sum(block.size for block in matcher.get_matching_blocks())
        total += max(len(ours), len(theirs))
        different += [
            f"{ours[a:b]} | {theirs[c:d]}"
            for kind, a, b, c, d in matcher.get_opcodes()
            if kind != "equal"
        ]
    return equal, total, different
