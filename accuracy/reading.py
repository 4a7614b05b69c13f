"""Drawn screens → what the reader reads and the rules say, each read once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image

from accuracy.misread import Planted, plant
from ocr.crops import Pixels
from ocr.reader import Reader
from postprocess.evidence import settle
from postprocess.extract import RULES
from postprocess.types import Extraction, Page
from screens.screen import Screen

Rules: TypeAlias = Callable[[Page], Extraction]
Decided: TypeAlias = tuple[Page, Extraction]

BATCH = 8
JUDGED = "layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One screen and what was made of it.

    first: the lines of the first reading, all of them. decided: by rule set, the lines that
    decided and what the rules say. alone: the same of the judged rules without a second reading.
    planted: misreads put into the first reading, with what is said of them without and with a
    second one; only where the page was answered rightly.
    """

    number: int
    screen: Screen
    first: Page
    decided: dict[str, Decided]
    alone: Decided
    planted: tuple[tuple[Planted, Decided, Decided], ...]

    def without_picture(self) -> "Seen":
        """The same with a picture of one pixel: a thousand screens fit into no memory."""
        return replace(self, screen=replace(self.screen, picture=Image.new("RGB", (1, 1))))


class _Again:
    """A reader whose first reading is known."""

    def __init__(self, reader: Reader, pages: Sequence[Page]) -> None:
        self._reader = reader
        self._pages = list(pages)
        self.model_version = reader.model_version

    def read(self, images: Sequence[Pixels]) -> list[Page]:
        return self._pages


def decide(reader: Reader, pictures: Sequence[Pixels], rules: Rules) -> list[Decided]:
    """What the service makes of pictures: the lines that decided and what the rules say."""
    return [settle(page, rules) for page in reader.read(pictures)]


def see(reader: Reader, screens: Iterable[Screen]) -> Iterator[Seen]:
    """Read and decide screens in order; the next ones are drawn while these are read."""
    numbered = enumerate(screens)
    with ThreadPoolExecutor(1) as pool:
        drawn: Future[list[tuple[int, Screen]]] = pool.submit(lambda: list(islice(numbered, BATCH)))
        while batch := drawn.result():
            drawn = pool.submit(lambda: list(islice(numbered, BATCH)))
            yield from _see(reader, batch)


def _see(reader: Reader, batch: list[tuple[int, Screen]]) -> Iterator[Seen]:
    pictures = [pixels(screen) for _, screen in batch]
    pages = reader.read(pictures)
    decided = {
        name: decide(_Again(reader, pages), pictures, rules) for name, rules in RULES.items()
    }
    for index, (number, screen) in enumerate(batch):
        found = {name: of_all[index] for name, of_all in decided.items()}
        yield Seen(
            number=number,
            screen=screen,
            first=pages[index],
            decided=found,
            alone=settle(pages[index], RULES[JUDGED]),
            planted=tuple(_planted(reader, pictures[index], pages[index], screen, found[JUDGED])),
        )


def _planted(
    reader: Reader, picture: Pixels, page: Page, screen: Screen, decided: Decided
) -> Iterator[tuple[Planted, Decided, Decided]]:
    found = decided[1]
    if found.reason or answer(found) != (screen.truth.fund_code, screen.truth.hold_share):
        return
    for one in plant(page, found, Random(screen.truth.fund_code + screen.truth.hold_share)):  # noqa: S311
        alone = settle(one.page, RULES[JUDGED])
        (again,) = decide(_Again(reader, [one.page]), [picture], RULES[JUDGED])
        yield one, alone, again


def answer(found: Extraction) -> tuple[str, str]:
    """Code and share that are answered; both empty where the page is refused."""
    code, share = found.fund_code, found.hold_share
    return (code.value, share.value) if code and share else ("", "")


def pixels(screen: Screen) -> Pixels:
    """The picture as the reader takes it: (H, W, 3) uint8 BGR."""
    rgb = np.asarray(screen.picture.convert("RGB"))
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)
