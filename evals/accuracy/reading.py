"""Drawn screens → what is read and extracted: the first reading of each is made once."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from random import Random

import cv2
import numpy as np
from PIL import Image as Pillow

from evals.accuracy.misread import Planted, plant
from evals.screens.screen import Screen
from ocr.crops import Pixels
from ocr.reader import Doubts, Reader
from pipeline.decode.image import Image
from pipeline.extractor import Extracted, Extractor
from postprocess.extract import RULES
from postprocess.types import Extraction, Page

BATCH = 8
JUDGED = "layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One screen and what was made of it.

    first: the first reading, all of its lines. extracted: by rule set, as the service does it.
    alone: what the judged rules say of the first reading. planted: misreads put into the first
    reading, with what is said of them without and with a second one; only of a page that was
    answered rightly.
    """

    number: int
    screen: Screen
    first: Page
    extracted: dict[str, Extracted]
    alone: Extracted
    planted: tuple[tuple[Planted, Extracted, Extracted], ...]

    def without_picture(self) -> "Seen":
        """The same with a picture of one pixel: a thousand screens fit into no memory."""
        return replace(self, screen=replace(self.screen, picture=Pillow.new("RGB", (1, 1))))


class _Known:
    """A reader that has read already."""

    def __init__(self, reader: Reader, pages: Sequence[Page]) -> None:
        self.model_version = reader.model_version
        self._pages = list(pages)

    def read(self, images: Sequence[Pixels], doubts: Doubts | None = None) -> list[Page]:
        del images, doubts
        return self._pages


def decide(
    extractor: Extractor, pages: Sequence[Page], images: Sequence[Image], *, rules: str, twice: bool
) -> list[Extracted]:
    """What is extracted on first readings; twice: deciding lines are read again, as in service."""
    known = Extractor(
        reader=_Known(extractor.reader, pages),
        second=extractor.second if twice else None,
        rules=RULES[rules],
    )
    extracted = []
    for one in known.extract(images):
        assert isinstance(one, Extracted), one
        extracted.append(one)
    return extracted


def first_readings(extractor: Extractor, images: Sequence[Image]) -> list[Page]:
    """The page of each picture before what decides on it is confirmed."""
    pages = []
    for page in extractor.read(images):
        assert isinstance(page, Page), page
        pages.append(page)
    return pages


def see(extractor: Extractor, screens: Iterable[Screen]) -> Iterator[Seen]:
    """Read and decide screens in order; the next ones are drawn while these are read."""
    numbered = enumerate(screens)
    with ThreadPoolExecutor(1) as pool:
        drawn: Future[list[tuple[int, Screen]]] = pool.submit(lambda: list(islice(numbered, BATCH)))
        while batch := drawn.result():
            drawn = pool.submit(lambda: list(islice(numbered, BATCH)))
            yield from _see(extractor, batch)


def _see(extractor: Extractor, batch: list[tuple[int, Screen]]) -> Iterator[Seen]:
    images = [image_of(screen) for _, screen in batch]
    pages = first_readings(extractor, images)
    alone = decide(extractor, pages, images, rules=JUDGED, twice=False)
    extracted = {
        name: decide(extractor, pages, images, rules=name, twice=name == JUDGED) for name in RULES
    }
    for index, (number, screen) in enumerate(batch):
        found = {name: of_all[index] for name, of_all in extracted.items()}
        yield Seen(
            number=number,
            screen=screen,
            first=pages[index],
            extracted=found,
            alone=alone[index],
            planted=tuple(_planted(extractor, images[index], screen, alone[index])),
        )


def _planted(
    extractor: Extractor, image: Image, screen: Screen, alone: Extracted
) -> Iterator[tuple[Planted, Extracted, Extracted]]:
    truth = screen.truth
    if truth.refused or answer(alone.extraction) != (truth.fund_code, truth.hold_share):
        return
    rng = Random(truth.fund_code + truth.hold_share)  # noqa: S311 — any will do, but the same again
    for one in plant(alone.page, alone.extraction, rng):
        (once,), (again,) = (
            decide(extractor, [one.page], [image], rules=JUDGED, twice=twice)
            for twice in (False, True)
        )
        yield one, once, again


def answer(found: Extraction) -> tuple[str, str]:
    """Code and share that are answered; both empty where the page is refused."""
    code, share = found.fund_code, found.hold_share
    return (code.value, share.value) if code and share else ("", "")


def image_of(screen: Screen) -> Image:
    """The picture as the decoder would hand it on."""
    rgb = np.asarray(screen.picture.convert("RGB"))
    pixels = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)
    return Image(sha256=bytes(32), pixels=pixels)
