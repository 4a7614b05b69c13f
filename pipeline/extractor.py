"""Extractor: reads pictures, applies the rules, and has the deciding lines read a second time."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ocr.ink import is_covered
from ocr.reader import Reader, Timed, untimed
from ocr.second_reader import MARGINS, SecondReader
from pipeline.decode.image import Image
from pipeline.doubts import doubtful_lines
from pipeline.errors import InternalError, ServiceError
from pipeline.read import read_pages
from pipeline.timings import Stage
from pipeline.upright import read_upright
from postprocess.evidence import redact
from postprocess.places import value_span
from postprocess.types import Extraction, Line, Page, Reason

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """A page as it is kept, and what the rules say of just that page."""

    page: Page
    extraction: Extraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """Reads batches of pictures and decides. One for each process, used by one thread at a time.

    second: None where nothing is read twice. rules: Page → Extraction, total. lightly: whether a
        light recogniser reads first, where the models have one. turns: whether pictures that do
        not stand upright are turned. timed: is told how long the steps take.
    """

    reader: Reader
    second: SecondReader | None
    rules: Callable[[Page], Extraction]
    lightly: bool = False
    turns: bool = False
    timed: Timed = untimed

    @property
    def model_version(self) -> str:
        """Name and content of all models, as rows carry it."""
        return self.reader.model_version

    def extract(self, images: Sequence[Image]) -> list[Extracted | ServiceError]:
        """One page with its decision, or an error, for each picture, in order."""
        pages = self.read(images)
        with self.timed(Stage.RULES):
            first = [
                page if isinstance(page, ServiceError) else self._settled(page) for page in pages
            ]
        if self.turns:
            first, images = self._upright(pages, first, images)
        with self.timed(Stage.CONFIRM):
            return self._confirmed(self._uncovered(first, images), images)

    def read(self, images: Sequence[Image]) -> list[Page | ServiceError]:
        """One page, as it is read first, or an error for each picture, in order."""
        return read_pages(self.reader, images, self._doubts if self.lightly else None)

    def _doubts(self, page: Page) -> list[Line]:
        return doubtful_lines(page, self.rules)

    def _settled(self, page: Page) -> Extracted | ServiceError:
        try:
            kept, extraction = redact(page, self.rules)
        except Exception:
            log.exception("the rules failed on a page of %d lines", len(page.lines))
            return InternalError()
        return Extracted(page=kept, extraction=extraction)

    def _upright(
        self,
        pages: Sequence[Page | ServiceError],
        extracted: list[Extracted | ServiceError],
        images: Sequence[Image],
    ) -> tuple[list[Extracted | ServiceError], list[Image]]:
        """The same, but of pictures that do not stand upright as they read when they do; with the
        pictures that were read. pages: as they were read, with nothing hidden."""
        upright, seen = list(extracted), list(images)
        for index, (page, one) in enumerate(zip(pages, extracted, strict=True)):
            if isinstance(page, Page) and isinstance(one, Extracted):
                again, seen[index] = read_upright(
                    page, one.extraction, images[index], self._read_again
                )
                if again is not page:
                    upright[index] = self._settled(again)
        return upright, seen

    def _read_again(self, image: Image) -> Page | None:
        (page,) = self.read([image])
        return None if isinstance(page, ServiceError) else page

    def _uncovered(
        self, extracted: list[Extracted | ServiceError], images: Sequence[Image]
    ) -> list[Extracted | ServiceError]:
        """The same, but that of a page with something over what decides it is said so."""
        looked_at = list(extracted)
        for index, (one, image) in enumerate(zip(extracted, images, strict=True)):
            if isinstance(one, Extracted) and (covered := covered_lines(one.extraction, image)):
                looked_at[index] = self._settled(with_covered(one.page, covered))
        return looked_at

    def _confirmed(
        self, extracted: list[Extracted | ServiceError], images: Sequence[Image]
    ) -> list[Extracted | ServiceError]:
        """The same, with the lines of all answers read again at once and held against them; where
        they disagree once more, a little wider and tighter."""
        if self.second is None:
            return extracted
        confirmed = list(extracted)
        unsure = [index for index, one in enumerate(extracted) if _lines_of(one)]
        for margin in MARGINS:
            asked = [(index, line) for index in unsure for line in _lines_of(extracted[index])]
            if not asked:
                break
            seconds: dict[int, dict[Line, str]] = {}
            for (index, line), text in zip(asked, self._texts(asked, images, margin), strict=True):
                seconds.setdefault(index, {})[line] = text
            for index, texts in seconds.items():
                one = extracted[index]
                assert isinstance(one, Extracted)
                again = self._settled(with_second(one.page, texts))
                # What stays refused keeps what was read first.
                if margin == MARGINS[0] or not _disagree(again):
                    confirmed[index] = again
            unsure = [index for index in unsure if _disagree(confirmed[index])]
        return confirmed

    def _texts(
        self, asked: Sequence[tuple[int, Line]], images: Sequence[Image], margin: float
    ) -> list[str]:
        assert self.second is not None
        try:
            return self.second.read([(images[i].pixels, line.quad) for i, line in asked], margin)
        except Exception:
            log.exception("reading %d lines again failed", len(asked))
            return [""] * len(asked)  # what could not be confirmed is not answered


def _lines_of(one: Extracted | ServiceError) -> tuple[Line, ...]:
    return deciding_lines(one.extraction) if isinstance(one, Extracted) else ()


def _disagree(one: Extracted | ServiceError) -> bool:
    return isinstance(one, Extracted) and one.extraction.reason is Reason.READINGS_DISAGREE


def deciding_lines(extraction: Extraction) -> tuple[Line, ...]:
    """The lines that an answer was read in, each once; none where there is no answer."""
    found = (extraction.fund_code, extraction.hold_share)
    return tuple(dict.fromkeys(line for one in found if one is not None for line in one.lines))


def covered_lines(extraction: Extraction, image: Image) -> set[Line]:
    """Those lines of an answer over whose characters something else lies."""
    found = (extraction.fund_code, extraction.hold_share)
    return {
        line
        for one in found
        if one is not None
        for line in one.lines
        if _is_covered(line, one.value, image)
    }


def _is_covered(line: Line, value: str, image: Image) -> bool:
    try:
        return is_covered(image.pixels, line.quad, *value_span(line.text, value))
    except Exception:
        log.exception("looking at a line of %d characters failed", len(line.text))
        return True  # what could not be looked at is not answered


def with_covered(page: Page, covered: set[Line]) -> Page:
    """The page with what was found over some of its lines."""
    lines = (replace(line, covered=True) if line in covered else line for line in page.lines)
    return replace(page, lines=tuple(lines))


def with_second(page: Page, seconds: dict[Line, str]) -> Page:
    """The page with the second reading of some of its lines."""
    lines = (
        replace(line, second=seconds[line]) if line in seconds else line for line in page.lines
    )
    return replace(page, lines=tuple(lines))
