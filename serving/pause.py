"""Lets the front door hold requests back for a moment while workers are changed behind it."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_SECONDS = 0.05


class Pause:
    """A file of FUNDOCR_HOME: while it stands there, nothing new is handed on to TorchServe.

    It holds for MOST_SECONDS from its last change, so that a command that was killed in between
    holds nobody up for ever; one that is dated later than MOST_SECONDS from now holds nobody.
    """

    MOST_SECONDS = 30.0

    def __init__(self, home: Path) -> None:
        self._path = home / "var" / "run" / "hold"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let requests wait as long as this is entered, MOST_SECONDS at most."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        os.utime(self._path)
        try:
            yield
        finally:
            self.lift()

    def lift(self) -> None:
        """Hold nobody any longer: a command that did was killed."""
        self._path.unlink(missing_ok=True)

    async def passed(self) -> None:
        """Return when nothing holds."""
        while self._holds():
            await asyncio.sleep(_LOOK_SECONDS)

    def _holds(self) -> bool:
        try:
            return abs(time.time() - self._path.stat().st_mtime) < self.MOST_SECONDS
        except OSError:
            return False
