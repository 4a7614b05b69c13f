"""Drawn screens → what is read and decided: the first reading of each is made once."""

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
from pipeline.extractor import Decided, Decider
from postprocess.extract import RULES
from postprocess.types import Extraction, Page

BATCH = 8
JUDGED = "layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One screen and what was made of it.

    first: the first reading, all of its lines. decided: by rule set, as the service decides. alone:
    what the judged rules say of the first reading. planted: misreads put into the first reading,
    with what is said of them without and with a second one; only of a page answered rightly.
    """

    number: int
    screen: Screen
    first: Page
    decided: dict[str, Decided]
    alone: Decided
    planted: tuple[tuple[Planted, Decided, Decided], ...]

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
    decider: Decider, pages: Sequence[Page], images: Sequence[Image], *, rules: str, twice: bool
) -> list[Decided]:
    """What is decided on first readings; twice: what decides is read again, as the service does."""
    known = Decider(
        reader=_Known(decider.reader, pages),
        second=decider.second if twice else None,
        rules=RULES[rules],
    )
    decided = []
    for one in known.decide(images):
        assert isinstance(one, Decided), one
        decided.append(one)
    return decided


def first_readings(decider: Decider, images: Sequence[Image]) -> list[Page]:
    """The page of each picture before what decides on it is confirmed."""
    pages = []
    for page in decider.read(images):
        assert isinstance(page, Page), page
        pages.append(page)
    return pages


def see(decider: Decider, screens: Iterable[Screen]) -> Iterator[Seen]:
    """Read and decide screens in order; the next ones are drawn while these are read."""
    numbered = enumerate(screens)
    with ThreadPoolExecutor(1) as pool:
        drawn: Future[list[tuple[int, Screen]]] = pool.submit(lambda: list(islice(numbered, BATCH)))
        while batch := drawn.result():
            drawn = pool.submit(lambda: list(islice(numbered, BATCH)))
            yield from _see(decider, batch)


def _see(decider: Decider, batch: list[tuple[int, Screen]]) -> Iterator[Seen]:
    images = [image_of(screen) for _, screen in batch]
    pages = first_readings(decider, images)
    alone = decide(decider, pages, images, rules=JUDGED, twice=False)
    decided = {
        name: decide(decider, pages, images, rules=name, twice=name == JUDGED) for name in RULES
    }
    for index, (number, screen) in enumerate(batch):
        found = {name: of_all[index] for name, of_all in decided.items()}
        yield Seen(
            number=number,
            screen=screen,
            first=pages[index],
            decided=found,
            alone=alone[index],
            planted=tuple(_planted(decider, images[index], screen, alone[index])),
        )


def _planted(
    decider: Decider, image: Image, screen: Screen, alone: Decided
) -> Iterator[tuple[Planted, Decided, Decided]]:
    truth = screen.truth
    if truth.refused or answer(alone.extraction) != (truth.fund_code, truth.hold_share):
        return
    rng = Random(truth.fund_code + truth.hold_share)  # noqa: S311 — any will do, but the same again
    for one in plant(alone.page, alone.extraction, rng):
        (once,), (again,) = (
            decide(decider, [one.page], [image], rules=JUDGED, twice=twice)
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
