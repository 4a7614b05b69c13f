"""The output of another process in a file that stays within bounds."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO

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
