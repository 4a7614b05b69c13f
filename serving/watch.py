"""Keeps one part of the service running: a part that ends by itself is started again.

Meanwhile the other part goes on: without TorchServe the front door still answers what is known, and
says 503 to the rest; without the front door nothing that TorchServe has begun is lost.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from serving.failure import Failure

# A part that has ended is started again after these pauses (s): at once the first time within
# WINDOW_S, later the more often it has ended. Once more than that, and it is given up.
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0)
WINDOW_S = 180.0


class Restarter:
    """Of one part.

    name: as an operator knows it. ended: why it runs no longer, None while it does.
    start_again: called where it has ended; if it fails the part has ended once more.
    say: tells an operator one line.
    """

    def __init__(
        self,
        name: str,
        *,
        ended: Callable[[], str | None],
        start_again: Callable[[], None],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._ended = ended
        self._start_again = start_again
        self._say = say
        self._clock = clock
        self._ends: list[float] = []
        self._due: float | None = None

    def look(self) -> None:
        """Start the part again where that is due; to be called again and again.

        Failure when it has ended too often: then something is wrong that a start does not mend.
        """
        why = self._ended()
        if why is None:
            return
        if self._due is None:
            self._due = self._clock() + self._pause(why)
        if self._clock() >= self._due:
            self._due = None
            try:
                self._start_again()
            except (Failure, OSError) as error:
                self._say(f"{self._name} was not started: {error}")

    def _pause(self, why: str) -> float:
        """How long to wait (s) after the end that was just found."""
        now = self._clock()
        self._ends = [*(end for end in self._ends if now - end < WINDOW_S), now]
        if len(self._ends) > len(PAUSES_S):
            raise Failure(f"{self._name} has ended {len(self._ends)} times in a row; {why}")
        pause = PAUSES_S[len(self._ends) - 1]
        when = f"in {pause:g} s" if pause else "at once"
        self._say(f"{self._name} has ended and is started again {when}; {why}")
        return pause


# Whether a part of the service that runs does its work.

_EVERY_S = 10.0


class Health:
    """Of one part, or of one thing that it must do.

    beats: asks it; called every `every_s`. patience_s: how long it may do no work.
    """

    def __init__(
        self,
        beats: Callable[[], bool],
        *,
        patience_s: float,
        every_s: float = _EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._beats = beats
        self._patience_s = patience_s
        self._every_s = every_s
        self._clock = clock
        self._next = clock() + every_s
        # Since when (monotonic, s) every question found it at a standstill.
        self._lost_since: float | None = None

    def is_lost(self) -> bool:
        """Whether it has been at a standstill for so long; to be called again and again.

        Only times between two questions count: a watcher that was itself stopped knows nothing of
        the rest."""
        now = self._clock()
        if now < self._next:
            return False
        if now > self._next + 2 * self._every_s:
            self._lost_since = None
        if self._beats():
            self._lost_since = None
        elif self._lost_since is None:
            self._lost_since = now
        self._next = self._clock() + self._every_s
        return self._lost_since is not None and now - self._lost_since >= self._patience_s


# Why workers say that they cannot serve: handlers/worker.py writes it into their log.

_CANNOT_SERVE = re.compile(r'"message": "cannot serve: ((?:[^"\\]|\\.)*)"')


class Refusals:
    """What a log of workers (`file`) tells since `begin`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._said_before = 0  # bytes

    def begin(self) -> None:
        """Pass over what stands there by now: another TorchServe begins."""
        with suppress(FileNotFoundError):
            self._said_before = self._file.stat().st_size

    def first(self, scratch: str) -> str | None:
        """The first of them; None where there is none. scratch: where archives are unpacked."""
        try:
            said = self._file.read_bytes()
        except OSError:
            return None
        # A log that is shorter by now was begun anew.
        new = said[self._said_before :] if len(said) >= self._said_before else said
        found = _CANNOT_SERVE.search(new.decode("utf-8", "replace"))
        if not found:
            return None
        unpacked = rf"{re.escape(scratch)}/models/\w+"
        return re.sub(unpacked, "the archive", json.loads(f'"{found.group(1)}"'))


# The output of another process in a file that stays within bounds.

LIMIT = 20_000_000


class BoundedLog:
    """`front.log`, and what stood in it before as `front.1.log`: each of about `limit` bytes at
    most, when `keep` is called now and then.

    The process that writes holds the file open and cannot be told to take another one. So what it
    has written is copied and cut off; a line that comes in between is lost.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self.previous = path.with_suffix(f".1{path.suffix}")
        self._limit = limit

    def open(self) -> IO[bytes]:
        """An empty file for a new process to append to; what its predecessor wrote is kept."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size:
            self.path.replace(self.previous)
        return self.path.open("ab")

    def keep(self) -> None:
        """Cut off what is beyond the limit. Where the disk is full, nothing is copied before."""
        with suppress(OSError):
            if self.path.stat().st_size > self._limit:
                with suppress(OSError):
                    shutil.copyfile(self.path, self.previous)
                os.truncate(self.path, 0)
