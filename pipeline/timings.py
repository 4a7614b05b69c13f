"""Measures how long each step of a batch takes.

The pipeline does not know what becomes of the times: handlers/metrics.py makes metrics of them.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum


class Stage(StrEnum):
    """The steps of a batch whose time is measured. fetch and decode: of each picture. The others:
    of all pictures that are worked on together. decode waits for room for the pixels too."""

    LOOK_UP = "look_up"
    FETCH = "fetch"
    DECODE = "decode"
    DETECT = "detect"
    RECOGNISE = "recognise"
    RULES = "rules"
    CONFIRM = "confirm"
    SAVE = "save"


@dataclass(slots=True, kw_only=True)
class Measured:
    """seconds: of each step, in the order in which they ended. read_seconds: of each picture that
    was read, its share of the time of those it was read with: detector, recognisers and rules.
    pixels: of the pictures that were read. database_errors: by the step that failed.
    """

    seconds: list[tuple[str, float]] = field(default_factory=list)
    read_seconds: list[float] = field(default_factory=list)
    pixels: int = 0
    database_errors: Counter[str] = field(default_factory=Counter)


class Timings:
    """Nobody looks: nothing is measured."""

    def timed(self, stage: str) -> AbstractContextManager[None]:
        """Measure the time of a block, whether it raises or not; in any thread."""
        return nullcontext()

    def reading(self, pictures: int, pixels: int) -> AbstractContextManager[None]:
        """Measure the reading of so many pictures together."""
        return nullcontext()

    def database_failed(self, stage: Stage) -> None:
        """This step of a batch could not reach the database."""


UNMEASURED = Timings()


class BatchTimings(Timings):
    """Keeps what is measured until it is taken: after each batch, or it grows."""

    def __init__(self) -> None:
        self._measured = Measured()

    def take(self) -> Measured:
        """What was measured since the last time. No batch is in work meanwhile."""
        taken, self._measured = self._measured, Measured()
        return taken

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """See Timings. Appending to a list needs no lock."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._measured.seconds.append((stage, time.perf_counter() - begun))

    @contextmanager
    def reading(self, pictures: int, pixels: int) -> Iterator[None]:
        """See Timings."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            if pictures:
                each = (time.perf_counter() - begun) / pictures
                self._measured.read_seconds += [each] * pictures
                self._measured.pixels += pixels

    def database_failed(self, stage: Stage) -> None:
        """See Timings."""
        self._measured.database_errors[stage] += 1
